import { Block, ReqBlockResult, SyncRequestKind, SyncResponse, type Trx } from '../records/index.ts';
import type { Chain } from './chain.ts';
import { openRequest } from './envelope.ts';
import type { PeerId, Store } from './ports.ts';
import { keyOf } from './rows.ts';
import { NodeError } from './service.ts';

export interface ServeOptions {
  readonly store: Store;
  readonly chain: Chain;
  readonly epoch: number;
  readonly userPubkey: string;
  readonly findTrx: (senderPubkey: string, trxId: string) => Trx | undefined;
}

/** Bytes of blocks in one answer, unless the first block alone is larger. */
const ANSWER_BYTES = 2 * 1024 * 1024;
/** Blocks read from the store at a time. */
const READ_AT_ONCE = 64;

/**
 * Answers a member's request for blocks or a trx. Throws NodeError `not-allowed` for whoever is no member: a request is made with
 * the group's key and names the peer that sends it, so one that was overheard is of no use to another.
 */
export async function answerRequest(data: Uint8Array, from: PeerId, options: ServeOptions): Promise<Uint8Array> {
  const { chain } = options;
  const request = openRequest(chain.identity.cipherKey, data);
  if (!request || request.PeerId !== from)
    throw new NodeError('not-allowed', 'This request was not made by a member of the group.');
  const head = { HeadBlockId: chain.head.blockId, HeadHash: chain.head.hash, Epoch: options.epoch };
  switch (request.Kind) {
    case SyncRequestKind.TRX:
      return SyncResponse.encode({ ...head, Blocks: undefined, Trx: options.findTrx(request.SenderPubkey, request.TrxId) });
    case SyncRequestKind.BLOCKS: {
      const fromBlock = request.Blocks?.FromBlock ?? 0;
      const wanted = request.Blocks?.BlksRequested ?? 0;
      const newest = request.Waiting ? chain.stored.blockId : chain.head.blockId;
      const blocks = await readBlocks(options, fromBlock, wanted < 0 ? Number.POSITIVE_INFINITY : wanted, newest);
      const last = blocks.at(-1);
      const onTop = last?.BlockId === newest;
      const found = onTop ? ReqBlockResult.BLOCK_IN_RESP_ON_TOP : ReqBlockResult.BLOCK_IN_RESP;
      const answer = {
        GroupId: chain.identity.groupId,
        RequesterPubkey: request.Blocks?.ReqPubkey ?? '',
        ProviderPubkey: options.userPubkey,
        Result: last ? found : ReqBlockResult.BLOCK_NOT_FOUND,
        FromBlock: fromBlock,
        BlksRequested: wanted,
        BlksProvided: blocks.length,
        Blocks: { Blocks: blocks },
      };
      return SyncResponse.encode({ ...head, Blocks: answer, Trx: undefined });
    }
  }
}

async function readBlocks({ store, chain }: ServeOptions, fromBlock: number, count: number, newest: number): Promise<Block[]> {
  const { groupId } = chain.identity;
  const endBlock = Math.min(newest + 1, fromBlock + count);
  const blocks: Block[] = [];
  let bytes = 0;
  for (let next = Math.max(1, fromBlock); next < endBlock; ) {
    const limit = Math.min(READ_AT_ONCE, endBlock - next);
    const rows = await store.range('blocks', { from: keyOf.block(groupId, next), to: keyOf.block(groupId, endBlock), limit });
    for (const { value } of rows) {
      bytes += value.length;
      if (blocks.length > 0 && bytes > ANSWER_BYTES) return blocks;
      blocks.push(Block.decode(value));
    }
    if (rows.length < limit) break;
    next += rows.length;
  }
  return blocks;
}

import type { BlockReference } from '../../consensus/index.ts';
import type { GroupIdentity } from '../../ledger/index.ts';
import { type Block, equalBytes, LIMITS, RecordError, SyncRequestKind, SyncResponse } from '../../records/index.ts';
import { sealRequest } from '../envelope.ts';
import type { Members } from '../members.ts';
import { type Clock, type Network, NetworkError, type Random } from '../ports.ts';

export interface CatchUpOptions {
  readonly topic: string;
  readonly identity: GroupIdentity;
  readonly producers: readonly string[];
  readonly userPubkey: string;
  readonly members: Members;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

const ASK_BLOCKS = 64;
const REQUEST_TIMEOUT_MS = 15_000;
const PAUSE_MS = 1_000;

/**
 * Fetches blocks that producers hold and that need not be final yet. Whether they are the ones that f+1 producers named is for the caller
 * to check: it executes them and compares the last hash.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  #turn = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Blocks from `from` up to the target, as many as one producer gives at once; none if nobody does. Asks another one each time. */
  async fetch(from: number, target: BlockReference): Promise<readonly Block[]> {
    const { members, producers, userPubkey, network, random, topic } = this.#options;
    const { groupId, cipherKey } = this.#options.identity;
    const others = members.all().filter(({ pubkey }) => pubkey !== userPubkey && producers.includes(pubkey));
    const source = others[this.#turn++ % Math.max(1, others.length)];
    if (!source) return [];
    const count = Math.min(ASK_BLOCKS, target.blockId - from + 1);
    const request = {
      Kind: SyncRequestKind.BLOCKS,
      Blocks: { GroupId: groupId, FromBlock: from, BlksRequested: count, ReqPubkey: userPubkey },
      TrxId: '',
      SenderPubkey: '',
      PeerId: network.state().peerId ?? '',
      Waiting: true,
    };
    try {
      const data = await network.request(source.peerId, sealRequest(topic, cipherKey, request, random), {
        timeoutMs: REQUEST_TIMEOUT_MS,
        maxBytes: LIMITS.syncResponseBytes,
      });
      return SyncResponse.decode(data).Blocks?.Blocks?.Blocks ?? [];
    } catch (error) {
      if (error instanceof RecordError) network.penalize(source.peerId, `its answer is malformed: ${error.message}`);
      else if (!(error instanceof NetworkError)) throw error;
      return [];
    }
  }

  /** Before the next attempt. */
  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(PAUSE_MS, resolve);
    });
  }
}

/**
 * The fetched blocks that f+1 producers stand for: the one that they named, and those that it is built on. Who served them may have made up the rest;
 * that `BlockHash` is a block's hash is still to be checked.
 */
export function namedBy(target: BlockReference, blocks: readonly Block[]): ReadonlySet<Block> {
  const named = new Set<Block>();
  let hash = target.blockHash;
  for (const block of blocks.toReversed()) {
    if (!equalBytes(block.BlockHash, hash)) continue;
    named.add(block);
    hash = block.PrevHash;
  }
  return named;
}

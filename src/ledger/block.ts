import { signBlock, signSeal, verifyBlockSignature, verifySeal } from '../crypto/index.ts';
import { Block, blockHash, equalBytes, LIMITS, quorum, Trx } from '../records/index.ts';
import type { ActiveConfiguration } from './configuration.ts';

/** What a block is built on and checked against. */
export interface ParentBlock {
  readonly blockId: number;
  readonly epoch: number;
  readonly timeNs: bigint;
  readonly hash: Uint8Array;
}

const NO_BYTES = new Uint8Array();

/** The block of a decided epoch, hashed; every producer of the configuration builds the same bytes. `proposers`: who was decided, by index. */
export function assembleBlock(options: {
  parent: ParentBlock;
  configuration: ActiveConfiguration;
  epoch: number;
  proposers: readonly number[];
  timeNs: bigint;
  trxs: readonly Trx[];
  stateRoot: Uint8Array;
}): Block {
  const { parent, configuration, epoch, trxs } = options;
  const producers = configuration.producers;
  const first = firstFrom(epoch % producers.length, producers.length, options.proposers);
  const block: Block = {
    GroupId: configuration.groupId,
    BlockId: parent.blockId + 1,
    Epoch: epoch,
    PrevHash: parent.hash,
    ProducerPubkey: producers[first] ?? '',
    Trxs: [...trxs],
    TimeStamp: options.timeNs,
    BlockHash: NO_BYTES,
    ProducerSign: NO_BYTES,
    StateRoot: options.stateRoot,
    ConfigNonce: configuration.nonce,
    Evidence: NO_BYTES,
    Seals: [],
  };
  return { ...block, BlockHash: blockHash(block) };
}

/** The first decided proposer, counting round from `start`. */
function firstFrom(start: number, count: number, decided: readonly number[]): number {
  for (let step = 0; step < count; step++) {
    const index = (start + step) % count;
    if (decided.includes(index)) return index;
  }
  throw new RangeError('an epoch without a decided proposal makes no block');
}

/** Adds this producer's seal; a producer that is alone signs the block as well. */
export function sealBlock(block: Block, configuration: ActiveConfiguration, secret: Uint8Array): Block {
  const alone = configuration.producers.length === 1;
  const signed = alone ? signBlock(block, secret) : block;
  return { ...signed, Seals: [signSeal(signed, secret)] };
}

/** What is wrong with a block before anything of it is executed; undefined if nothing is. */
export type BlockFlaw =
  | 'wrong-group'
  | 'wrong-height'
  | 'wrong-parent'
  | 'wrong-hash'
  | 'wrong-epoch'
  | 'wrong-time'
  | 'wrong-configuration'
  | 'wrong-producer'
  | 'too-large'
  | 'empty'
  | 'not-final';

export function flawOf(block: Block, parent: ParentBlock, configuration: ActiveConfiguration): BlockFlaw | undefined {
  if (block.GroupId !== configuration.groupId) return 'wrong-group';
  if (block.BlockId !== parent.blockId + 1) return 'wrong-height';
  if (!equalBytes(block.PrevHash, parent.hash)) return 'wrong-parent';
  if (block.Epoch <= parent.epoch) return 'wrong-epoch';
  if (block.TimeStamp <= parent.timeNs) return 'wrong-time';
  if (block.ConfigNonce !== configuration.nonce) return 'wrong-configuration';
  if (configuration.isOpening && block.Epoch < configuration.startEpoch) return 'wrong-epoch';
  if (!configuration.producers.includes(block.ProducerPubkey)) return 'wrong-producer';
  if (block.Trxs.length === 0) return 'empty';
  if (Block.encode(block).length > LIMITS.blockBytes) return 'too-large';
  if (!equalBytes(block.BlockHash, blockHash(block))) return 'wrong-hash';
  if (configuration.producers.length === 1 && !verifyBlockSignature(block)) return 'not-final';
  return isFinal(block, configuration) ? undefined : 'not-final';
}

/** Whether N−f producers of the configuration have sealed this very block. */
export function isFinal(block: Block, configuration: ActiveConfiguration): boolean {
  const sealedBy = new Set<string>();
  for (const seal of block.Seals.slice(0, LIMITS.producers)) {
    if (configuration.producers.includes(seal.ProducerPubkey) && !sealedBy.has(seal.ProducerPubkey) && verifySeal(seal, block)) {
      sealedBy.add(seal.ProducerPubkey);
    }
  }
  return sealedBy.size >= quorum(configuration.producers.length);
}

/** Whether two lists hold the same records, byte for byte, in the same order. */
export const sameTrxs = (a: readonly Trx[], b: readonly Trx[]): boolean =>
  a.length === b.length &&
  a.every((trx, place) => {
    const other = b[place];
    return other !== undefined && equalBytes(Trx.encode(trx), Trx.encode(other));
  });

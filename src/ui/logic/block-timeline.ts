import type { BlockJson } from '../client/records.ts';

/** One block of the timeline. */
export interface TimelineBlock {
  readonly blockId: number;
  readonly epoch: number;
  readonly trxs: number;
  /** Public keys of those who sealed it; of a lone producer's block its signer. */
  readonly sealers: readonly string[];
  /** Epochs since the block before that left no block. */
  readonly emptyEpochs: number;
  readonly changesConsensus: boolean;
}

const CONSENSUS_TYPE = 2;

function sealersOf({ Seals, ProducerPubkey }: BlockJson): string[] {
  const sealers = (Seals ?? []).map((seal) => seal.ProducerPubkey);
  return sealers.length > 0 || !ProducerPubkey ? sealers : [ProducerPubkey];
}

/** Blocks in the order of their numbers, with what happened between them. */
export function timelineOf(blocks: readonly BlockJson[]): TimelineBlock[] {
  const ascending = blocks.toSorted((a, b) => (a.BlockId ?? 0) - (b.BlockId ?? 0));
  return ascending.map((block, index) => {
    const before = ascending[index - 1];
    const epoch = block.Epoch ?? 0;
    const trxs = block.Trxs ?? [];
    const changesConsensus = (block.BlockId ?? 0) > 1 && trxs.some(({ Type }) => Type === CONSENSUS_TYPE || Type === 'CONSENSUS');
    // A new configuration may begin at any later epoch: what lies between was not empty, it never was.
    const isContinuous = before !== undefined && before.ConfigNonce === block.ConfigNonce;
    return {
      blockId: block.BlockId ?? 0,
      epoch,
      trxs: trxs.length,
      sealers: sealersOf(block),
      emptyEpochs: isContinuous ? Math.max(0, epoch - (before.Epoch ?? 0) - 1) : 0,
      changesConsensus,
    };
  });
}

/** Height of a block's bar from 0 to 1, against the fullest beside it: by the logarithm, so that one trx is seen beside a thousand. */
export const barHeight = (trxs: number, fullest: number): number =>
  Math.log2(1 + trxs) / Math.log2(1 + Math.max(fullest, TALL_FROM_TRXS));

/** A few trxs do not make the tallest bar. */
const TALL_FROM_TRXS = 7;

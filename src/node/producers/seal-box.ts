import { verifySeal } from '../../crypto/index.ts';
import { type Block, equalBytes, faultyLimit, LIMITS, quorum, type Seal } from '../../records/index.ts';
import type { Chain } from '../chain.ts';
import type { SealNotice } from './frames.ts';

/** Heights above the head for which seals are kept: a producer runs at most 8 epochs ahead of what N−f have finished. */
const HEIGHTS_AHEAD = 64;

interface Heard {
  readonly hash: Uint8Array;
  readonly seal: Seal;
  /** Whether it is a signature of what it says; undefined: not looked at, since the block is not here. */
  isSigned: boolean | undefined;
}

/** A block with those of its seals that are what they claim to be, one a producer: a peer that serves blocks may add any. */
export function withGoodSeals(block: Block, producers: readonly string[]): Block {
  const offered = block.Seals.slice(0, LIMITS.producers);
  const seals = producers.flatMap(
    (pubkey) => offered.find((seal) => seal.ProducerPubkey === pubkey && verifySeal(seal, block)) ?? [],
  );
  return { ...block, Seals: seals };
}

/** The seals in a block, each as what is said of it to other producers. */
export const sealsOf = (block: Block): SealNotice[] =>
  block.Seals.map((Seal) => ({ BlockId: block.BlockId, BlockHash: block.BlockHash, Seal }));

/** The other producers' seals for blocks that are not final here yet. */
export class SealBox {
  readonly #chain: Chain;
  readonly #producers: readonly string[];
  /** Height → producer's key → what it sealed there. One seal a height and producer: the first, since an honest one makes no second. */
  readonly #heard = new Map<number, Map<string, Heard>>();

  constructor(chain: Chain) {
    this.#chain = chain;
    this.#producers = chain.inForce.producers;
  }

  /** Takes in what a producer says to have sealed; whether it did is checked against the block. */
  add(producer: string, { BlockId: blockId, BlockHash: hash, Seal: seal }: SealNotice): void {
    const headBlock = this.#chain.head.blockId;
    if (!seal || seal.ProducerPubkey !== producer || blockId <= headBlock || blockId > headBlock + HEIGHTS_AHEAD) return;
    const heard = this.#heard.get(blockId) ?? new Map<string, Heard>();
    if (!heard.has(producer)) heard.set(producer, { hash, seal, isSigned: undefined });
    this.#heard.set(blockId, heard);
  }

  /** The newest block that waits for seals, and the indices of those whose seals for it are here: who sealed it as `self`, and what others say. */
  progress(self: string): { readonly blockId: number; readonly seals: readonly number[] } | undefined {
    const newest = this.#chain.waiting.findLast(({ isFinal }) => !isFinal)?.head;
    if (!newest) return undefined;
    const { blockId, hash } = newest;
    const isHere = (producer: string): boolean => {
      const heard = this.#heard.get(blockId)?.get(producer);
      return producer === self || (heard !== undefined && equalBytes(heard.hash, hash));
    };
    return { blockId, seals: this.#producers.flatMap((producer, index) => (isHere(producer) ? index : [])) };
  }

  /** A waiting block with all the seals that are known to be good; `isEnough`: they make it final. `isForked`: f+1 sealed another one here. */
  merge(block: Block): { block: Block; isEnough: boolean; isForked: boolean } {
    const seals = new Map(block.Seals.map((seal) => [seal.ProducerPubkey, seal]));
    let others = 0;
    for (const [producer, heard] of this.#heard.get(block.BlockId) ?? []) {
      if (!equalBytes(heard.hash, block.BlockHash)) {
        others += 1;
        continue;
      }
      // Each seal that comes asks again for those before it.
      heard.isSigned ??= verifySeal(heard.seal, block);
      if (heard.isSigned && !seals.has(producer)) seals.set(producer, heard.seal);
    }
    const ordered = this.#producers.flatMap((producer) => seals.get(producer) ?? []);
    return {
      block: { ...block, Seals: ordered },
      isEnough: ordered.length >= quorum(this.#producers.length),
      // Unverified, since the other block is not here; so it is a reason to look, not a verdict.
      isForked: others > faultyLimit(this.#producers.length),
    };
  }

  /** Heights that are final need no seals any more. */
  forget(): void {
    for (const blockId of this.#heard.keys()) if (blockId <= this.#chain.head.blockId) this.#heard.delete(blockId);
  }
}

import { type Block, toHex } from '../../records/index.ts';

interface Stored {
  readonly blockId: number;
  readonly hash: string;
  readonly before: string;
  readonly nonce: number;
  readonly stateRoot: string;
}

/**
 * The blocks that honest machines hold, as a tree. One chain is the rule; beside a block there is another of its height only where a recovery between their two
 * configurations has a base below it.
 */
export class Branches {
  readonly #blocks = new Map<string, Stored>();
  readonly #byHeight = new Map<number, Stored[]>();
  /** Nonces of recoveries, with the heights of their bases. */
  readonly #bases = new Map<number, number>();

  /** A recovery that blocks may go on from a base with. */
  recovered(nonce: number, baseBlockId: number): void {
    this.#bases.set(nonce, baseBlockId);
  }

  has(blockId: number, hash: string): boolean {
    return this.#blocks.get(hash)?.blockId === blockId;
  }

  /** Whether a block of this height has this root. */
  hasRoot(blockId: number, stateRoot: string): boolean {
    const stored = this.#byHeight.get(blockId);
    return stored === undefined || stored.some((block) => block.stateRoot === stateRoot);
  }

  /** `other`: there is another block of its height, and no recovery says why. */
  add(block: Block): 'new' | 'known' | 'other' {
    const hash = toHex(block.BlockHash);
    if (this.#blocks.has(hash)) return 'known';
    const { BlockId: blockId, ConfigNonce: nonce } = block;
    const stored: Stored = { blockId, hash, nonce, before: toHex(block.PrevHash), stateRoot: toHex(block.StateRoot) };
    const beside = this.#byHeight.get(blockId) ?? [];
    if (beside.some((other) => !this.#isRecoveredBetween(other.nonce, nonce, blockId))) return 'other';
    this.#blocks.set(hash, stored);
    this.#byHeight.set(blockId, [...beside, stored]);
    return 'new';
  }

  #isRecoveredBetween(a: number, b: number, blockId: number): boolean {
    const [lower, higher] = [Math.min(a, b), Math.max(a, b)];
    return [...this.#bases].some(([nonce, base]) => lower < nonce && nonce <= higher && base < blockId);
  }

  /** Whether a block is below another on one chain; blocks whose way down is not known here are. */
  isBelow(lower: string, hash: string): boolean {
    const end = this.#blocks.get(lower);
    let at = this.#blocks.get(hash);
    while (at && end && at.blockId > end.blockId) at = this.#blocks.get(at.before);
    return at === undefined || end === undefined || at.hash === end.hash;
  }
}

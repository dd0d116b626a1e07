import { Tally } from './tally.ts';

export interface ShareLimits {
  /** In use at once, by everybody together. */
  readonly total: number;
  /** In use at once by one key. This machine's own callers have no such limit. */
  readonly perKey: number;
  /** Of the total, what only this machine's own callers may use. */
  readonly reserved: number;
}

/** Stands for the callers of this machine, who are trusted but not boundless. */
export const THIS_MACHINE = Symbol('this machine');

/** How much of something is in use, and by whom: no stranger can use it up. */
export class Shares {
  readonly #limits: ShareLimits;
  readonly #used = new Tally();
  #local = 0;
  #foreign = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  /** In use now. */
  get size(): number {
    return this.#local + this.#foreign;
  }

  /** Takes an amount, if there is that much for this key. Answers how to give it back, which counts once. */
  take(key: string | typeof THIS_MACHINE, amount = 1): (() => void) | undefined {
    const { total, perKey, reserved } = this.#limits;
    if (this.size + amount > total) return undefined;
    if (key === THIS_MACHINE) {
      this.#local += amount;
      return once(() => {
        this.#local -= amount;
      });
    }
    if (this.#used.of(key) + amount > perKey || this.#foreign + amount > total - reserved) return undefined;
    this.#used.add(key, amount);
    this.#foreign += amount;
    return once(() => {
      this.#used.takeAway(key, amount);
      this.#foreign -= amount;
    });
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

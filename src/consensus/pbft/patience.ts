/**
 * How long a producer waits for a primary. It counts ticks, never time: a tab that was suspended wakes with one tick that has run out,
 * however long it slept, and hears what came meanwhile before the next one. (design: pbft.md, "Timers")
 */

/** Ticks that a trx may wait for a primary, and a new view to begin. Doubled with each view that came to nothing. */
const PATIENCE_TICKS = 8;
const MOST_DOUBLINGS = 8;
const SHORTEST_TICK_MS = 250;

/** A primary may let an interval pass before it proposes; four of them are plenty. */
export const patienceTickMs = (intervalMs: number): number => Math.max(SHORTEST_TICK_MS, Math.round(intervalMs / 2));

export class Patience {
  #ticks = 0;
  #doublings = 0;
  /** A block was decided since this began to count. */
  #hasProgressed = false;

  /** Something else is waited for from now on. */
  restart(): void {
    this.#ticks = 0;
    this.#hasProgressed = false;
  }

  /**
   * Another trx has waited longest, or none waits. Only a block can have ended the other's waiting: where it has expired, its primary has let it, and
   * where primaries do nothing all trxs expire sooner or later.
   */
  otherTrx(): void {
    if (this.#hasProgressed) this.restart();
  }

  /** A view came to nothing. */
  double(): void {
    this.#ticks = 0;
    this.#doublings = Math.min(this.#doublings + 1, MOST_DOUBLINGS);
  }

  /** A block was decided. A trx that still waits goes on waiting. */
  progress(): void {
    this.#doublings = 0;
    this.#hasProgressed = true;
  }

  /** `half`: half of it is over, just now; `over`: all of it. */
  tick(): 'half' | 'over' | undefined {
    const limit = PATIENCE_TICKS * 2 ** this.#doublings;
    this.#ticks += 1;
    if (this.#ticks >= limit) return 'over';
    return this.#ticks === limit / 2 ? 'half' : undefined;
  }
}

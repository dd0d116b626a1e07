/**
 * Timers that an outside tick drives. A hidden page's own timers fall to one a minute, a worker's do not: so the worker ticks about once a
 * second, and everything here that must happen in time hangs on that tick.
 */

/** A gap between two ticks beyond this means that the machine slept or the page was frozen. */
const SLEEP_GAP_MS = 5_000;

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class Timers {
  readonly #monotonicMs: () => number;
  readonly #wallMs: () => number;
  readonly #pending = new Set<Timer>();
  #lastMonotonicMs: number;
  #lastWallMs: number;

  /**
   * @param monotonicMs a clock that never goes back; on some systems it stands still during sleep
   * @param wallMs the time of day; it goes on during sleep, and may jump
   */
  constructor(monotonicMs: () => number = () => performance.now(), wallMs: () => number = () => Date.now()) {
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
    this.#lastMonotonicMs = monotonicMs();
    this.#lastWallMs = wallMs();
  }

  nowMs(): number {
    return this.#monotonicMs();
  }

  /** Calls back once, at the first tick that is at least `delayMs` from now; returns a function that cancels. */
  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { atMs: this.nowMs() + delayMs, callback };
    this.#pending.add(timer);
    return () => {
      this.#pending.delete(timer);
    };
  }

  /**
   * Runs `work` with a signal that aborts after `timeoutMs`. Rejects with `expired()` then, even if `work` does not heed the signal.
   */
  async within<Result>(timeoutMs: number, work: (signal: AbortSignal) => Promise<Result>, expired: () => Error): Promise<Result> {
    const controller = new AbortController();
    const { promise: expiry, reject } = Promise.withResolvers<never>();
    const cancel = this.after(timeoutMs, () => {
      const error = expired();
      reject(error);
      controller.abort(error);
    });
    try {
      return await Promise.race([work(controller.signal), expiry]);
    } finally {
      cancel();
    }
  }

  /** Runs what is due. Returns whether the time since the last tick says that the machine was asleep. */
  tick(): boolean {
    const monotonicMs = this.#monotonicMs();
    const wallMs = this.#wallMs();
    const slept = Math.max(monotonicMs - this.#lastMonotonicMs, wallMs - this.#lastWallMs) > SLEEP_GAP_MS;
    this.#lastMonotonicMs = monotonicMs;
    this.#lastWallMs = wallMs;
    for (const timer of [...this.#pending]) {
      if (timer.atMs <= monotonicMs && this.#pending.delete(timer)) timer.callback();
    }
    return slept;
  }
}

/** Waiting times between attempts: doubling from `firstMs` to `capMs`, with a quarter of chance so that many tabs do not come at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #capMs: number;
  #attempts = 0;
  #nextAtMs = Number.NEGATIVE_INFINITY;

  constructor(firstMs: number, capMs: number) {
    this.#firstMs = firstMs;
    this.#capMs = capMs;
  }

  get attempts(): number {
    return this.#attempts;
  }

  due(nowMs: number): boolean {
    return nowMs >= this.#nextAtMs;
  }

  /** An attempt failed: the next one waits longer. */
  failed(nowMs: number): void {
    const waitMs = Math.min(this.#capMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts++;
    this.#nextAtMs = nowMs + waitMs * (0.75 + 0.25 * Math.random());
  }

  /** Try again at once, with short waits first. */
  reset(): void {
    this.resetBy(Number.NEGATIVE_INFINITY);
  }

  /** The next attempt is due then at the latest, and short waits come after it. */
  resetBy(latestMs: number): void {
    this.#attempts = 0;
    this.#nextAtMs = Math.min(this.#nextAtMs, latestMs);
  }
}

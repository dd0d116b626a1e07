/** How often the node is asked whether it lives. */
const PERIOD_MS = 3_000;

/**
 * Asks for a sign of life and counts the questions that stayed open. It counts questions, not time: a page whose timers are held back, or
 * that slept, has asked fewer of them, and so does not take its own sleep for the other's death.
 */
export class Heartbeat {
  readonly #every: (periodMs: number, callback: () => void) => () => void;
  #missed = 0;
  #stop: (() => void) | undefined;

  constructor(every: (periodMs: number, callback: () => void) => () => void) {
    this.#every = every;
  }

  /** `ask` sends a question; `missed` is told after each how many in a row have had no answer before it. */
  start(ask: () => void, missed: (count: number) => void): void {
    this.stop();
    this.#missed = 0;
    ask();
    this.#stop = this.#every(PERIOD_MS, () => {
      this.#missed++;
      if (this.#missed > 1) missed(this.#missed - 1);
      // `missed` may have ended it.
      if (this.#stop !== undefined) ask();
    });
  }

  /** Anything that the other side says is a sign of life. */
  heard(): void {
    this.#missed = 0;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

import type { Clock } from '../node/ports.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** The world's one time line: everything that happens is an event on it, in order of time, then of being planned. */
export class SimulatedTime {
  #nowMs = 0;
  #order = 0;
  /** Binary heap by (atMs, order). */
  readonly #heap: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  get hasEvents(): boolean {
    return this.#heap.length > 0;
  }

  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  plan(delayMs: number, run: () => void): void {
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run });
  }

  /** Moves to the next event and lets it happen. */
  step(): void {
    const event = this.#pop();
    if (!event) return;
    this.#nowMs = event.atMs;
    event.run();
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (!first || !second) return false;
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (!first || !second) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }

  #push(event: Event): void {
    this.#heap.push(event);
    let at = this.#heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(): Event | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (!top || !last || this.#heap.length === 0) return top;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (this.#before(child, least)) least = child;
      if (least === at) return top;
      this.#swap(at, least);
      at = least;
    }
  }
}

/** When simulated machines were switched on: 2026-11-20. */
const EPOCH_NS = 1_795_132_800_000_000_000n;

/** One machine's clock: runs with the world's time, shifted by `skewMs`; stops calling back when its process dies. */
export class SimulatedClock implements Clock {
  /** May be set at any time, as people set clocks. */
  skewMs: number;
  readonly #time: SimulatedTime;
  #dead = false;
  /** Timers that ran out while the machine held them back; undefined: it holds none back. */
  #held: (() => void)[] | undefined;

  constructor(time: SimulatedTime, skewMs = 0) {
    this.#time = time;
    this.skewMs = skewMs;
  }

  nowNs(): bigint {
    return EPOCH_NS + BigInt(Math.round((this.#time.nowMs + this.skewMs) * 1e6));
  }

  monotonicMs(): number {
    return this.#time.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    const fire = (): void => {
      if (cancelled || this.#dead) return;
      if (this.#held) this.#held.push(fire);
      else callback();
    };
    this.#time.plan(delayMs, fire);
    return () => {
      cancelled = true;
    };
  }

  get isPaused(): boolean {
    return this.#held !== undefined;
  }

  /** From now on timers that run out are held back, as in a hidden tab or a machine that sleeps. */
  pause(): void {
    this.#held ??= [];
  }

  /** Those that were held back fire at once. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const fire of held) fire();
  }

  /** The process is gone: none of its timers fires any more. */
  kill(): void {
    this.#dead = true;
  }
}

/** Peers that went over the limits, for a while. */
import { RELAY_LIMITS } from '../limits.ts';

export class Refusals {
  readonly #nowMs: () => number;
  readonly #untilMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(peer: string): void {
    this.#untilMs.set(peer, this.#nowMs() + RELAY_LIMITS.refusedMs);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > RELAY_LIMITS.refusedPeers && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  has(peer: string): boolean {
    const untilMs = this.#untilMs.get(peer);
    if (untilMs === undefined) return false;
    if (untilMs > this.#nowMs()) return true;
    this.#untilMs.delete(peer);
    return false;
  }
}

/** What each peer asks of us at once and per second, with limits on both. */
import type { PeerId } from '../node/ports.ts';
import { TokenBucket } from '../records/token-bucket.ts';

export interface CallerLimits {
  /** Streams that one peer may have open towards us. */
  readonly open: number;
  /** Streams that one peer may open at once, and then each second. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Caller {
  open: number;
  gone: boolean;
  readonly starts: TokenBucket;
}

export class Callers {
  readonly #limits: CallerLimits;
  readonly #callers = new Map<PeerId, Caller>();

  constructor(limits: CallerLimits) {
    this.#limits = limits;
  }

  /** A peer opens a stream: whether it may. Each that may must {@link leave}. */
  enter(peer: PeerId, nowMs: number): boolean {
    const { open, burst, perSecond } = this.#limits;
    const caller = this.#callers.get(peer) ?? { open: 0, gone: false, starts: new TokenBucket(burst, perSecond, nowMs) };
    caller.gone = false;
    this.#callers.set(peer, caller);
    if (caller.open >= open || !caller.starts.take(1, nowMs)) return false;
    caller.open++;
    return true;
  }

  leave(peer: PeerId): void {
    const caller = this.#callers.get(peer);
    if (caller === undefined) return;
    caller.open--;
    this.#forget(peer, caller);
  }

  /** Forgets a peer that is gone, when its last stream has ended. */
  disconnected(peer: PeerId): void {
    const caller = this.#callers.get(peer);
    if (caller === undefined) return;
    caller.gone = true;
    this.#forget(peer, caller);
  }

  #forget(peer: PeerId, caller: Caller): void {
    if (caller.gone && caller.open === 0) this.#callers.delete(peer);
  }
}

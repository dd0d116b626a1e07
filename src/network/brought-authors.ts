import type { PeerId } from '../node/ports.ts';
import { type RateLimit, TokenBucket } from '../records/token-bucket.ts';

/** Authors that are remembered as known; when full, the one that was silent longest is forgotten. */
const KNOWN_MAX = 1_024;

/**
 * Whose messages a neighbour may bring, beside its own: those of authors that it has brought before, and of new ones at a rate. So members whom it meets are heard, and
 * a crowd that it invents is not.
 */
export class BroughtAuthors {
  readonly #newOnes: TokenBucket;
  /** The one that was heard last at the end. */
  readonly #known = new Set<PeerId>();

  constructor({ burst, perSecond }: RateLimit, nowMs: number) {
    this.#newOnes = new TokenBucket(burst, perSecond, nowMs);
  }

  /** @param mayBeNew asked for a new author: a further limit, which it counts against */
  allows(author: PeerId, nowMs: number, mayBeNew: () => boolean = () => true): boolean {
    if (!this.#known.delete(author)) {
      if (!this.#newOnes.take(1, nowMs) || !mayBeNew()) return false;
      const [oldest] = this.#known;
      if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.add(author);
    return true;
  }
}

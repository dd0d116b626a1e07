import { TokenBucket, TokenBuckets } from '../records/index.ts';
import type { PeerId } from './ports.ts';

/** Peers whose budgets are kept. New ones come slowly: relays and neighbours bound how many authors a connection may bring. */
const PEERS_MAX = 2_000;
/** Signature checks that each author of gossip has to itself: a person's posts; and what all of these may come to, for authors cost nothing. */
const OWN_CHECKS = { burst: 16, perSecond: 5 };
const ALL_OWN_CHECKS = { burst: 2_000, perSecond: 600 };
/** Those of whom the group needs, and whose presence is signed: a producer's seal, block and presence of each epoch. */
const NEEDED_CHECKS = { burst: 64, perSecond: 20 };
/** Signature checks that all of them share: a machine's share that leaves most of it to everything else (a slow one does 2,000 a second). */
const SHARED_CHECKS = { burst: 500, perSecond: 300 };
/** What a member tells of itself: a beacon, its newest block, a large post. */
const BROADCASTS = { burst: 40, perSecond: 5 };

/**
 * What an author's gossip may cost this node, taken before anything of it is checked. Beyond it messages are ignored: whoever sent them sends what matters again,
 * and neither it nor who passed it on is blamed, since no member knows how much all others say.
 */
export class GossipBudget {
  readonly #own = new TokenBuckets(OWN_CHECKS, PEERS_MAX);
  readonly #allOwn: TokenBucket;
  readonly #needed = new TokenBuckets(NEEDED_CHECKS, PEERS_MAX);
  readonly #shared: TokenBucket;
  readonly #broadcasts = new TokenBuckets(BROADCASTS, PEERS_MAX);

  constructor(nowMs: number) {
    this.#allOwn = new TokenBucket(ALL_OWN_CHECKS.burst, ALL_OWN_CHECKS.perSecond, nowMs);
    this.#shared = new TokenBucket(SHARED_CHECKS.burst, SHARED_CHECKS.perSecond, nowMs);
  }

  /** Takes so many signature checks. False: ignore the message. @param isNeeded the author is proved to be one whom the group needs */
  takeChecks(author: PeerId, checks: number, nowMs: number, isNeeded = false): boolean {
    if (isNeeded && this.#needed.take(author, checks, nowMs)) return true;
    const isOwn = this.#own.take(author, checks, nowMs) && this.#allOwn.take(checks, nowMs);
    return isOwn || this.#shared.take(checks, nowMs);
  }

  takeBroadcast(author: PeerId, nowMs: number): boolean {
    return this.#broadcasts.take(author, 1, nowMs);
  }
}

import { TokenBucket, TokenBuckets } from '../records/index.ts';
import type { PeerId } from './ports.ts';

/** Peers whose budgets are kept. New ones come slowly: relays and neighbours bound how many authors a connection may bring. */
const PEERS_MAX = 2_000;
/** Signature checks that each author of gossip has to itself: a person's posts, a producer's seal and block of each epoch. */
const OWN_CHECKS = { burst: 16, perSecond: 5 };
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
  readonly #shared: TokenBucket;
  readonly #broadcasts = new TokenBuckets(BROADCASTS, PEERS_MAX);

  constructor(nowMs: number) {
    this.#shared = new TokenBucket(SHARED_CHECKS.burst, SHARED_CHECKS.perSecond, nowMs);
  }

  /** Takes so many signature checks. False: ignore the message. */
  takeChecks(author: PeerId, checks: number, nowMs: number): boolean {
    return this.#own.take(author, checks, nowMs) || this.#shared.take(checks, nowMs);
  }

  takeBroadcast(author: PeerId, nowMs: number): boolean {
    return this.#broadcasts.take(author, 1, nowMs);
  }
}

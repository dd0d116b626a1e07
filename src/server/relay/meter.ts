/** Counts what each peer gossips, before anything of it costs a signature check. */
import { BroughtAuthors } from '../../network/index.ts';
import { TokenBucket, TokenBuckets } from '../../records/index.ts';
import { RELAY_LIMITS } from '../limits.ts';

interface Account {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  readonly authors: BroughtAuthors;
  excess: number;
}

export interface MeterOptions {
  readonly nowMs: () => number;
  /** Called once when a peer has gone too far over its limits. */
  readonly drop: (peer: string) => void;
  /** What a peer's address is counted as. */
  readonly addressOf: (peer: string) => string;
}

export class Meter {
  readonly #options: MeterOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #subscriptions = new TokenBuckets(RELAY_LIMITS.subscriptions, RELAY_LIMITS.countedAddresses);
  readonly #newAuthors = new TokenBuckets(RELAY_LIMITS.newAuthorsPerAddress, RELAY_LIMITS.countedAddresses);

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /**
   * Whether a message of this size is within the peer's limits.
   * @param author who is said to have made it; what a peer says itself costs none of its allowance for others
   */
  allows(peer: string, author: string, sizeBytes: number): boolean {
    const nowMs = this.#options.nowMs();
    const account = this.#accounts.get(peer) ?? newAccount(nowMs);
    this.#accounts.set(peer, account);
    const isOwn = author === peer;
    if (!account.messages.take(1, nowMs) || !account.bytes.take(sizeBytes, nowMs)) {
      // Who only passes on what others say too much cannot know it: its messages are left out, and nobody is blamed.
      if (isOwn) account.excess++;
      if (account.excess === RELAY_LIMITS.excessMessages) this.#options.drop(peer);
      return false;
    }
    const mayBeNew = () => this.#newAuthors.take(this.#options.addressOf(peer), 1, nowMs);
    return isOwn || account.authors.allows(author, nowMs, mayBeNew);
  }

  /** Whether a peer may join one topic more: a restart brings all its groups at once. */
  allowsSubscription(peer: string): boolean {
    return this.#subscriptions.take(peer, 1, this.#options.nowMs());
  }

  gone(peer: string): void {
    this.#accounts.delete(peer);
  }
}

function newAccount(nowMs: number): Account {
  const { gossipMessages, gossipBytes, newAuthors } = RELAY_LIMITS;
  return {
    messages: new TokenBucket(gossipMessages.burst, gossipMessages.perSecond, nowMs),
    bytes: new TokenBucket(gossipBytes.burst, gossipBytes.perSecond, nowMs),
    authors: new BroughtAuthors(newAuthors, nowMs),
    excess: 0,
  };
}

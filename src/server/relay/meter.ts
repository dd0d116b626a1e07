/** Counts what each peer gossips, before anything of it costs a signature check. */
import { TokenBucket } from '../../network/index.ts';
import { RELAY_LIMITS } from '../limits.ts';

interface Account {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  excess: number;
}

export class Meter {
  readonly #nowMs: () => number;
  readonly #drop: (peer: string) => void;
  readonly #accounts = new Map<string, Account>();

  /** @param drop called once when a peer has gone too far over its limits */
  constructor(nowMs: () => number, drop: (peer: string) => void) {
    this.#nowMs = nowMs;
    this.#drop = drop;
  }

  /** Whether a message of this size is within the peer's limits. */
  allows(peer: string, sizeBytes: number): boolean {
    const nowMs = this.#nowMs();
    const account = this.#accounts.get(peer) ?? newAccount(nowMs);
    this.#accounts.set(peer, account);
    if (account.messages.take(1, nowMs) && account.bytes.take(sizeBytes, nowMs)) return true;
    account.excess++;
    if (account.excess === RELAY_LIMITS.excessMessages) this.#drop(peer);
    return false;
  }

  gone(peer: string): void {
    this.#accounts.delete(peer);
  }
}

function newAccount(nowMs: number): Account {
  const { gossipMessages, gossipBytes } = RELAY_LIMITS;
  return {
    messages: new TokenBucket(gossipMessages.burst, gossipMessages.perSecond, nowMs),
    bytes: new TokenBucket(gossipBytes.burst, gossipBytes.perSecond, nowMs),
    excess: 0,
  };
}

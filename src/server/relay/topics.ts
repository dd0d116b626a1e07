/** Which topics the relay is in: those that a connected peer is subscribed to. It forwards their messages and can read none of them. */
import { RELAY_LIMITS } from '../limits.ts';

/** Topics of groups (`wire.md`): anything else is not forwarded. */
const GROUP_TOPIC = /^sett\/1\/[0-9a-f]{64}$/;

export interface TopicsOptions {
  readonly subscribe: (topic: string) => void;
  readonly unsubscribe: (topic: string) => void;
  readonly nowMs: () => number;
}

export class Topics {
  readonly #options: TopicsOptions;
  readonly #peersOf = new Map<string, Set<string>>();
  readonly #topicsOf = new Map<string, Set<string>>();
  /** Topics without a subscriber, and since when. */
  readonly #emptySinceMs = new Map<string, number>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  has(topic: string): boolean {
    return this.#peersOf.has(topic);
  }

  /** Whether a peer may be in this topic: it has the right form and the peer is not in too many. */
  mayJoin(peer: string, topic: string): boolean {
    if (!GROUP_TOPIC.test(topic)) return false;
    const joined = this.#topicsOf.get(peer);
    if (joined?.has(topic)) return true;
    if (joined !== undefined && joined.size >= RELAY_LIMITS.topicsPerPeer) return false;
    return this.has(topic) || this.#peersOf.size < RELAY_LIMITS.topics;
  }

  /** Whether this peer is in the topic: others are not told of it. */
  isIn(peer: string, topic: string): boolean {
    return this.#topicsOf.get(peer)?.has(topic) ?? false;
  }

  joined(peer: string, topic: string): void {
    if (!this.mayJoin(peer, topic)) return;
    const topics = this.#topicsOf.get(peer) ?? new Set();
    topics.add(topic);
    this.#topicsOf.set(peer, topics);
    this.#emptySinceMs.delete(topic);
    const peers = this.#peersOf.get(topic);
    if (peers !== undefined) {
      peers.add(peer);
      return;
    }
    this.#peersOf.set(topic, new Set([peer]));
    this.#options.subscribe(topic);
  }

  left(peer: string, topic: string): void {
    const topics = this.#topicsOf.get(peer);
    topics?.delete(topic);
    if (topics?.size === 0) this.#topicsOf.delete(peer);
    const peers = this.#peersOf.get(topic);
    if (peers?.delete(peer) && peers.size === 0) this.#emptySinceMs.set(topic, this.#options.nowMs());
  }

  gone(peer: string): void {
    for (const topic of [...(this.#topicsOf.get(peer) ?? [])]) this.left(peer, topic);
  }

  /** Leaves topics that have had no subscriber for a while. */
  sweep(): void {
    for (const [topic, sinceMs] of this.#emptySinceMs) {
      if (this.#options.nowMs() - sinceMs < RELAY_LIMITS.topicLingerMs) continue;
      this.#emptySinceMs.delete(topic);
      this.#peersOf.delete(topic);
      this.#options.unsubscribe(topic);
    }
  }
}

/**
 * Which topics the relay is in: those that a connected peer is subscribed to. It forwards their messages and can read none of them.
 *
 * Topics are shared fairly: when all are taken, an address that has fewer gets one of the address that has most, of those the one on which nothing was said for
 * longest. What is refused meanwhile waits, and is taken when there is room.
 */
import { Tally } from '../guard/tally.ts';
import { RELAY_LIMITS } from '../limits.ts';

/** Topics of groups (`wire.md`): anything else is not forwarded. */
const GROUP_TOPIC = /^sett\/1\/[0-9a-f]{64}$/;

export interface TopicsOptions {
  readonly subscribe: (topic: string) => void;
  readonly unsubscribe: (topic: string) => void;
  /** What a peer's address is counted as. */
  readonly addressOf: (peer: string) => string;
  readonly nowMs: () => number;
}

interface Topic {
  readonly peers: Set<string>;
  /** How many of the peers each address has. */
  readonly addresses: Tally;
  /** When it was made, a message passed, or, without peers, when the last one left. */
  activeAtMs: number;
}

interface Peer {
  readonly address: string;
  readonly topics: Set<string>;
  /** Topics that it wants and that there was no room for. */
  readonly waiting: Set<string>;
}

export class Topics {
  readonly #options: TopicsOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #peers = new Map<string, Peer>();
  /** Topics that each address is in. */
  readonly #shares = new Tally();
  /** The smallest share for which no room was found since anything changed: for others of a crowd that waits it is not looked for again. */
  #noRoomFrom = Number.POSITIVE_INFINITY;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Whether this peer is in the topic: others are not told of it. */
  isIn(peer: string, topic: string): boolean {
    return this.#peers.get(peer)?.topics.has(topic) ?? false;
  }

  /** A message of this topic passed. */
  used(topic: string): void {
    const known = this.#topics.get(topic);
    if (known !== undefined) known.activeAtMs = this.#options.nowMs();
  }

  /** A peer wants to be in a topic. False: not now, or, if it is no group's, never. */
  join(name: string, topic: string): boolean {
    const peer = this.#wanting(name, topic);
    return peer !== undefined && (peer.topics.has(topic) || this.#take(name, peer, topic));
  }

  /** A peer wants to be in a topic, and may not now: it is its turn when {@link sweep} finds room. */
  wait(name: string, topic: string): void {
    this.#wanting(name, topic);
  }

  /** A peer leaves a topic. False: it was not in it. */
  left(name: string, topic: string): boolean {
    const peer = this.#peers.get(name);
    if (peer === undefined) return false;
    const waited = peer.waiting.delete(topic);
    const wasIn = peer.topics.delete(topic);
    if (wasIn) this.#leave(name, peer, topic);
    if (peer.topics.size + peer.waiting.size === 0) this.#peers.delete(name);
    return wasIn || waited;
  }

  gone(name: string): void {
    const peer = this.#peers.get(name);
    for (const topic of [...(peer?.topics ?? []), ...(peer?.waiting ?? [])]) this.left(name, topic);
  }

  /** Leaves topics that have had no subscriber for a while, and answers which of those that wait are taken now. */
  sweep(): (readonly [peer: string, topic: string])[] {
    const nowMs = this.#options.nowMs();
    for (const [topic, { peers, activeAtMs }] of this.#topics) {
      if (peers.size === 0 && nowMs - activeAtMs >= RELAY_LIMITS.topicLingerMs) this.#drop(topic);
    }
    const taken: (readonly [string, string])[] = [];
    for (const [name, peer] of this.#peers) {
      for (const topic of [...peer.waiting]) if (this.#take(name, peer, topic)) taken.push([name, topic]);
    }
    return taken;
  }

  /** Notes that a peer wants a topic, unless it is none or it has too many. */
  #wanting(name: string, topic: string): Peer | undefined {
    if (!GROUP_TOPIC.test(topic)) return undefined;
    const peer = this.#peers.get(name) ?? this.#newPeer(name);
    const isKnown = peer.topics.has(topic) || peer.waiting.has(topic);
    if (!isKnown && peer.topics.size + peer.waiting.size >= RELAY_LIMITS.topicsPerPeer) return undefined;
    if (!peer.topics.has(topic)) peer.waiting.add(topic);
    return peer;
  }

  #newPeer(name: string): Peer {
    const made: Peer = { address: this.#options.addressOf(name), topics: new Set(), waiting: new Set() };
    this.#peers.set(name, made);
    return made;
  }

  #take(name: string, peer: Peer, topic: string): boolean {
    const known = this.#topics.get(topic);
    const isShared = known !== undefined && known.addresses.of(peer.address) > 0;
    const share = this.#shares.of(peer.address);
    if (!isShared && share >= RELAY_LIMITS.topicsPerAddress) return false;
    if (known === undefined && this.#topics.size >= RELAY_LIMITS.topics && !this.#makeRoom(share)) return false;
    if (known === undefined) this.#options.subscribe(topic);
    const { peers, addresses } = known ?? this.#newTopic(topic);
    peers.add(name);
    addresses.add(peer.address);
    if (!isShared) this.#shares.add(peer.address);
    this.#noRoomFrom = Number.POSITIVE_INFINITY;
    peer.waiting.delete(topic);
    peer.topics.add(topic);
    return true;
  }

  #newTopic(topic: string): Topic {
    const made: Topic = { peers: new Set(), addresses: new Tally(), activeAtMs: this.#options.nowMs() };
    this.#topics.set(topic, made);
    return made;
  }

  #leave(name: string, peer: Peer, topic: string): void {
    const known = this.#topics.get(topic);
    if (known === undefined) return;
    known.peers.delete(name);
    known.addresses.takeAway(peer.address);
    if (known.addresses.of(peer.address) === 0) this.#shares.takeAway(peer.address);
    if (known.peers.size === 0) known.activeAtMs = this.#options.nowMs();
    this.#noRoomFrom = Number.POSITIVE_INFINITY;
  }

  /**
   * Gives up one topic: one without subscribers, else one whose every address has more topics than the newcomer's will have. Of several the one whose least
   * greedy address is greediest, then the one that was silent longest.
   */
  #makeRoom(share: number): boolean {
    if (share >= this.#noRoomFrom) return false;
    let victim: string | undefined;
    let best: readonly [number, number] | undefined;
    for (const [topic, { addresses, activeAtMs }] of this.#topics) {
      let least = Number.POSITIVE_INFINITY;
      for (const address of addresses.keys()) {
        least = Math.min(least, this.#shares.of(address));
        if (least <= share + 1) break;
      }
      if (least <= share + 1) continue;
      if (best !== undefined && (least < best[0] || (least === best[0] && activeAtMs >= best[1]))) continue;
      best = [least, activeAtMs];
      victim = topic;
    }
    if (victim === undefined) {
      this.#noRoomFrom = share;
      return false;
    }
    this.#drop(victim);
    return true;
  }

  /** Leaves a topic; those who are in it are told, and wait for another turn. */
  #drop(topic: string): void {
    const known = this.#topics.get(topic);
    if (known === undefined) return;
    // First, while it is still known whom to tell.
    this.#options.unsubscribe(topic);
    this.#topics.delete(topic);
    for (const address of known.addresses.keys()) this.#shares.takeAway(address);
    for (const name of known.peers) {
      const peer = this.#peers.get(name);
      peer?.topics.delete(topic);
      peer?.waiting.add(topic);
    }
    this.#noRoomFrom = Number.POSITIVE_INFINITY;
  }
}

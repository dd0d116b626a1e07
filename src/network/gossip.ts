/** Gossip topics: what comes in is judged by the node before it is passed on, and what is bad is held against who signed it. */
import { type GossipSub, gossipsub, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { type GossipVerdict, NetworkError, type PeerId } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { type RateLimit, TokenBucket, TokenBuckets } from '../records/token-bucket.ts';
import { BroughtAuthors } from './brought-authors.ts';
import { canSendTo, claimedAuthor, interceptPackets, signatureAsId } from './gossip-hooks.ts';
import type { Log } from './log.ts';
import { Backoff, type Timers } from './timers.ts';

/**
 * Everything that one gossipsub message of ours may hold on the wire: a burst of repeats asked for at once. libp2p aborts a stream beyond 4 MiB unread.
 */
const MESSAGE_OF_STREAM_BYTES = 4 * 1024 * 1024;

/** Messages that a neighbour may send: a member forwards those of all others, up to 24 producers at 10/s each. A relay carries everybody's. */
const FROM_MEMBER = { burst: 1_000, perSecond: 300 };
const FROM_RELAY = { burst: 2_000, perSecond: 600 };
/**
 * The same again for authors that say little: a few who flood a relay must not drown the others. A relay has checked whom each message
 * is from.
 */
const FROM_RELAY_BY_QUIET = { burst: 2_000, perSecond: 600 };
/** What an author says little by. */
const QUIET = { burst: 10, perSecond: 2 };
const QUIET_AUTHORS_MAX = 2_000;
/** Authors that a member forwards messages of, when they are new to it: those whom it meets, and no crowd that it invents. */
const NEW_AUTHORS = { burst: 128, perSecond: 2 };
/** Points for each message of its own beyond: a hundred cut the neighbour off. Others' are left out only: who forwards cannot know how much they say. */
const EXCESS_POINTS = 0.1;

/** Points for passing on what it should have refused: authors can be invented without end, who forwards them is one. */
const FORWARDER_POINTS = 0.2;

/** How long a neighbour may be without a gossip stream before it is asked anew. */
const FIRST_REATTACH_MS = 5_000;
const REATTACH_CAP_MS = 60_000;

/**
 * gossipsub with the settings that tabs need. `score` is what the application thinks of a peer: 0, or far below every threshold if it is cut off.
 */
export function createGossipSub(score: (peer: PeerId) => number): ReturnType<typeof gossipsub> {
  return gossipsub({
    // A group may have nobody online, and a relay that is still coming.
    allowPublishToZeroTopicPeers: true,
    // Own messages go to every neighbour: groups are small, and a mesh takes seconds to form.
    floodPublish: true,
    fallbackToFloodsub: false,
    emitSelf: false,
    D: 3,
    Dlo: 2,
    Dhi: 4,
    Dout: 1,
    Dscore: 1,
    Dlazy: 3,
    // At most 48 KiB a message: announcing that we do not want one costs as much as it saves.
    idontwantMinDataSize: Number.MAX_SAFE_INTEGER,
    // It stays on the first connection to a peer: that must not be a circuit, which closes when WebRTC is there.
    runOnLimitedConnection: false,
    maxInboundDataLength: MESSAGE_OF_STREAM_BYTES,
    maxOutboundBufferSize: MESSAGE_OF_STREAM_BYTES,
    fastMsgIdFn: signatureAsId,
    scoreParams: {
      appSpecificScore: score,
      // All peers seem to have the relay's address, or none.
      IPColocationFactorWeight: 0,
    },
  });
}

export interface GossipOptions {
  readonly pubsub: GossipSub;
  readonly isRelay: (peer: PeerId) => boolean;
  readonly isCutOff: (peer: PeerId) => boolean;
  /** Judges a message; it has at most `LIMITS.gossipBytes`. */
  readonly judge: (topic: string, data: Uint8Array, origin: PeerId) => GossipVerdict | Promise<GossipVerdict>;
  readonly neighbours: (topic: string) => void;
  readonly penalize: (peer: PeerId, reason: string, points?: number) => void;
  /** Connections that gossip should run on: identified, and no circuits. */
  readonly connections: () => Connection[];
  readonly identify: (connection: Connection) => Promise<unknown>;
  readonly timers: Timers;
  readonly log: Log;
}

/** What one neighbour may send. */
interface Allowance {
  readonly messages: TokenBucket;
  /** Of a relay. */
  readonly ofQuiet: TokenBucket;
  readonly quiet: TokenBuckets;
  readonly authors: BroughtAuthors;
}

export class Gossip {
  readonly #options: GossipOptions;
  /** Topics with a neighbour that we could not send to when it appeared: its stream was not open yet. */
  readonly #unreached = new Map<string, Set<PeerId>>();
  readonly #allowances = new Map<PeerId, Allowance>();
  /** Neighbours without a gossip stream. */
  readonly #detached = new Map<PeerId, Backoff>();

  constructor(options: GossipOptions) {
    this.#options = options;
    interceptPackets(options.pubsub, (from, packet) => this.#inspect(from, packet));
    options.pubsub.addEventListener('subscription-change', ({ detail }) => {
      for (const { topic, subscribe } of detail.subscriptions) this.#neighbourChanged(topic, detail.peerId.toString(), subscribe);
    });
  }

  subscribe(topic: string): void {
    this.#options.pubsub.topicValidators.set(topic, (neighbour, message) => this.#validate(neighbour, message));
    this.#options.pubsub.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#options.pubsub.unsubscribe(topic);
    this.#options.pubsub.topicValidators.delete(topic);
    this.#unreached.delete(topic);
  }

  /** Resolves with the number of neighbours that it was sent to. Rejects with {@link NetworkError}. */
  async publish(topic: string, data: Uint8Array): Promise<number> {
    if (data.byteLength > LIMITS.gossipBytes) {
      throw new NetworkError(
        'too-large',
        `A gossip message has at most ${LIMITS.gossipBytes} bytes; this one has ${data.byteLength}.`,
      );
    }
    try {
      const { recipients } = await this.#options.pubsub.publish(topic, data);
      return recipients.length;
    } catch (cause) {
      throw new NetworkError('closed', 'The network host is not running.', { cause });
    }
  }

  /** Tells of neighbours whose stream has opened since they appeared, and looks after those that have none. */
  tick(): void {
    const { pubsub, neighbours } = this.#options;
    for (const [topic, peers] of this.#unreached) {
      const reached = [...peers].filter((peer) => canSendTo(pubsub, peer));
      for (const peer of reached) peers.delete(peer);
      if (peers.size === 0) this.#unreached.delete(topic);
      if (reached.length > 0) neighbours(topic);
    }
    this.#reattach();
  }

  disconnected(peer: PeerId): void {
    this.#allowances.delete(peer);
    this.#detached.delete(peer);
    for (const peers of this.#unreached.values()) peers.delete(peer);
  }

  /** gossipsub never opens a second stream by itself when its stream to a peer breaks; an answer to `identify` makes it do so. */
  #reattach(): void {
    const { pubsub, connections, identify, timers } = this.#options;
    const nowMs = timers.nowMs();
    for (const connection of connections()) {
      const peer = connection.remotePeer.toString();
      if (canSendTo(pubsub, peer)) {
        this.#detached.delete(peer);
        continue;
      }
      const backoff = this.#detached.get(peer);
      if (backoff === undefined) {
        const fresh = new Backoff(FIRST_REATTACH_MS, REATTACH_CAP_MS);
        fresh.failed(nowMs);
        this.#detached.set(peer, fresh);
      } else if (backoff.due(nowMs)) {
        backoff.failed(nowMs);
        void identify(connection).catch(() => undefined);
      }
    }
  }

  /** Takes out, before they cost a signature check, messages of topics that we are not in and those beyond a neighbour's allowance. */
  #inspect(from: PeerId, packet: RPC): RPC {
    const { pubsub, isRelay, penalize } = this.#options;
    const wanted = packet.messages.filter(({ topic }) => pubsub.topicValidators.has(topic));
    if (wanted.length === 0) return { ...packet, messages: wanted };
    const nowMs = this.#options.timers.nowMs();
    const isFromRelay = isRelay(from);
    const allowance = this.#allowances.get(from) ?? newAllowance(isFromRelay ? FROM_RELAY : FROM_MEMBER, nowMs);
    this.#allowances.set(from, allowance);
    let ownExcess = 0;
    const messages = wanted.filter((message) => {
      const author = claimedAuthor(message);
      if (isFromRelay && allowance.quiet.take(author, 1, nowMs) && allowance.ofQuiet.take(1, nowMs)) return true;
      if (allowance.messages.take(1, nowMs)) return isFromRelay || author === from || allowance.authors.allows(author, nowMs);
      if (author === from) ownExcess++;
      return false;
    });
    if (ownExcess > 0) penalize(from, 'It floods us with gossip.', ownExcess * EXCESS_POINTS);
    return { ...packet, messages };
  }

  #neighbourChanged(topic: string, peer: PeerId, subscribed: boolean): void {
    const { pubsub, neighbours } = this.#options;
    if (!pubsub.topicValidators.has(topic)) return;
    const unreached = this.#unreached.get(topic) ?? new Set();
    if (subscribed && !canSendTo(pubsub, peer)) unreached.add(peer);
    else unreached.delete(peer);
    if (unreached.size > 0) this.#unreached.set(topic, unreached);
    else this.#unreached.delete(topic);
    neighbours(topic);
  }

  /** gossipsub has checked the signature: `from` is the author. A relay only forwards what it cannot read, and is never blamed. */
  async #validate(neighbour: Libp2pPeerId, message: Message): Promise<TopicValidatorResult> {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    const { isRelay, isCutOff, judge, penalize, log } = this.#options;
    const origin = message.from.toString();
    if (isCutOff(origin)) return TopicValidatorResult.Ignore;
    let verdict: GossipVerdict = 'reject';
    if (message.data.byteLength <= LIMITS.gossipBytes) {
      try {
        verdict = await judge(message.topic, message.data, origin);
      } catch (error) {
        log(`a gossip message could not be judged: ${error instanceof Error ? error.message : String(error)}`);
        verdict = 'ignore';
      }
    }
    if (verdict === 'accept') return TopicValidatorResult.Accept;
    if (verdict === 'ignore') return TopicValidatorResult.Ignore;
    penalize(origin, 'It sent a gossip message that no honest node sends.');
    const forwarder = neighbour.toString();
    if (isRelay(forwarder)) return TopicValidatorResult.Ignore;
    if (forwarder !== origin) penalize(forwarder, 'It passed on gossip that no honest node sends.', FORWARDER_POINTS);
    return TopicValidatorResult.Reject;
  }
}

function newAllowance({ burst, perSecond }: RateLimit, nowMs: number): Allowance {
  return {
    messages: new TokenBucket(burst, perSecond, nowMs),
    ofQuiet: new TokenBucket(FROM_RELAY_BY_QUIET.burst, FROM_RELAY_BY_QUIET.perSecond, nowMs),
    quiet: new TokenBuckets(QUIET, QUIET_AUTHORS_MAX),
    authors: new BroughtAuthors(NEW_AUTHORS, nowMs),
  };
}

import { decodeOrNothing, equalBytes } from '../../records/index.ts';
import { connectedPeers } from '../known-keys.ts';
import type { Members } from '../members.ts';
import type { Clock, MessageStream, MessageStreamHandlers, Network, PeerId } from '../ports.ts';
import { ProducerFrame, ProducerHello, purposeOf, readHello, type StreamPurpose, signHello, verifyHello } from './frames.ts';

export interface LinksOptions {
  readonly purpose: StreamPurpose;
  readonly groupId: string;
  /** Of the configuration, or of the request. */
  readonly nonce: number;
  /** Of the request, or of a recovery's bundle; undefined for any other configuration. */
  readonly name?: Uint8Array;
  /** Keys of those at the other ends, this node's own among them or not; indices are places in this list. */
  readonly producers: readonly string[];
  /** Who opens the streams; `smaller`: of two producers the one with the smaller index. */
  readonly opens: 'smaller' | 'all' | 'none';
  readonly userPubkey: string;
  readonly signSecret: Uint8Array;
  readonly network: Network;
  readonly clock: Clock;
  readonly members: Members;
  readonly up: (producer: number) => void;
  readonly down: (producer: number) => void;
  /** A hello that proves somebody else than was expected, or something else. */
  readonly stranger?: (hello: ProducerHello) => void;
  /** The stream's next message comes when the promise settles. */
  readonly frame: (producer: number, frame: ProducerFrame) => Promise<void>;
}

/** Waits between attempts to open a stream to a producer; the last one repeats. */
const REDIAL_AFTER_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
/** Peers that are dialled at once for one producer: more than one may say to be it. */
const DIALS_MAX = 3;
/** A stream on which no hello comes is closed. */
const HELLO_TIMEOUT_MS = 15_000;

interface Attempt {
  readonly failures: number;
  readonly dueAtMs: number;
  readonly underWay: boolean;
  /** Whether there was a connection to the producer when it failed; if not, one that comes ends the wait. */
  readonly wasConnected: boolean;
}

const NO_NAME = new Uint8Array();

/**
 * This node's streams to the producers of a configuration or of a request, each proved by a hello. A newer stream replaces an older one of
 * the same producer.
 */
export class ProducerLinks {
  readonly #options: LinksOptions;
  readonly #self: number;
  readonly #links = new Map<number, MessageStream>();
  /** By peer: several may say that they are one producer, and only its hello proves which of them is. */
  readonly #attempts = new Map<PeerId, Attempt>();
  #stopped = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#self = options.producers.indexOf(options.userPubkey);
  }

  get connected(): readonly number[] {
    return [...this.#links.keys()];
  }

  /** Opens what is missing; to be called about once a second and whenever a member comes. */
  tick(): void {
    if (this.#stopped || this.#options.opens === 'none') return;
    const nowMs = this.#options.clock.monotonicMs();
    const connected = connectedPeers(this.#options.network);
    for (const peerId of this.#attempts.keys()) if (!this.#options.members.get(peerId)) this.#attempts.delete(peerId);
    for (const [producer, pubkey] of this.#options.producers.entries()) {
      if (!this.#isOpenedHere(producer) || this.#links.has(producer)) continue;
      const peers = this.#options.members.ofKey(pubkey).map(({ peerId }) => peerId);
      let dials = peers.filter((peerId) => this.#attempts.get(peerId)?.underWay).length;
      for (const peerId of peers) {
        const attempt = this.#attempts.get(peerId);
        const hasCome = attempt?.wasConnected === false && connected.has(peerId);
        if (dials >= DIALS_MAX || (attempt && (attempt.underWay || (attempt.dueAtMs > nowMs && !hasCome)))) continue;
        dials += 1;
        this.#open(peerId, attempt?.failures ?? 0);
      }
    }
  }

  #isOpenedHere(producer: number): boolean {
    if (producer < 0 || producer === this.#self) return false;
    return this.#options.opens === 'all' || producer > this.#self;
  }

  #open(peerId: PeerId, failures: number): void {
    const { network, clock } = this.#options;
    this.#attempts.set(peerId, { failures, dueAtMs: 0, underWay: true, wasConnected: true });
    const later = (): void => {
      const wait = REDIAL_AFTER_MS[Math.min(failures, REDIAL_AFTER_MS.length - 1)] ?? 0;
      this.#attempts.set(peerId, {
        failures: failures + 1,
        dueAtMs: clock.monotonicMs() + wait,
        underWay: false,
        wasConnected: connectedPeers(this.#options.network).has(peerId),
      });
    };
    network.openStream(peerId).then((stream) => {
      if (this.#stopped) {
        stream.close();
        return;
      }
      // Until its hello is here nothing tells that the peer is the producer; a failure then is as good as no stream.
      later();
      stream.receive(this.#greet(stream));
    }, later);
  }

  /** A stream that a peer opened, with the hello that it began with. Answers what is to receive the rest of it. */
  accept(stream: MessageStream, hello: ProducerHello): MessageStreamHandlers {
    return this.#greet(stream, hello);
  }

  #greet(stream: MessageStream, received?: ProducerHello): MessageStreamHandlers {
    const { groupId, nonce, name, purpose, userPubkey, signSecret, network, clock } = this.#options;
    const self = network.state().peerId;
    if (this.#stopped || self === undefined) {
      stream.close();
      return { message: () => {}, closed: () => {} };
    }
    const own = signHello(
      { GroupId: groupId, ConfigNonce: nonce, Pubkey: userPubkey, FromPeer: self, ToPeer: stream.peer, Name: name ?? NO_NAME },
      signSecret,
      purpose,
    );
    stream.send(ProducerHello.encode(own));
    let producer = received && this.#prove(stream, received);
    const cancelTimeout = clock.after(HELLO_TIMEOUT_MS, () => {
      if (producer === undefined) stream.close();
    });
    if (producer !== undefined) this.#options.up(producer);
    return {
      message: (data) => {
        if (producer !== undefined) return this.#receive(stream, producer, decodeOrNothing(ProducerFrame, data));
        producer = this.#prove(stream, readHello(data));
        if (producer !== undefined) this.#options.up(producer);
      },
      closed: () => {
        cancelTimeout();
        if (producer === undefined || this.#links.get(producer) !== stream) return;
        this.#links.delete(producer);
        this.#options.down(producer);
      },
    };
  }

  /** The index of the producer that proved itself; the stream is closed for anybody else. */
  #prove(stream: MessageStream, hello: ProducerHello | undefined): number | undefined {
    const { purpose, groupId, nonce, name, producers, network, members, stranger } = this.#options;
    const producer = hello ? producers.indexOf(hello.Pubkey) : -1;
    const isProved =
      hello !== undefined &&
      producer >= 0 &&
      producer !== this.#self &&
      purposeOf(hello) === purpose &&
      hello.GroupId === groupId &&
      hello.ConfigNonce === nonce &&
      equalBytes(hello.Name, name ?? NO_NAME) &&
      hello.FromPeer === stream.peer &&
      hello.ToPeer === network.state().peerId &&
      verifyHello(hello);
    if (!isProved) {
      if (hello) stranger?.(hello);
      stream.close();
      return undefined;
    }
    const older = this.#links.get(producer);
    this.#links.set(producer, stream);
    // One that said to be another is not dialled again at once.
    if (members.get(stream.peer)?.pubkey === hello.Pubkey) this.#attempts.delete(stream.peer);
    older?.close();
    return producer;
  }

  #receive(stream: MessageStream, producer: number, frame: ProducerFrame | undefined): Promise<void> | undefined {
    if (frame) return this.#options.frame(producer, frame);
    this.#options.network.penalize(stream.peer, 'a malformed frame on a producer stream');
    stream.close();
    return undefined;
  }

  /** False: there is no stream to this producer now. */
  send(producer: number, frame: Partial<ProducerFrame>): boolean {
    return this.#links.get(producer)?.send(ProducerFrame.encode(ProducerFrame.create(frame))) ?? false;
  }

  stop(): void {
    this.#stopped = true;
    for (const stream of this.#links.values()) stream.close();
    this.#links.clear();
  }
}

import {
  type GossipVerdict,
  type MessageStream,
  type Network,
  NetworkError,
  type NetworkHandlers,
  type NetworkState,
  type PeerId,
} from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import type { SimulatedTime } from './clock.ts';
import type { SeededRandom } from './random.ts';
import { SimulatedStreamPair, type StreamDelivery, type StreamWays } from './streams.ts';

/** As long as a real host tries. */
const OPEN_STREAM_TIMEOUT_MS = 20_000;

/** What stands for the relay: everybody reaches everybody through it. */
const RELAY = '/sim';
const CIRCUIT = `${RELAY}/p2p-circuit/p2p/`;

export interface NetworkFaults {
  /** Chance that a message is lost; one on a stream breaks the stream. */
  loss: number;
  /** Chance that a gossip message arrives twice. */
  duplication: number;
  /** Shortest and longest time on the way, in milliseconds; messages overtake each other. */
  delayMs: [number, number];
}

export interface Rejection {
  readonly at: PeerId;
  readonly origin: PeerId;
}

/** A network of everybody with everybody, with loss, delay, reordering, duplication and partitions. */
export class SimulatedNetwork {
  faults: NetworkFaults = { loss: 0, duplication: 0, delayMs: [5, 50] };
  /** Gossip that a receiver rejected: no honest node's ever may be. */
  readonly rejections: Rejection[] = [];
  readonly penalties: { by: PeerId; peer: PeerId; reason: string }[] = [];
  /** Streams that were closed since their other end did not handle what was sent, or was sent one too many. */
  readonly overflows: { from: PeerId; to: PeerId }[] = [];
  /** An adversary that decides when messages on streams arrive: it calls `deliver` in whatever order it likes, or never. */
  orderStreams: ((delivery: StreamDelivery) => void) | undefined;
  /** Told of every message that leaves a machine on a stream. */
  watchStreams: ((from: PeerId, to: PeerId, data: Uint8Array) => void) | undefined;
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #hosts = new Map<PeerId, SimulatedHost>();
  readonly #streams = new Set<SimulatedStreamPair>();
  readonly #ways: StreamWays;
  /** Peers in a partition of their own, by its number; the others are together. */
  #side = new Map<PeerId, number>();
  readonly #asleep = new Set<PeerId>();

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random.fork('network');
    this.#ways = {
      nowMs: () => time.nowMs,
      plan: (delayMs, run) => time.plan(delayMs, run),
      delayMs: () => this.#between(...this.faults.delayMs),
      between: (least, most) => this.#between(least, most),
      isLost: () => this.#random.chance(this.faults.loss),
      overflowed: (from, to) => this.overflows.push({ from, to }),
      sent: (from, to, data) => this.watchStreams?.(from, to, data),
      takenOver: (delivery) => {
        this.orderStreams?.(delivery);
        return this.orderStreams !== undefined;
      },
    };
  }

  /** A peer that comes up (again). */
  connect(peerId: PeerId): SimulatedHost {
    const host = new SimulatedHost(peerId, this);
    this.#hosts.set(peerId, host);
    this.#tellStates();
    return host;
  }

  disconnect(peerId: PeerId): void {
    this.#hosts.get(peerId)?.kill();
    this.#hosts.delete(peerId);
    for (const pair of [...this.#streams]) if (pair.has(peerId)) pair.kill(peerId);
    this.#tellStates();
  }

  /** Cuts these peers off from everybody; an empty list heals. */
  partition(peers: readonly PeerId[]): void {
    this.split(peers.map((peer) => [peer]));
  }

  /** Only those on the same side reach each other; whoever is on none is with the others that are on none. An empty list heals. */
  split(sides: readonly (readonly PeerId[])[]): void {
    this.#side = new Map(sides.flatMap((peers, side) => peers.map((peer) => [peer, side] as const)));
    this.#breakStreams();
  }

  /** A machine that sleeps is not there, though its process goes on later. */
  setAsleep(peer: PeerId, isAsleep: boolean): void {
    if (isAsleep) this.#asleep.add(peer);
    else this.#asleep.delete(peer);
    this.#breakStreams();
  }

  #breakStreams(): void {
    for (const pair of [...this.#streams]) if (!this.reaches(pair.opener.owner, pair.opened.owner)) pair.break();
    this.#tellStates();
  }

  reaches(from: PeerId, to: PeerId): boolean {
    if (this.#asleep.has(from) || this.#asleep.has(to)) return false;
    return this.#hosts.has(from) && this.#hosts.has(to) && this.#side.get(from) === this.#side.get(to);
  }

  others(peerId: PeerId): SimulatedHost[] {
    return [...this.#hosts.values()].filter((host) => this.reaches(peerId, host.peerId) && host.peerId !== peerId);
  }

  /** Carries something to a peer, or loses it. */
  carry(from: PeerId, to: PeerId, deliver: (host: SimulatedHost) => void): void {
    const { loss, delayMs } = this.faults;
    if (!this.reaches(from, to) || this.#random.chance(loss)) return;
    const host = this.#hosts.get(to);
    this.#time.plan(this.#between(...delayMs), () => {
      if (host && this.#hosts.get(to) === host && this.reaches(from, to)) deliver(host);
    });
  }

  /**
   * Makes a stream and gives its far end to `accept` at the peer, its near end to `opened` when the peer's word has come back; what gets lost on the way leaves
   * the other side nothing. A peer that has too many towards another gets one that breaks.
   */
  openStream(
    from: PeerId,
    to: PeerId,
    accept: (host: SimulatedHost, stream: MessageStream) => void,
    opened: (stream: MessageStream) => void,
  ): void {
    this.carry(from, to, (host) => {
      const crowd = [...this.#streams].filter((pair) => pair.opener.owner === from && pair.opened.owner === to);
      const pair = new SimulatedStreamPair(from, to, this.#ways, (broken) => this.#streams.delete(broken));
      this.#streams.add(pair);
      if (crowd.length < LIMITS.streamsPerPeer) accept(host, pair.opened);
      else {
        this.overflows.push({ from, to });
        pair.break();
      }
      let isOpened = false;
      this.carry(to, from, () => {
        isOpened = true;
        opened(pair.opener);
      });
      this.after(OPEN_STREAM_TIMEOUT_MS, () => {
        if (!isOpened) pair.break();
      });
    });
  }

  duplicates(): boolean {
    return this.#random.chance(this.faults.duplication);
  }

  after(delayMs: number, run: () => void): void {
    this.#time.plan(delayMs, run);
  }

  #between(least: number, most: number): number {
    return least + this.#random.float() * (most - least);
  }

  #tellStates(): void {
    for (const host of this.#hosts.values()) {
      this.#time.plan(1, () => host.tellState());
    }
  }
}

/** One peer's end of the network. */
export class SimulatedHost implements Network {
  readonly peerId: PeerId;
  readonly #network: SimulatedNetwork;
  readonly topics = new Set<string>();
  #handlers: NetworkHandlers | undefined;
  #dead = false;

  constructor(peerId: PeerId, network: SimulatedNetwork) {
    this.peerId = peerId;
    this.#network = network;
  }

  kill(): void {
    this.#dead = true;
  }

  listen(handlers: NetworkHandlers): void {
    this.#handlers = handlers;
  }

  /** For a peer that is there only to say something. */
  listenToNobody(): void {
    this.listen({
      gossip: () => 'ignore',
      request: () => Promise.reject(new Error('nobody answers here')),
      state: () => {},
      neighbours: () => {},
      stream: (stream) => stream.close(),
    });
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
    for (const other of this.#network.others(this.peerId)) {
      if (!other.topics.has(topic)) continue;
      this.#network.carry(this.peerId, other.peerId, (host) => host.#handlers?.neighbours(topic));
      this.#network.carry(other.peerId, this.peerId, (host) => host.#handlers?.neighbours(topic));
    }
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  async publish(topic: string, data: Uint8Array): Promise<number> {
    if (this.#dead) return 0;
    const receivers = this.#network.others(this.peerId).filter((other) => other.topics.has(topic));
    for (const { peerId } of receivers) {
      this.#network.carry(this.peerId, peerId, (host) => host.#receive(topic, data, this.peerId));
      if (this.#network.duplicates()) this.#network.carry(this.peerId, peerId, (host) => host.#receive(topic, data, this.peerId));
    }
    return receivers.length;
  }

  #receive(topic: string, data: Uint8Array, origin: PeerId): void {
    if (this.#dead || !this.topics.has(topic)) return;
    const judged: Promise<GossipVerdict> = Promise.resolve(this.#handlers?.gossip(topic, data, origin) ?? 'ignore');
    void judged.then((verdict) => {
      if (verdict === 'reject') this.#network.rejections.push({ at: this.peerId, origin });
    });
  }

  request(peer: PeerId, data: Uint8Array, options: { timeoutMs: number; maxBytes: number }): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      // Nothing comes of what a process asks for after its end.
      if (this.#dead) return;
      if (!this.#network.reaches(this.peerId, peer)) {
        this.#network.after(1, () => reject(new NetworkError('unreachable', `${peer} is not reachable.`)));
        return;
      }
      this.#network.after(options.timeoutMs, () => reject(new NetworkError('timeout', `${peer} did not answer.`)));
      this.#network.carry(this.peerId, peer, (host) => {
        host.#handlers?.request(data, this.peerId).then(
          (answer) =>
            this.#network.carry(peer, this.peerId, () => {
              if (answer.length > options.maxBytes) reject(new NetworkError('too-large', 'The answer is too large.'));
              else resolve(answer);
            }),
          () => this.#network.carry(peer, this.peerId, () => reject(new NetworkError('closed', `${peer} closed the stream.`))),
        );
      });
    });
  }

  openStream(peer: PeerId): Promise<MessageStream> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      if (!this.#network.reaches(this.peerId, peer)) {
        this.#network.after(1, () => reject(new NetworkError('unreachable', `${peer} is not reachable.`)));
        return;
      }
      let isLate = false;
      this.#network.after(OPEN_STREAM_TIMEOUT_MS, () => {
        isLate = true;
        reject(new NetworkError('timeout', `${peer} opened no stream.`));
      });
      this.#network.openStream(
        this.peerId,
        peer,
        (host, stream) => host.#accept(stream),
        (stream) => (isLate ? stream.close() : resolve(stream)),
      );
    });
  }

  #accept(stream: MessageStream): void {
    if (this.#handlers === undefined) stream.close();
    else this.#handlers.stream(stream);
  }

  setBootstraps(): void {}

  async dial(address: string): Promise<void> {
    if (!address.startsWith(CIRCUIT)) throw new NetworkError('malformed', `Addresses here begin with ${CIRCUIT}.`);
    const peer = address.slice(CIRCUIT.length);
    if (peer === this.peerId) throw new NetworkError('malformed', 'This is the address of this node itself.');
    if (!this.#network.reaches(this.peerId, peer)) throw new NetworkError('unreachable', `${peer} is not reachable.`);
  }

  async addRelay(address: string): Promise<void> {
    if (address !== RELAY) throw new NetworkError('malformed', `The one relay here is ${RELAY}.`);
  }

  meet(): void {}

  penalize(peer: PeerId, reason: string): void {
    this.#network.penalties.push({ by: this.peerId, peer, reason });
  }

  state(): NetworkState {
    const peers = this.#network
      .others(this.peerId)
      .map(({ peerId }) => ({ peerId, path: 'webrtc' as const, address: `/sim/${peerId}` }));
    return { peerId: this.peerId, relays: [{ address: RELAY, state: 'reserved' }], peers };
  }

  tellState(): void {
    if (!this.#dead) this.#handlers?.state(this.state());
  }
}

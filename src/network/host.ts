/** The libp2p host of a page or of a headless node: how the parts of this folder hang together. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed, privateKeyFromProtobuf } from '@libp2p/crypto/keys';
import { identifyPush, identify as identifyService } from '@libp2p/identify';
import type { Connection, PeerId as Libp2pPeerId, PrivateKey, TopologyFilter } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { createLibp2p } from 'libp2p';
import type { MessageStream, NetworkHandlers, NetworkState, PeerId } from '../node/ports.ts';
import { NetworkError } from '../node/ports.ts';
import type { IceServer } from './bootstrap.ts';
import { Identified, isDirect } from './connections.ts';
import { ConsensusStreams } from './consensus-streams.ts';
import type { Host, HostOptions } from './contract.ts';
import { createGossipSub, Gossip } from './gossip.ts';
import { Members } from './members.ts';
import { muxer } from './muxer.ts';
import { NamedPeers } from './named-peers.ts';
import { RELAYS_MAX, Relays } from './relays.ts';
import { Reputation } from './reputation.ts';
import { State } from './state.ts';
import { Streams } from './streams.ts';
import { Timers } from './timers.ts';
import { patchWebRtc } from './webrtc-patches.ts';

/** The length of a raw Ed25519 seed; anything else is read as a libp2p protobuf. */
const SEED_BYTES = 32;
/** gossipsub's score of a peer that is cut off: far below its lowest threshold (−80), whatever the peer does. */
const CUT_OFF_SCORE = -1_000;

/** Pings of the connection monitor overlap when a main thread is busy; with libp2p's 2 and 1 they would break the connection. */
const PING_STREAMS = 32;
/** A tab whose main thread is busy answers late: with libp2p's 5 s it would be cut off. */
const MONITOR = { pingInterval: 10_000, pingTimeout: { minTimeout: 30_000, maxTimeout: 60_000 } };

type Node = Awaited<ReturnType<typeof createNode>>;

/** Starts a host. Imported through `index.ts`, which loads this file, and libp2p with it, only when it is needed. */
export async function startHost(options: HostOptions): Promise<Host> {
  patchWebRtc(webRtcOf(options));
  const host = new Libp2pHost(options);
  await host.start(await readPrivateKey(options.privateKey));
  return host;
}

async function readPrivateKey(bytes: Uint8Array): Promise<PrivateKey> {
  return bytes.byteLength === SEED_BYTES ? generateKeyPairFromSeed('Ed25519', bytes) : privateKeyFromProtobuf(bytes);
}

function webRtcOf(options: HostOptions): typeof RTCPeerConnection | undefined {
  return options.webRtc ?? globalThis.RTCPeerConnection;
}

interface NodeOptions {
  readonly privateKey: PrivateKey;
  readonly webRtc: boolean;
  readonly webSockets: ReturnType<typeof webSockets>;
  readonly listen: readonly string[];
  readonly iceServers: () => IceServer[];
  readonly isListedRelay: (peer: PeerId) => boolean;
  readonly isCutOff: (peer: PeerId) => boolean;
}

function createNode(options: NodeOptions) {
  const refuse = (peer: Libp2pPeerId) => options.isCutOff(peer.toString());
  return createLibp2p({
    start: false,
    privateKey: options.privateKey,
    addresses: {
      listen: [...Array<string>(RELAYS_MAX).fill('/p2p-circuit'), ...(options.webRtc ? ['/webrtc'] : []), ...options.listen],
    },
    transports: [
      options.webSockets,
      circuitRelayTransport({ discoveryFilter: reservationFilter(options.isListedRelay) }),
      ...(options.webRtc ? [webRTC({ rtcConfiguration: () => ({ iceServers: options.iceServers() }) })] : []),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer()],
    connectionGater: {
      // A browser's libp2p refuses ws and private addresses; which relays may be dialled is decided in `bootstrap.ts`.
      denyDialMultiaddr: () => false,
      denyDialPeer: refuse,
      denyInboundEncryptedConnection: refuse,
      denyInboundUpgradedConnection: refuse,
      denyInboundRelayedConnection: (_relay, remote) => refuse(remote),
    },
    connectionManager: {
      inboundConnectionThreshold: 1_000,
      maxIncomingPendingConnections: 100,
      addressDialTimeout: 8_000,
      // `Relays` and `Members` dial again, on the worker's clock.
      reconnectRetries: 0,
    },
    connectionMonitor: MONITOR,
    services: {
      identify: identifyService(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: PING_STREAMS, maxOutboundStreams: PING_STREAMS }),
      pubsub: createGossipSub((peer) => (options.isCutOff(peer) ? CUT_OFF_SCORE : 0)),
    },
  });
}

/** Lets libp2p ask for reservations on the relays of our bootstraps only; any peer can say that it is a relay. */
function reservationFilter(isListedRelay: (peer: PeerId) => boolean): TopologyFilter {
  const asked = new Set<PeerId>();
  return {
    has: (peer) => !isListedRelay(peer.toString()) || asked.has(peer.toString()),
    add: (peer) => void asked.add(peer.toString()),
    remove: (peer) => void asked.delete(peer.toString()),
  };
}

class Libp2pHost implements Host {
  readonly #options: HostOptions;
  readonly #timers = new Timers();
  readonly #identified = new Identified();
  readonly #reputation: Reputation;
  #handlers: NetworkHandlers | undefined;
  #node!: Node;
  #relays!: Relays;
  #members!: Members;
  #namedPeers!: NamedPeers;
  #gossip!: Gossip;
  #streams!: Streams;
  #consensusStreams!: ConsensusStreams;
  #state!: State;
  readonly #wake = () => this.wake();

  constructor(options: HostOptions) {
    this.#options = options;
    this.#reputation = new Reputation(
      () => this.#timers.nowMs(),
      (peer, reason) => this.#cutOff(peer, reason),
    );
  }

  async start(privateKey: PrivateKey): Promise<void> {
    const { log, trustedOrigins, relays: named = [], listen = [], iceServers = [] } = this.#options;
    const timers = this.#timers;
    const identified = this.#identified;
    const webRtc = webRtcOf(this.#options) !== undefined;
    const isCutOff = (peer: PeerId) => this.#reputation.isCutOff(peer);
    const isRelay = (peer: PeerId) => this.#relays.isRelay(peer);
    const identify = (connection: Connection) => this.#node.services.identify.identify(connection);
    const penalize = (peer: PeerId, reason: string, points?: number) => this.#penalize(peer, reason, points);
    const node = await createNode({
      privateKey,
      webRtc,
      webSockets: this.#options.webSockets ?? webSockets(),
      listen,
      isCutOff,
      iceServers: () => [...iceServers, ...this.#relays.iceServers()],
      isListedRelay: (peer) => this.#relays.isListed(peer),
    });
    this.#node = node;
    this.#state = new State({
      libp2p: node,
      identified,
      relays: () => this.#relays.state(),
      isListedRelay: (peer) => this.#relays.isListed(peer),
      changed: (state) => this.#handlers?.state(state),
    });
    await node.start();
    this.#relays = new Relays({
      libp2p: node,
      ping: (connection, signal) => node.services.ping.ping(connection.remotePeer, { signal }),
      trustedOrigins,
      named,
      timers,
      log,
      changed: () => this.#state.check(),
    });
    this.#members = new Members({
      libp2p: node,
      ownPeerId: node.peerId.toString(),
      identify,
      identified,
      relays: () => this.#relays.reachable(),
      isRelay,
      isCutOff,
      webRtc,
      timers,
      log,
    });
    this.#namedPeers = new NamedPeers({
      addresses: this.#options.peers ?? [],
      ownPeerId: node.peerId.toString(),
      libp2p: node,
      timers,
      log,
    });
    this.#gossip = new Gossip({
      pubsub: node.services.pubsub,
      isRelay,
      isCutOff,
      judge: (topic, data, origin) => this.#handlers?.gossip(topic, data, origin) ?? 'ignore',
      neighbours: (topic) => this.#handlers?.neighbours(topic),
      penalize,
      connections: () => node.getConnections().filter((connection) => identified.has(connection) && isDirect(connection)),
      identify,
      timers,
      log,
    });
    this.#streams = new Streams({
      libp2p: node,
      timers,
      log,
      answer: (data, from) => this.#answer(data, from),
      connect: (peer, signal) => this.#members.connect(peer, signal),
      penalize,
    });
    await this.#streams.start();
    this.#consensusStreams = new ConsensusStreams({
      libp2p: node,
      timers,
      log,
      opened: (stream) => this.#opened(stream),
      connect: (peer, signal) => this.#members.connect(peer, signal),
      penalize,
    });
    await this.#consensusStreams.start();
    this.#follow(node);
    globalThis.addEventListener?.('online', this.#wake);
  }

  listen(handlers: NetworkHandlers): void {
    this.#handlers = handlers;
    this.#state.check();
  }

  subscribe(topic: string): void {
    this.#gossip.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#gossip.unsubscribe(topic);
  }

  publish(topic: string, data: Uint8Array): Promise<number> {
    return this.#gossip.publish(topic, data);
  }

  request(peer: PeerId, data: Uint8Array, limits: { timeoutMs: number; maxBytes: number }): Promise<Uint8Array> {
    return this.#streams.request(peer, data, limits);
  }

  openStream(peer: PeerId): Promise<MessageStream> {
    return this.#consensusStreams.open(peer);
  }

  setBootstraps(urls: readonly string[]): void {
    this.#relays.setBootstraps(urls);
  }

  dial(address: string): Promise<void> {
    return this.#namedPeers.add(address);
  }

  addRelay(address: string): Promise<void> {
    return this.#relays.addNamed(address);
  }

  meet(peer: PeerId): void {
    this.#members.meet(peer);
  }

  penalize(peer: PeerId, reason: string): void {
    this.#penalize(peer, reason);
  }

  state(): NetworkState {
    return this.#state.current();
  }

  tick(): void {
    if (this.#timers.tick()) {
      this.wake();
    } else {
      this.#relays.tick();
      this.#members.tick();
      this.#namedPeers.tick();
    }
    this.#gossip.tick();
    this.#state.check();
  }

  wake(): void {
    this.#relays.wake();
    this.#members.wake();
    this.#namedPeers.wake();
  }

  async stop(): Promise<void> {
    globalThis.removeEventListener?.('online', this.#wake);
    this.#relays.stop();
    await this.#node.stop();
  }

  #follow(node: Node): void {
    node.addEventListener('connection:open', ({ detail }) => this.#members.connectionOpened(detail));
    node.addEventListener('peer:identify', ({ detail: { connection } }) => {
      this.#identified.add(connection);
      this.#members.connectionIdentified(connection);
      this.#state.check();
    });
    node.addEventListener('connection:close', ({ detail: connection }) => {
      this.#members.connectionClosed(connection);
      this.#relays.connectionClosed(connection);
      this.#state.check();
    });
    node.addEventListener('peer:disconnect', ({ detail: peer }) => {
      this.#streams.disconnected(peer.toString());
      this.#consensusStreams.disconnected(peer.toString());
      this.#gossip.disconnected(peer.toString());
    });
    // A reservation was made or lost.
    node.addEventListener('self:peer:update', () => this.#state.check());
  }

  async #answer(data: Uint8Array, from: PeerId): Promise<Uint8Array> {
    if (this.#handlers === undefined) throw new NetworkError('closed', 'The node is not listening yet.');
    return this.#handlers.request(data, from);
  }

  #opened(stream: MessageStream): void {
    if (this.#handlers === undefined) stream.close();
    else this.#handlers.stream(stream);
  }

  /** Relays forward what they cannot read and take part in nothing: whatever a peer says of one is no ground for losing it. */
  #penalize(peer: PeerId, reason: string, points?: number): void {
    if (!this.#relays.isRelay(peer)) this.#reputation.penalize(peer, reason, points);
  }

  #cutOff(peer: PeerId, reason: string): void {
    this.#options.log(`peer ${peer} is cut off: ${reason}`);
    this.#members.forget(peer);
    for (const connection of this.#connections(peer)) connection.abort(new Error('Cut off.'));
    this.#state.check();
  }

  #connections(peer: PeerId): Connection[] {
    return this.#node.getConnections(peerIdFromString(peer));
  }
}

/** Peers whose address somebody named, the operator of a headless node or a caller of the interface: a connection to each is kept. */
import type { Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { NetworkError, type PeerId } from '../node/ports.ts';
import { readRelayAddress } from './bootstrap.ts';
import type { Log } from './log.ts';
import { Backoff, type Timers } from './timers.ts';

const DIAL_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 1_000;
/** A peer that comes back is found within this time. */
const BACKOFF_CAP_MS = 15_000;
/** Peers that a connection is kept to because somebody named them: as many as members of groups, each of which costs as much. */
const NAMED_PEERS_MAX = 48;

interface NamedPeer {
  readonly peerId: PeerId;
  readonly address: Multiaddr;
  /** The address is one through a relay: such a connection is what was asked for, and need not be direct. */
  readonly isCircuit: boolean;
  readonly backoff: Backoff;
  /** A dial under way; resolves with what it failed by. */
  dial: Promise<Error | undefined> | undefined;
}

export interface NamedPeersOptions {
  /** WebSocket multiaddrs with a peer id. */
  readonly addresses: readonly string[];
  readonly ownPeerId: PeerId;
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>;
  readonly timers: Timers;
  readonly log: Log;
}

export class NamedPeers {
  readonly #options: NamedPeersOptions;
  #peers: readonly NamedPeer[];

  constructor(options: NamedPeersOptions) {
    this.#options = options;
    this.#peers = options.addresses.flatMap((address) => readNamedPeer(address) ?? []);
  }

  /** Connects to a peer, and keeps a connection to it from then on. Rejects with {@link NetworkError}; then nothing is kept. */
  async add(address: string): Promise<void> {
    const peer = this.#peers.find((known) => known.address.toString() === address) ?? readNamedPeer(address);
    if (peer === undefined) throw new NetworkError('malformed', `This is not the address of a peer. ${PEER_FORM}`);
    if (peer.peerId === this.#options.ownPeerId) throw new NetworkError('malformed', 'This is the address of this node itself.');
    const isNew = () => !this.#peers.includes(peer);
    if (isNew() && this.#peers.length >= NAMED_PEERS_MAX) {
      throw new NetworkError('too-many', `Connections to ${NAMED_PEERS_MAX} named peers are kept already, and no more are.`);
    }
    if (!this.#isConnected(peer)) {
      peer.dial ??= this.#dial(peer);
      const failure = await peer.dial;
      if (failure !== undefined) {
        throw new NetworkError('unreachable', `The peer could not be reached: ${failure.message}`, { cause: failure });
      }
    }
    // Somebody else may have named it meanwhile, or the last free place may be taken; the connection is there all the same.
    if (isNew() && this.#peers.length < NAMED_PEERS_MAX) this.#peers = [...this.#peers, peer];
  }

  /** Dials whoever is not connected as asked for, and due. */
  tick(): void {
    const nowMs = this.#options.timers.nowMs();
    for (const peer of this.#peers) {
      if (peer.dial === undefined && peer.backoff.due(nowMs) && !this.#isConnected(peer)) peer.dial = this.#dial(peer);
    }
  }

  wake(): void {
    for (const { backoff } of this.#peers) backoff.reset();
    this.tick();
  }

  #isConnected({ peerId, isCircuit }: NamedPeer): boolean {
    const connections = this.#options.libp2p.getConnections(peerIdFromString(peerId));
    return connections.some(({ status, limits }) => status === 'open' && (isCircuit || limits === undefined));
  }

  async #dial(peer: NamedPeer): Promise<Error | undefined> {
    const { libp2p, timers, log } = this.#options;
    try {
      await timers.within(
        DIAL_TIMEOUT_MS,
        (signal) => libp2p.dial(peer.address, { signal }),
        () => new Error('It did not answer in time.'),
      );
      peer.backoff.reset();
      return undefined;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      log(`peer ${peer.address.toString()}: ${failure.message}`);
      peer.backoff.failed(timers.nowMs());
      return failure;
    } finally {
      peer.dial = undefined;
    }
  }
}

/** What {@link readNamedPeer} takes, for whoever gave something else. */
const PEER_FORM =
  'It takes a WebSocket multiaddr with a peer id, such as /ip4/192.0.2.1/tcp/9002/ws/p2p/12D3Koo…, or one through a relay, such as /dns4/relay.example.org/tcp/443/wss/p2p/12D3Koo…/p2p-circuit/p2p/12D3Koo….';

/** `<relay>/p2p-circuit/p2p/<peer id>`, as `GET /api/v1/network` prints it, or with `/webrtc` for a direct connection. */
const CIRCUIT = /^(.+)\/p2p-circuit(?:\/webrtc)?\/p2p\/([1-9A-HJ-NP-Za-km-z]+)$/;

function readNamedPeer(address: string): NamedPeer | undefined {
  const [, relay, behindRelay] = CIRCUIT.exec(address) ?? [];
  const peerId = readRelayAddress(relay ?? address)?.peerId;
  if (peerId === undefined) return undefined;
  try {
    const peer = peerIdFromString(behindRelay ?? peerId).toString();
    const backoff = new Backoff(FIRST_BACKOFF_MS, BACKOFF_CAP_MS);
    return { peerId: peer, address: multiaddr(address), isCircuit: relay !== undefined, backoff, dial: undefined };
  } catch {
    // It looks like the address of a peer, and its peer id is none.
    return undefined;
  }
}

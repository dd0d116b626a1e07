/** Peers whose address the operator of a headless node named: a connection to each is kept, without any relay. */
import type { Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { PeerId } from '../node/ports.ts';
import { readRelayAddress } from './bootstrap.ts';
import type { Log } from './log.ts';
import { Backoff, type Timers } from './timers.ts';

const DIAL_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 1_000;
/** A peer that comes back is found within this time. */
const BACKOFF_CAP_MS = 15_000;

interface NamedPeer {
  readonly peerId: PeerId;
  readonly address: Multiaddr;
  readonly backoff: Backoff;
  dialling: boolean;
}

export interface NamedPeersOptions {
  /** WebSocket multiaddrs with a peer id. */
  readonly addresses: readonly string[];
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>;
  readonly timers: Timers;
  readonly log: Log;
}

export class NamedPeers {
  readonly #options: NamedPeersOptions;
  readonly #peers: readonly NamedPeer[];

  constructor(options: NamedPeersOptions) {
    this.#options = options;
    this.#peers = options.addresses.flatMap((address) => {
      const peerId = readRelayAddress(address)?.peerId;
      const backoff = new Backoff(FIRST_BACKOFF_MS, BACKOFF_CAP_MS);
      return peerId === undefined ? [] : [{ peerId, address: multiaddr(address), backoff, dialling: false }];
    });
  }

  /** Dials whoever is not connected directly, and due. */
  tick(): void {
    const nowMs = this.#options.timers.nowMs();
    for (const peer of this.#peers) {
      if (!peer.dialling && peer.backoff.due(nowMs) && !this.#isConnected(peer)) void this.#dial(peer);
    }
  }

  wake(): void {
    for (const { backoff } of this.#peers) backoff.reset();
    this.tick();
  }

  #isConnected({ peerId }: NamedPeer): boolean {
    const connections = this.#options.libp2p.getConnections(peerIdFromString(peerId));
    return connections.some(({ status, limits }) => status === 'open' && limits === undefined);
  }

  async #dial(peer: NamedPeer): Promise<void> {
    const { libp2p, timers, log } = this.#options;
    peer.dialling = true;
    try {
      await timers.within(
        DIAL_TIMEOUT_MS,
        (signal) => libp2p.dial(peer.address, { signal }),
        () => new Error('It did not answer in time.'),
      );
      peer.backoff.reset();
    } catch (error) {
      log(`peer ${peer.address.toString()}: ${error instanceof Error ? error.message : String(error)}`);
      peer.backoff.failed(timers.nowMs());
    } finally {
      peer.dialling = false;
    }
  }
}

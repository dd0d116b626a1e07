/** What the network looks like from outside, told when it changes. */
import type { Connection, Libp2p } from '@libp2p/interface';
import type { NetworkState, PeerConnection, RelayState } from '../node/ports.ts';
import { byPath, type Identified, peerConnection } from './connections.ts';

export interface StateOptions {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'peerId'>;
  readonly identified: Identified;
  readonly relays: () => RelayState[];
  readonly isListedRelay: (peer: string) => boolean;
  readonly changed: (state: NetworkState) => void;
}

export class State {
  readonly #options: StateOptions;
  #told = '';
  #telling = false;

  constructor(options: StateOptions) {
    this.#options = options;
  }

  current(): NetworkState {
    const { libp2p, identified, relays, isListedRelay } = this.#options;
    const trusted = libp2p.getConnections().filter((connection) => identified.has(connection));
    const peers = new Map<string, PeerConnection>();
    for (const connection of trusted.sort(byPath)) {
      const peer = peerConnection(connection);
      if (!peers.has(peer.peerId) && !this.#isRelayConnection(connection, isListedRelay)) peers.set(peer.peerId, peer);
    }
    return {
      peerId: libp2p.peerId.toString(),
      relays: relays(),
      peers: [...peers.values()].sort((a, b) => (a.peerId < b.peerId ? -1 : 1)),
    };
  }

  /** Something may have changed: tells, once for all that happens in this turn, if something did. */
  check(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      const state = this.current();
      const text = JSON.stringify(state);
      if (text === this.#told) return;
      this.#told = text;
      this.#options.changed(state);
    });
  }

  #isRelayConnection(connection: Connection, isListedRelay: (peer: string) => boolean): boolean {
    return peerConnection(connection).path === 'websocket' && isListedRelay(connection.remotePeer.toString());
  }
}

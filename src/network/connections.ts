/** What a libp2p connection is to us. */
import type { Connection } from '@libp2p/interface';
import type { PeerConnection, PeerPath } from '../node/ports.ts';

const PATH_ORDER: readonly PeerPath[] = ['webrtc', 'websocket', 'relay'];

export function pathOf(connection: Connection): PeerPath {
  if (connection.multiplexer === '/webrtc') return 'webrtc';
  return connection.limits === undefined && connection.direct ? 'websocket' : 'relay';
}

export function isDirect(connection: Connection): boolean {
  return pathOf(connection) !== 'relay';
}

/** Sorts the best path first. */
export function byPath(a: Connection, b: Connection): number {
  return PATH_ORDER.indexOf(pathOf(a)) - PATH_ORDER.indexOf(pathOf(b));
}

export function peerConnection(connection: Connection): PeerConnection {
  return { peerId: connection.remotePeer.toString(), path: pathOf(connection), address: connection.remoteAddr.toString() };
}

/**
 * The connections that can be believed. When a dial by WebRTC fails, the other side is left with a connection that looks open and carries nothing;
 * only an answer to `identify` shows that a connection works.
 */
export class Identified {
  readonly #connections = new WeakSet<Connection>();

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  has(connection: Connection): boolean {
    return connection.status === 'open' && this.#connections.has(connection);
  }
}

/**
 * libp2p's WebSocket listener behind the web server's port. The listener opens a port by itself and cannot be given a server; here it gets an ephemeral
 * one on the loopback interface that refuses every upgrade, and the sockets come from the public server.
 */
import type { Transport } from '@libp2p/interface';
import type { WebSocketsComponents } from '@libp2p/websockets';
import type { WebSocket } from 'ws';
import { type Caller, guardedWebSockets, type WebSocketListener } from '../guard/guarded-web-sockets.ts';
import { SocketGuard } from '../guard/socket-guard.ts';
import { RELAY_LIMITS } from '../limits.ts';

/** Where the listener really listens; nobody is told. */
export const INTERNAL_ADDRESS = '/ip4/127.0.0.1/tcp/0/ws';
/** Nobody has anything to do there. */
const INTERNAL_LIMITS = {
  sockets: 8,
  socketsPerAddress: 8,
  reservedSockets: 0,
  headMs: 1_000,
  answerMs: 1_000,
  crowdedAnswerMs: 1_000,
};

export interface OnePort {
  readonly transport: (components: WebSocketsComponents) => Transport;
  /** Gives libp2p a WebSocket that the public server has accepted. */
  accept(socket: WebSocket, from: Caller): void;
}

export function onePort(): OnePort {
  let listener: WebSocketListener | undefined;
  return {
    transport: guardedWebSockets({
      messageBytes: RELAY_LIMITS.webSocketMessageBytes,
      guard: new SocketGuard(INTERNAL_LIMITS),
      http: { shouldUpgradeCallback: () => false },
      listening: (made) => {
        listener = made;
      },
    }),
    accept: (socket, from) => {
      if (listener === undefined) socket.terminate();
      else listener.onWsServerConnection(socket, from);
    },
  };
}

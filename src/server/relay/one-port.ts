/**
 * libp2p's WebSocket listener behind the web server's port. The listener opens a port by itself and cannot be given a server; here it gets an ephemeral
 * one on the loopback interface that refuses every upgrade, and the sockets come from the public server.
 */
import type { IncomingMessage } from 'node:http';
import type { Listener, Transport } from '@libp2p/interface';
import { type WebSocketsComponents, webSockets } from '@libp2p/websockets';
import type { WebSocket } from 'ws';

/** Where the listener really listens; nobody is told. */
export const INTERNAL_ADDRESS = '/ip4/127.0.0.1/tcp/0/ws';

interface WebSocketListener extends Listener {
  onWsServerConnection(socket: WebSocket, request: IncomingMessage): void;
}

export interface OnePort {
  readonly transport: (components: WebSocketsComponents) => Transport;
  /** Gives libp2p a WebSocket that the public server has accepted. */
  accept(socket: WebSocket, request: IncomingMessage): void;
}

export function onePort(): OnePort {
  let listener: WebSocketListener | undefined;
  return {
    transport: (components) => {
      const transport = webSockets({ http: { shouldUpgradeCallback: () => false } })(components);
      const createListener = transport.createListener.bind(transport);
      transport.createListener = (options) => {
        listener = createListener(options) as WebSocketListener;
        return listener;
      };
      return transport;
    },
    accept: (socket, request) => {
      if (listener === undefined) socket.terminate();
      else listener.onWsServerConnection(socket, request);
    },
  };
}

/**
 * libp2p's WebSocket listener (@libp2p/websockets 10), kept alive: it hands sockets on without listening for their errors, so that one malformed frame would end
 * the process; it counts nobody, waits for the first byte for ever, and takes messages of 100 MiB before anybody has proved who it is.
 */
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import type { CreateListenerOptions, Listener, Transport } from '@libp2p/interface';
import { type WebSocketsComponents, type WebSocketsInit, webSockets } from '@libp2p/websockets';
import type { WebSocket, WebSocketServer } from 'ws';
import { traceEvents } from './defects.ts';
import type { SocketGuard } from './socket-guard.ts';
import { FOR_STRANGERS } from './web-socket-options.ts';

/** What `onWsServerConnection` reads of a request. */
export interface Caller {
  readonly socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };
  destroy(): void;
}

/** Fields of the listener's class that its interface leaves out. */
export interface WebSocketListener extends Listener {
  readonly server: Server;
  readonly wsServer: WebSocketServer;
  readonly http: HttpServer | undefined;
  onWsServerConnection(socket: WebSocket, request: Caller): void;
}

export interface GuardedWebSocketsOptions extends WebSocketsInit {
  /** Longest message on a socket; libp2p's are below 64 KiB. */
  readonly messageBytes: number;
  /** Counts the sockets of a port that the listener opens by itself. */
  readonly guard?: SocketGuard;
  readonly listening?: (listener: WebSocketListener) => void;
}

/** libp2p's WebSocket transport with a listener that strangers cannot break. */
export function guardedWebSockets(options: GuardedWebSocketsOptions): (components: WebSocketsComponents) => Transport {
  const { messageBytes, guard, listening, ...init } = options;
  return (components) => {
    const transport = webSockets(init)(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (listenOptions: CreateListenerOptions) => {
      const listener = createListener(listenOptions) as WebSocketListener;
      const take = listener.onWsServerConnection.bind(listener);
      listener.onWsServerConnection = (socket, request) => {
        traceEvents(socket, () => socket.terminate());
        take(socket, request);
      };
      Object.assign(listener.wsServer.options, { maxPayload: messageBytes, ...FOR_STRANGERS });
      if (guard !== undefined) watch(listener, guard);
      listening?.(listener);
      return listener;
    };
    return transport;
  };
}

/** The listener makes its HTTP server when it is told where to listen. */
function watch(listener: WebSocketListener, guard: SocketGuard): void {
  guard.watch(listener.server);
  const listen = listener.listen.bind(listener);
  listener.listen = async (address) => {
    await listen(address);
    if (listener.http !== undefined) guard.watchRequests(listener.http);
  };
}

/** `/api/v1/ws/trx`: what happens, told over a WebSocket as it happens. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventJson } from '../../api/index.ts';
import type { NodeEvent, NodeService } from '../../node/index.ts';
import { traceEvents } from '../guard/defects.ts';
import { webSocketOptions } from '../guard/web-socket-options.ts';
import type { Caller } from './access.ts';
import type { EventReaders } from './event-readers.ts';
import { HTTP_LIMITS } from './limits.ts';

export const EVENT_SOCKET_PATH = '/api/v1/ws/trx';

/** Codes of RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;
const NOT_ALLOWED = 1008;
const TOO_SLOW = 1013;

interface Listener {
  readonly socket: WebSocket;
  readonly caller: Caller;
  isAlive: boolean;
}

export class EventSockets {
  readonly #server = new WebSocketServer(webSocketOptions(HTTP_LIMITS.webSocketMessageBytes));
  readonly #readers: EventReaders;
  readonly #listeners = new Set<Listener>();
  readonly #unsubscribe: () => void;
  readonly #pinging: NodeJS.Timeout;

  constructor(service: Pick<NodeService, 'subscribe'>, readers: EventReaders) {
    this.#readers = readers;
    this.#unsubscribe = service.subscribe((event) => this.#tell(event));
    this.#pinging = setInterval(() => this.#ping(), HTTP_LIMITS.webSocketPingMs);
    this.#pinging.unref();
  }

  /** Takes a request that wants to become a WebSocket; false: there are too many. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): boolean {
    let listener: Listener | undefined;
    const leave = this.#readers.enter(caller, () => listener?.socket.close(NOT_ALLOWED, 'Its token has ended.'));
    if (leave === undefined) return false;
    // It may have gone while its token was read: such a socket says so no more.
    if (socket.destroyed) {
      leave();
      return true;
    }
    socket.once('close', leave);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const made: Listener = { socket: webSocket, caller, isAlive: true };
      listener = made;
      this.#listeners.add(made);
      traceEvents(webSocket, () => webSocket.terminate());
      webSocket.on('pong', () => {
        made.isAlive = true;
      });
      webSocket.on('close', () => this.#listeners.delete(made));
    });
    return true;
  }

  stop(): void {
    clearInterval(this.#pinging);
    this.#unsubscribe();
    this.#server.close();
    const sockets = [...this.#listeners].map(({ socket }) => socket);
    for (const socket of sockets) socket.close(GOING_AWAY, 'The node stops.');
    // Whoever does not answer is not waited for.
    setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, HTTP_LIMITS.closingMs).unref();
  }

  #tell(event: NodeEvent): void {
    if (event.type === 'view' || this.#listeners.size === 0) return;
    const text = JSON.stringify(eventJson(event));
    for (const { socket, caller } of this.#listeners) {
      if (caller !== 'local' && caller.role === 'node' && !caller.allowGroups.includes(event.groupId)) continue;
      if (!this.#readers.isGood(caller)) continue;
      if (socket.bufferedAmount > HTTP_LIMITS.webSocketBufferBytes) socket.close(TOO_SLOW, 'Events were not read fast enough.');
      else socket.send(text);
    }
  }

  #ping(): void {
    for (const listener of this.#listeners) {
      if (listener.isAlive) {
        listener.isAlive = false;
        listener.socket.ping();
      } else listener.socket.terminate();
    }
  }
}

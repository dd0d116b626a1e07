/**
 * How many sockets a server holds, and whose. A class that is full gives up its idlest socket rather than refuse a newcomer: sockets that say nothing cost their
 * owner nothing, so they must not keep anybody out.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { addressKey } from './address.ts';
import { traceEvents } from './defects.ts';

export interface SocketLimits {
  /** Open sockets in all. */
  readonly sockets: number;
  /** Open sockets of one address of another machine. This machine may be a proxy that stands for everybody. */
  readonly socketsPerAddress: number;
  /** Of all sockets, those that only this machine may have. */
  readonly reservedSockets: number;
  /** Time for the head of the first request to arrive. */
  readonly headMs: number;
  /** Time for an answer to be read, from the request on. */
  readonly answerMs: number;
}

interface Guest {
  readonly key: string;
  readonly isLocal: boolean;
  /** Requests that are being answered; a socket that became a WebSocket counts as one for good. */
  atWork: number;
  /** Ends a socket that asks for nothing. */
  readonly silence: NodeJS.Timeout;
}

/** Sockets of one address, those at rest with the longest at rest first. */
interface Share {
  open: number;
  readonly resting: Set<Socket>;
}

/** A proxy or a person on this machine; other loopback addresses are somebody's own, of a container for example. */
const THIS_MACHINE: ReadonlySet<string> = new Set(['127.0.0.1', addressKey('::1')]);

/** An answer without an end is no slow reader's. */
const ENDLESS_TYPE = /^text\/event-stream/;

export class SocketGuard {
  readonly #limits: SocketLimits;
  readonly #guests = new Map<Socket, Guest>();
  readonly #shares = new Map<string, Share>();
  #foreign = 0;

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#guests.size;
  }

  /** Guards a server of bare sockets, or an HTTP server whose requests are told of by {@link watchHttp}. */
  watch(server: Server): void {
    server.on('connection', (socket) => this.admit(socket));
    // A machine without open files left tells so here; the server goes on accepting when there are some again.
    server.on('error', () => {});
  }

  watchHttp(server: HttpServer): void {
    this.watch(server);
    this.watchRequests(server);
  }

  /** For an HTTP server whose sockets come from a server that is watched already. */
  watchRequests(server: HttpServer): void {
    server.prependListener('request', (request, response) => this.#follow(request, response));
    server.prependListener('upgrade', (request: IncomingMessage) => this.#begin(request.socket));
  }

  /** Takes a new socket in, at the cost of an idler one where there are too many. */
  admit(socket: Socket): void {
    traceEvents(socket, () => socket.destroy());
    const key = addressKey(socket.remoteAddress);
    const isLocal = THIS_MACHINE.has(key);
    if (this.#isShareFull(key)) this.#giveUp(key);
    else if (this.#isFull(isLocal)) this.#giveUp(this.#largestShare());
    if (this.#isShareFull(key) || this.#isFull(isLocal)) {
      socket.destroy();
      return;
    }
    const share = this.#shares.get(key) ?? { open: 0, resting: new Set() };
    this.#shares.set(key, share);
    share.open++;
    share.resting.add(socket);
    if (!isLocal) this.#foreign++;
    const silence = setTimeout(() => socket.destroy(), this.#limits.headMs);
    silence.unref();
    this.#guests.set(socket, { key, isLocal, atWork: 0, silence });
    socket.once('close', () => this.#left(socket));
  }

  #isShareFull(key: string): boolean {
    return !THIS_MACHINE.has(key) && (this.#shares.get(key)?.open ?? 0) >= this.#limits.socketsPerAddress;
  }

  #isFull(forLocal: boolean): boolean {
    const { sockets, reservedSockets } = this.#limits;
    return this.#guests.size >= sockets || (!forLocal && this.#foreign >= sockets - reservedSockets);
  }

  /** The address with the most sockets that has one at rest; what is reserved for this machine is taken by nobody. */
  #largestShare(): string | undefined {
    let largest: string | undefined;
    let mostOpen = 0;
    for (const [key, { open, resting }] of this.#shares) {
      const spare = THIS_MACHINE.has(key) ? open - this.#limits.reservedSockets : open;
      if (resting.size === 0 || spare <= mostOpen) continue;
      largest = key;
      mostOpen = spare;
    }
    return largest;
  }

  #giveUp(key: string | undefined): void {
    const [idlest] = (key === undefined ? undefined : this.#shares.get(key)?.resting) ?? [];
    if (idlest === undefined) return;
    // Counted out at once: `close` comes later.
    this.#left(idlest);
    idlest.destroy();
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#begin(socket);
    const timer = setTimeout(() => {
      if (!ENDLESS_TYPE.test(String(response.getHeader('content-type') ?? ''))) socket.destroy();
    }, this.#limits.answerMs);
    timer.unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#end(socket);
    });
  }

  #begin(socket: Socket): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    clearTimeout(guest.silence);
    guest.atWork++;
    this.#shares.get(guest.key)?.resting.delete(socket);
  }

  #end(socket: Socket): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    guest.atWork--;
    if (guest.atWork === 0) this.#shares.get(guest.key)?.resting.add(socket);
  }

  #left(socket: Socket): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    this.#guests.delete(socket);
    clearTimeout(guest.silence);
    if (!guest.isLocal) this.#foreign--;
    const share = this.#shares.get(guest.key);
    if (share === undefined) return;
    share.resting.delete(socket);
    share.open--;
    if (share.open === 0) this.#shares.delete(guest.key);
  }
}

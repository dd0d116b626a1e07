/**
 * How many sockets a server holds, and whose. A class that is full gives up its idlest socket rather than refuse a newcomer: sockets that say nothing cost their
 * owner nothing, so they must not keep anybody out. Nor must those that ask and do not read: without an idle one, the answer that takes longest gives way.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { addressKey } from './address.ts';
import { traceEvents, traceRequests } from './defects.ts';

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
  /** The same where there is no room for a newcomer. */
  readonly crowdedAnswerMs: number;
}

interface Guest {
  readonly key: string;
  readonly isLocal: boolean;
  /** Requests that are being answered; a socket that became a WebSocket counts as one for good. */
  atWork: number;
  /** The first of the answers under way, and when it was asked for. */
  answer: ServerResponse | undefined;
  askedAtMs: number;
  /** Ends a socket that asks for nothing. */
  readonly silence: NodeJS.Timeout;
}

/** Sockets of one address. */
interface Share {
  open: number;
  /** The one that rests longest first. */
  readonly resting: Set<Socket>;
  /** Those with answers under way, the one that has been longest at them first. */
  readonly answering: Set<Socket>;
}

/** A proxy or a person on this machine; other loopback addresses are somebody's own, of a container for example. */
const LOOPBACK_KEYS: ReadonlySet<string> = new Set(['127.0.0.1', addressKey('::1')]);

/** An answer without an end is no slow reader's. */
const ENDLESS_TYPE = /^text\/event-stream/;

export class SocketGuard {
  readonly #limits: SocketLimits;
  readonly #guests = new Map<Socket, Guest>();
  readonly #shares = new Map<string, Share>();
  #foreign = 0;

  constructor(limits: SocketLimits) {
    // Where the system allows few, this machine's own must not be all of them.
    this.#limits = { ...limits, reservedSockets: Math.min(limits.reservedSockets, Math.floor(limits.sockets / 4)) };
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
    traceRequests(server);
    server.prependListener('request', (request, response) => this.#follow(request, response));
    server.prependListener('upgrade', (request: IncomingMessage) => this.#begin(request.socket));
  }

  /** Takes a new socket in, at the cost of an idler one where there are too many. */
  admit(socket: Socket): void {
    traceEvents(socket, () => socket.destroy());
    const key = addressKey(socket.remoteAddress);
    const isLocal = LOOPBACK_KEYS.has(key);
    if (this.#isShareFull(key)) this.#giveUp(this.#victimOf(key));
    else if (this.#isFull(isLocal)) this.#giveUp(this.#victimOfLargest());
    if (this.#isShareFull(key) || this.#isFull(isLocal)) {
      socket.destroy();
      return;
    }
    const share = this.#shares.get(key) ?? { open: 0, resting: new Set(), answering: new Set() };
    this.#shares.set(key, share);
    share.open++;
    share.resting.add(socket);
    if (!isLocal) this.#foreign++;
    const silence = setTimeout(() => socket.destroy(), this.#limits.headMs);
    silence.unref();
    this.#guests.set(socket, { key, isLocal, atWork: 0, answer: undefined, askedAtMs: 0, silence });
    socket.once('close', () => this.#left(socket));
  }

  #isShareFull(key: string): boolean {
    return !LOOPBACK_KEYS.has(key) && (this.#shares.get(key)?.open ?? 0) >= this.#limits.socketsPerAddress;
  }

  #isFull(forLocal: boolean): boolean {
    const { sockets, reservedSockets } = this.#limits;
    return this.#guests.size >= sockets || (!forLocal && this.#foreign >= sockets - reservedSockets);
  }

  /** Whom the address with the most sockets gives up, if it can; what is reserved for this machine is taken by nobody. */
  #victimOfLargest(): Socket | undefined {
    let victim: Socket | undefined;
    let mostOpen = 0;
    for (const [key, { open }] of this.#shares) {
      const spare = LOOPBACK_KEYS.has(key) ? open - this.#limits.reservedSockets : open;
      const found = spare > mostOpen ? this.#victimOf(key) : undefined;
      if (found === undefined) continue;
      victim = found;
      mostOpen = spare;
    }
    return victim;
  }

  /** The socket of this address that rests longest, else the one whose answer has taken longest, and too long. */
  #victimOf(key: string): Socket | undefined {
    const share = this.#shares.get(key);
    const [idlest] = share?.resting ?? [];
    if (share === undefined || idlest !== undefined) return idlest;
    const tooLateMs = performance.now() - this.#limits.crowdedAnswerMs;
    for (const socket of share.answering) {
      const guest = this.#guests.get(socket);
      if (guest === undefined || guest.askedAtMs > tooLateMs) return undefined;
      if (!isEndless(guest.answer)) return socket;
    }
    return undefined;
  }

  #giveUp(victim: Socket | undefined): void {
    if (victim === undefined) return;
    // Counted out at once: `close` comes later.
    this.#left(victim);
    victim.destroy();
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#begin(socket, response);
    const timer = setTimeout(() => {
      if (!isEndless(response)) socket.destroy();
    }, this.#limits.answerMs);
    timer.unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#end(socket);
    });
  }

  /** @param answer undefined: it becomes a WebSocket, which is at work for good */
  #begin(socket: Socket, answer?: ServerResponse): void {
    const guest = this.#guests.get(socket);
    const share = guest && this.#shares.get(guest.key);
    if (guest === undefined || share === undefined) return;
    clearTimeout(guest.silence);
    guest.atWork++;
    share.resting.delete(socket);
    if (answer === undefined) share.answering.delete(socket);
    else if (guest.atWork === 1) {
      // Not anew for each that is asked for before the last is read: whoever reads nothing could ask for ever.
      guest.answer = answer;
      guest.askedAtMs = performance.now();
      share.answering.add(socket);
    }
  }

  #end(socket: Socket): void {
    const guest = this.#guests.get(socket);
    const share = guest && this.#shares.get(guest.key);
    if (guest === undefined || share === undefined) return;
    guest.atWork--;
    if (guest.atWork > 0) return;
    share.answering.delete(socket);
    share.resting.add(socket);
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
    share.answering.delete(socket);
    share.open--;
    if (share.open === 0) this.#shares.delete(guest.key);
  }
}

function isEndless(answer: ServerResponse | undefined): boolean {
  return ENDLESS_TYPE.test(String(answer?.getHeader('content-type') ?? ''));
}

/** Who may open a WebSocket, and how much may come in over it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isLoopback, TokenBucket } from '../../network/index.ts';
import { RELAY_LIMITS } from '../limits.ts';

/** How often received bytes are counted. */
const COUNT_INTERVAL_MS = 250;

interface Guest {
  readonly address: string;
  readonly received: TokenBucket;
  countedBytes: number;
  /** Received beyond the rate: reading pauses until that much is allowed again. */
  owedBytes: number;
  flow: Flow | undefined;
}

/** Stops and resumes reading, which the sender feels as back-pressure. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** The part of a socket that is counted and cut. */
type CountedSocket = Duplex & { readonly bytesRead?: number };

export class Door {
  readonly #nowMs: () => number;
  readonly #guests = new Map<CountedSocket, Guest>();
  readonly #perAddress = new Map<string, number>();
  readonly #newConnections = new Map<string, TokenBucket>();
  #counting: NodeJS.Timeout | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  start(): void {
    this.#counting = setInterval(() => this.count(), COUNT_INTERVAL_MS);
    this.#counting.unref();
  }

  stop(): void {
    clearInterval(this.#counting);
    for (const socket of this.#guests.keys()) socket.destroy();
  }

  /** Lets a socket in, or says why not: an HTTP status with its reason. */
  admit(socket: CountedSocket, address: string): { readonly status: number; readonly reason: string } | undefined {
    const nowMs = this.#nowMs();
    if (this.#guests.size >= RELAY_LIMITS.connections) return { status: 503, reason: 'Relay Is Full' };
    const open = this.#perAddress.get(address) ?? 0;
    if (open >= RELAY_LIMITS.connectionsPerAddress || !this.#bucketOf(address, nowMs).take(1, nowMs)) {
      return { status: 429, reason: 'Too Many Connections' };
    }
    const { burst, perSecond } = RELAY_LIMITS.receivedBytes;
    this.#guests.set(socket, {
      address,
      received: new TokenBucket(burst, perSecond, nowMs),
      countedBytes: socket.bytesRead ?? 0,
      owedBytes: 0,
      flow: undefined,
    });
    this.#perAddress.set(address, open + 1);
    socket.once('close', () => this.#left(socket));
    return undefined;
  }

  /** From now on what comes over the socket can be held back. */
  attach(socket: CountedSocket, flow: Flow): void {
    const guest = this.#guests.get(socket);
    if (guest !== undefined) guest.flow = flow;
  }

  /** Holds back who sends faster than its share. */
  count(): void {
    const nowMs = this.#nowMs();
    for (const [socket, guest] of this.#guests) {
      const totalBytes = socket.bytesRead ?? 0;
      guest.owedBytes += totalBytes - guest.countedBytes;
      guest.countedBytes = totalBytes;
      if (guest.received.take(guest.owedBytes, nowMs)) {
        guest.owedBytes = 0;
        guest.flow?.resume();
      } else if (guest.owedBytes > RELAY_LIMITS.receivedBytes.burst) {
        socket.destroy();
      } else {
        guest.flow?.pause();
      }
    }
  }

  #bucketOf(address: string, nowMs: number): TokenBucket {
    const { burst, perSecond } = RELAY_LIMITS.newConnectionsPerAddress;
    const bucket = this.#newConnections.get(address) ?? new TokenBucket(burst, perSecond, nowMs);
    this.#newConnections.delete(address);
    this.#newConnections.set(address, bucket);
    const [oldest] = this.#newConnections.keys();
    if (this.#newConnections.size > RELAY_LIMITS.countedAddresses && oldest !== undefined) this.#newConnections.delete(oldest);
    return bucket;
  }

  #left(socket: CountedSocket): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    this.#guests.delete(socket);
    const open = (this.#perAddress.get(guest.address) ?? 1) - 1;
    if (open > 0) this.#perAddress.set(guest.address, open);
    else this.#perAddress.delete(guest.address);
  }
}

/**
 * The address that a request counts for. Behind a proxy on this machine (`behindProxy`) that is the last one that the proxy added to
 * `X-Forwarded-For`; without a proxy the header is the client's own invention.
 */
export function clientAddress(request: IncomingMessage, behindProxy: boolean): string {
  const direct = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!behindProxy || !isLoopback(direct)) return direct;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return forwarded === undefined || forwarded === '' ? direct : forwarded;
}

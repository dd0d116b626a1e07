/** Who may open a WebSocket, and how much may come in over it. */
import type { Duplex } from 'node:stream';
import { TokenBucket, TokenBuckets } from '../../records/index.ts';
import { addressKey } from '../guard/address.ts';
import { Tally } from '../guard/tally.ts';
import { RELAY_LIMITS } from '../limits.ts';

/** How often received bytes are counted. */
const COUNT_INTERVAL_MS = 250;

interface Guest {
  /** As it is counted. */
  readonly address: string;
  readonly received: TokenBucket;
  countedBytes: number;
  /** When something came last. */
  activeAtMs: number;
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
  readonly #connections: number;
  readonly #guests = new Map<CountedSocket, Guest>();
  readonly #perAddress = new Tally();
  readonly #newConnections = new TokenBuckets(RELAY_LIMITS.newConnectionsPerAddress, RELAY_LIMITS.countedAddresses);
  #counting: NodeJS.Timeout | undefined;

  /** @param connections open WebSockets in all */
  constructor(nowMs: () => number, connections: number) {
    this.#nowMs = nowMs;
    this.#connections = connections;
  }

  start(): void {
    this.#counting = setInterval(() => this.count(), COUNT_INTERVAL_MS);
    this.#counting.unref();
  }

  stop(): void {
    clearInterval(this.#counting);
    for (const socket of this.#guests.keys()) socket.destroy();
  }

  /** Lets a socket in, if need be in place of another, or says why not: the status of an HTTP answer. */
  admit(socket: CountedSocket, from: string): 429 | 503 | undefined {
    const nowMs = this.#nowMs();
    const address = addressKey(from);
    const open = this.#perAddress.of(address);
    if (open >= RELAY_LIMITS.connectionsPerAddress || !this.#newConnections.take(address, 1, nowMs)) return 429;
    if (this.#guests.size >= this.#connections && !this.#makeRoom(open)) return 503;
    const { burst, perSecond } = RELAY_LIMITS.receivedBytes;
    this.#guests.set(socket, {
      address,
      received: new TokenBucket(burst, perSecond, nowMs),
      countedBytes: socket.bytesRead ?? 0,
      activeAtMs: nowMs,
      owedBytes: 0,
      flow: undefined,
    });
    this.#perAddress.add(address);
    socket.once('close', () => this.#left(socket));
    return undefined;
  }

  /** Cuts the idlest socket of the address that has most of them, if that one stays ahead of the newcomer's, which has `open`. */
  #makeRoom(open: number): boolean {
    const greediest = this.#perAddress.most();
    if (greediest === undefined || greediest.amount <= open + 1) return false;
    const [idlest] = [...this.#guests]
      .filter(([, { address }]) => address === greediest.key)
      .reduce((a, b) => (b[1].activeAtMs < a[1].activeAtMs ? b : a));
    this.#left(idlest);
    idlest.destroy();
    return true;
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
      if (totalBytes > guest.countedBytes) guest.activeAtMs = nowMs;
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

  #left(socket: CountedSocket): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    this.#guests.delete(socket);
    this.#perAddress.takeAway(guest.address);
  }
}

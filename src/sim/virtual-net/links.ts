import type { SeededRandom } from '../random.ts';

/** What travels on a link: a message, or the news that a connection was opened or lost. */
export type Item =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'open'; readonly connection: number }
  | { readonly kind: 'close' };

/**
 * Streams between producers: in order, nothing lost while a connection stands; when it breaks, what is under way arrives in part. Each
 * side learns of a break and of a new connection only when it gets to it in its own queue.
 */
export class Links {
  readonly #size: number;
  readonly #random: SeededRandom;
  readonly #queues: Item[][];
  /** Number of the connection between two producers; 0: there is none. */
  readonly #connections: number[];
  /** The connection that a producer believes to have to another. */
  readonly #believed: number[];
  #next = 1;

  constructor(size: number, random: SeededRandom) {
    this.#size = size;
    this.#random = random;
    this.#queues = Array.from({ length: size * size }, () => []);
    this.#connections = new Array(size * size).fill(0);
    this.#believed = new Array(size * size).fill(0);
  }

  isConnected(a: number, b: number): boolean {
    return this.#connections[this.#at(a, b)] !== 0;
  }

  connect(a: number, b: number): void {
    if (this.isConnected(a, b)) return;
    const connection = this.#next++;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#connections[this.#at(from, to)] = connection;
      this.queue(from, to).push({ kind: 'open', connection });
    }
  }

  /** The connection breaks: of what is under way a part arrives. */
  cut(a: number, b: number): void {
    if (!this.isConnected(a, b)) return;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#connections[this.#at(from, to)] = 0;
      const queue = this.queue(from, to);
      // What ends an earlier connection, or begins this one, still arrives.
      const kept = queue.findLastIndex(({ kind }) => kind !== 'data') + 1;
      queue.length = kept + this.#random.int(queue.length - kept + 1);
      queue.push({ kind: 'close' });
    }
  }

  /** A producer has lost its memory: what was under way to it is gone, and it believes in no connection. */
  reset(producer: number): void {
    for (let other = 0; other < this.#size; other++) {
      if (other === producer) continue;
      this.cut(producer, other);
      this.queue(other, producer).length = 0;
      this.#believed[this.#at(producer, other)] = 0;
    }
  }

  send(from: number, to: number, data: Uint8Array): void {
    const connection = this.#believed[this.#at(from, to)];
    if (connection !== 0 && connection === this.#connections[this.#at(from, to)])
      this.queue(from, to).push({ kind: 'data', data });
  }

  queue(from: number, to: number): Item[] {
    return this.#queues[this.#at(from, to)] as Item[];
  }

  /** Takes an item out; the receiver's belief follows. */
  take(from: number, to: number, place: number): Item {
    const [item] = this.queue(from, to).splice(place, 1) as [Item];
    if (item.kind === 'open') this.#believed[this.#at(to, from)] = item.connection;
    if (item.kind === 'close') this.#believed[this.#at(to, from)] = 0;
    return item;
  }

  #at(from: number, to: number): number {
    return from * this.#size + to;
  }
}

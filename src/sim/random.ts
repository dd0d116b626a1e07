import type { Random } from '../node/ports.ts';

/**
 * Repeatable randomness for simulations and tests: sfc32 (Chris Doty-Humphrey's "Small Fast Counting" generator, from PractRand),
 * keyed by a 32-bit seed and a label. Not for secrets.
 *
 * A fork depends on the seed and the labels alone, not on how much was drawn before: a part of the simulation that starts to draw
 * more does not change what the others see, so a failing seed stays comparable while code changes.
 */
export class SeededRandom implements Random {
  readonly seed: number;
  readonly label: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed`: an integer, of which the lowest 32 bits count. */
  constructor(seed: number, label = '') {
    this.seed = seed >>> 0;
    this.label = label;
    this.#a = hashText(label, this.seed);
    this.#b = hashText(label, this.seed ^ 0x9e3779b9);
    this.#c = hashText(label, this.seed ^ 0x85ebca6b);
    // The author's advice: the first outputs still show the key.
    for (let round = 0; round < 15; round++) this.#next();
  }

  /** A stream of its own. The same label gives the same stream again: number the labels of siblings. */
  fork(label: string): SeededRandom {
    return new SeededRandom(this.seed, `${this.label}/${label}`);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 4) {
      const word = this.#next();
      for (let index = 0; index < 4 && offset + index < length; index++) bytes[offset + index] = word >>> (8 * index);
    }
    return bytes;
  }

  /** Every integer from 0 to `max` − 1 alike; `max` from 1 to 2³². */
  int(max: number): number {
    if (!Number.isInteger(max) || max < 1 || max > 2 ** 32) throw new RangeError(`int(${max}): needs an integer from 1 to 2^32.`);
    const even = 2 ** 32 - (2 ** 32 % max);
    let word = this.#next();
    while (word >= even) word = this.#next();
    return word % max;
  }

  /** From 0 (inclusive) to 1 (exclusive), with 53 random bits. */
  float(): number {
    return (this.#next() * 2 ** 21 + (this.#next() >>> 11)) / 2 ** 53;
  }

  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(array: readonly T[]): T {
    if (array.length === 0) throw new RangeError('pick([]): there is nothing to pick from.');
    return array[this.int(array.length)] as T;
  }

  /** A shuffled copy. */
  shuffle<T>(array: readonly T[]): T[] {
    const shuffled = [...array];
    for (let end = shuffled.length - 1; end > 0; end--) {
      const other = this.int(end + 1);
      const moved = shuffled[end] as T;
      shuffled[end] = shuffled[other] as T;
      shuffled[other] = moved;
    }
    return shuffled;
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** FNV-1a over UTF-16 units from a keyed start, finished with MurmurHash3's mixer. */
function hashText(text: string, key: number): number {
  let hash = 0x811c9dc5 ^ key;
  hash = Math.imul(hash, 0x01000193);
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

import type { RangeQuery, Row } from '../node/ports.ts';

/** A map ordered by key, the in-memory form of one table of a store. */
export class OrderedTable {
  readonly #rows = new Map<string, Uint8Array>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  /** Puts or, with undefined, deletes; gives what stood there before. */
  set(key: string, value: Uint8Array | undefined): Uint8Array | undefined {
    const former = this.#rows.get(key);
    if (value) {
      if (!former) this.#keys.splice(this.#position(key), 0, key);
      this.#rows.set(key, value);
    } else if (former) {
      this.#keys.splice(this.#position(key), 1);
      this.#rows.delete(key);
    }
    return former;
  }

  range({ from, to, reverse = false, limit = Number.POSITIVE_INFINITY }: RangeQuery): Row[] {
    const start = from === undefined ? 0 : this.#position(from);
    const end = to === undefined ? this.#keys.length : this.#position(to);
    if (end <= start || limit < 1) return [];
    const keys = reverse
      ? this.#keys.slice(Math.max(start, end - limit), end).reverse()
      : this.#keys.slice(start, Math.min(end, start + limit));
    return keys.map((key) => ({ key, value: this.#rows.get(key) as Uint8Array }));
  }

  /** Index of the first key that is not below `key`. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    // Chains grow at the end: look there first.
    if (high > 0 && (this.#keys[high - 1] as string) < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

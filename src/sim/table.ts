import type { RangeQuery, Row } from '../node/ports.ts';

/** A map ordered by key, the in-memory form of one table of a store. Keys are put in order when somebody asks for a range: most writes come between. */
export class OrderedTable {
  readonly #rows = new Map<string, Uint8Array>();
  /** Ascending; those of rows deleted since, too. */
  #keys: string[] = [];
  /** Not among the others yet. */
  #newKeys = new Set<string>();
  #deleted = 0;

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  /** Puts or, with undefined, deletes; gives what stood there before. */
  set(key: string, value: Uint8Array | undefined): Uint8Array | undefined {
    const former = this.#rows.get(key);
    if (value) {
      if (!former) this.#newKeys.add(key);
      this.#rows.set(key, value);
    } else if (former) {
      this.#rows.delete(key);
      if (!this.#newKeys.delete(key)) this.#deleted += 1;
    }
    return former;
  }

  range({ from, to, reverse = false, limit = Number.POSITIVE_INFINITY }: RangeQuery): Row[] {
    this.#order();
    const start = from === undefined ? 0 : this.#position(from);
    const end = to === undefined ? this.#keys.length : this.#position(to);
    if (end <= start || limit < 1) return [];
    const keys = reverse
      ? this.#keys.slice(Math.max(start, end - limit), end).reverse()
      : this.#keys.slice(start, Math.min(end, start + limit));
    return keys.map((key) => ({ key, value: this.#rows.get(key) as Uint8Array }));
  }

  #order(): void {
    const newKeys = this.#newKeys;
    if (this.#deleted > 0) this.#keys = this.#keys.filter((key) => this.#rows.has(key) && !newKeys.has(key));
    this.#deleted = 0;
    if (newKeys.size === 0) return;
    const last = this.#keys.at(-1);
    const isAfter = [...newKeys].every((key) => last === undefined || key > last);
    // Chains grow at the end.
    this.#keys = isAfter ? this.#keys.concat([...newKeys].sort()) : this.#keys.concat([...newKeys]).sort();
    this.#newKeys = new Set();
  }

  /** Index of the first key that is not below `key`. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How much of something each key has. A key without any is not kept, so that strangers who come and go leave nothing behind. */
export class Tally {
  readonly #amounts = new Map<string, number>();

  of(key: string): number {
    return this.#amounts.get(key) ?? 0;
  }

  keys(): Iterable<string> {
    return this.#amounts.keys();
  }

  /** The key that has most, the one that was there first of several; undefined where none has any. */
  most(): { readonly key: string; readonly amount: number } | undefined {
    let most: { key: string; amount: number } | undefined;
    for (const [key, amount] of this.#amounts) if (amount > (most?.amount ?? 0)) most = { key, amount };
    return most;
  }

  add(key: string, amount = 1): void {
    this.#set(key, this.of(key) + amount);
  }

  takeAway(key: string, amount = 1): void {
    this.#set(key, this.of(key) - amount);
  }

  #set(key: string, amount: number): void {
    if (amount > 0) this.#amounts.set(key, amount);
    else this.#amounts.delete(key);
  }
}

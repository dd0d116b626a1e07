/** Misbehaviour by who has shown it: kind → how often. */
export class FaultCounts {
  readonly #counts = new Map<string, Record<string, number>>();

  add(pubkey: string, kind: string): void {
    const counts = this.#counts.get(pubkey) ?? {};
    counts[kind] = (counts[kind] ?? 0) + 1;
    this.#counts.set(pubkey, counts);
  }

  of(pubkey: string): Readonly<Record<string, number>> {
    return this.#counts.get(pubkey) ?? {};
  }
}

import type { LogEntry } from '../../consensus/index.ts';
import type { Store, Write } from '../ports.ts';
import { startingWith } from '../rows.ts';

/** The write-ahead log of a state machine: its entries under one prefix of the table `log`. */
export class MachineLog {
  readonly #store: Store;
  readonly #keyOf: (entry: string) => string;

  constructor(store: Store, keyOf: (entry: string) => string) {
    this.#store = store;
    this.#keyOf = keyOf;
  }

  /** Ascending by key. */
  async read(): Promise<LogEntry[]> {
    const prefix = this.#keyOf('');
    const rows = await this.#store.range('log', startingWith(prefix));
    return rows.map(({ key, value }) => ({ key: key.slice(prefix.length), data: value }));
  }

  /** Durably writes `entries`, and `extra` with them; those whose key is below `forget` go in the same transaction. */
  async write(entries: readonly LogEntry[], forget: string | undefined, extra: readonly Write[] = []): Promise<void> {
    if (entries.length === 0 && forget === undefined && extra.length === 0) return;
    const kept = entries.filter(({ key }) => forget === undefined || key >= forget);
    const writes: Write[] = kept.map(({ key, data }) => ({ table: 'log', key: this.#keyOf(key), value: data }));
    await this.#store.write([...(await this.#below(forget)), ...writes, ...extra], 'strict');
  }

  async #below(forget: string | undefined): Promise<Write[]> {
    if (forget === undefined) return [];
    const rows = await this.#store.range('log', { from: this.#keyOf(''), to: this.#keyOf(forget) });
    return rows.map(({ key }) => ({ table: 'log', key, value: undefined }));
  }
}

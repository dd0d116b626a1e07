import { concatBytes } from '../records/index.ts';
import { TRX_BUDGET } from './budget.ts';
import { type WriteSet, writeSetDigest } from './leaf.ts';

/**
 * The ledger's state: named tables of (key → bytes). A trx writes through a {@link KvTransaction} with a budget; the write sets of
 * a block lie on an {@link KvOverlay} that is confirmed or rolled back as one (architecture.md, "KV").
 */

/** Tables, each written by one frontend only. */
export type KvTable = 'posts' | 'announced' | 'users' | 'rules' | 'appconfig' | 'consensus';

export interface KvReader {
  get(table: KvTable, key: string): Uint8Array | undefined;
}

/** One row that a block changed, with what stood there before, so that it can be taken back. */
export interface KvChange {
  readonly table: KvTable;
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly before: Uint8Array | undefined;
}

/** Thrown inside a frontend when a trx exceeds its budget; the dispatcher answers the trx Rejected. */
export class BudgetExceeded extends Error {}

const mapKey = (table: KvTable, key: string): string => `${table}\n${key}`;
const splitMapKey = (joined: string): [KvTable, string] => {
  const at = joined.indexOf('\n');
  return [joined.slice(0, at) as KvTable, joined.slice(at + 1)];
};

const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Tables that are read back, and so kept in memory. */
export const TABLES_IN_MEMORY = ['announced', 'users', 'rules', 'appconfig', 'consensus'] as const satisfies readonly KvTable[];

/** The confirmed state of a group in memory, without `posts`, which nothing ever reads back. */
export class KvState implements KvReader {
  readonly #tables = new Map<KvTable, Map<string, Uint8Array>>();

  get(table: KvTable, key: string): Uint8Array | undefined {
    return this.#tables.get(table)?.get(key);
  }

  /** Rows of a table whose key starts with `prefix`, ascending. */
  list(table: KvTable, prefix: string): { key: string; value: Uint8Array }[] {
    const rows = [...(this.#tables.get(table) ?? [])].filter(([key]) => key.startsWith(prefix));
    return rows.sort(([a], [b]) => ascending(a, b)).map(([key, value]) => ({ key, value }));
  }

  apply(table: KvTable, key: string, value: Uint8Array | undefined): void {
    if (!(TABLES_IN_MEMORY as readonly KvTable[]).includes(table)) return;
    let rows = this.#tables.get(table);
    if (!rows) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    if (value === undefined) rows.delete(key);
    else rows.set(key, value);
  }
}

/** Writes on top of a reader. Used twice: for a block over the state, and for a trx over the block. */
export class KvOverlay implements KvReader {
  readonly #base: KvReader;
  readonly #writes = new Map<string, Uint8Array | undefined>();

  constructor(base: KvReader) {
    this.#base = base;
  }

  get(table: KvTable, key: string): Uint8Array | undefined {
    const joined = mapKey(table, key);
    return this.#writes.has(joined) ? this.#writes.get(joined) : this.#base.get(table, key);
  }

  set(table: KvTable, key: string, value: Uint8Array | undefined): void {
    this.#writes.set(mapKey(table, key), value);
  }

  /** Takes in everything that `other`, an overlay over this one, holds. */
  absorb(other: KvOverlay): void {
    for (const [joined, value] of other.#writes) this.#writes.set(joined, value);
  }

  /** What was written, with what the base holds, ascending by table and key. */
  changes(): KvChange[] {
    return [...this.#writes]
      .sort(([a], [b]) => ascending(a, b))
      .map(([joined, value]) => {
        const [table, key] = splitMapKey(joined);
        return { table, key, value, before: this.#base.get(table, key) };
      });
  }
}

/** What a frontend works with while it runs one trx. */
export class KvTransaction implements KvReader {
  readonly #overlay: KvOverlay;
  #operationsLeft: number = TRX_BUDGET.operations;
  #bytesLeft: number = TRX_BUDGET.bytesWritten;

  constructor(base: KvReader) {
    this.#overlay = new KvOverlay(base);
  }

  get(table: KvTable, key: string): Uint8Array | undefined {
    this.#spend(0);
    return this.#overlay.get(table, key);
  }

  put(table: KvTable, key: string, value: Uint8Array): void {
    this.#spend(key.length + value.length);
    this.#overlay.set(table, key, value);
  }

  delete(table: KvTable, key: string): void {
    this.#spend(key.length);
    this.#overlay.set(table, key, undefined);
  }

  /** The transaction's writes, to be absorbed by the block's overlay. */
  get writes(): KvOverlay {
    return this.#overlay;
  }

  #spend(bytes: number): void {
    this.#operationsLeft -= 1;
    this.#bytesLeft -= bytes;
    if (this.#operationsLeft < 0 || this.#bytesLeft < 0) throw new BudgetExceeded('the trx exceeds its execution budget');
  }
}

const NO_BYTES = concatBytes();

/** Digest of what a trx wrote: rows in ascending order of table and key, as protobuf (architecture.md, "History"). */
export function digestOf(changes: readonly KvChange[]): Uint8Array {
  const writeSet: WriteSet = {
    Rows: changes.map(({ table, key, value }) => ({
      Table: table,
      Key: key,
      Value: value ?? NO_BYTES,
      Deleted: value === undefined,
    })),
  };
  return writeSetDigest(writeSet);
}

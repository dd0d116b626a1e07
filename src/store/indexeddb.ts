import { type IDBPDatabase, type IDBPObjectStore, unwrap } from 'idb';
import {
  type Durability,
  type RangeQuery,
  type Row,
  type Store,
  StoreError,
  type StoreUsage,
  type TableName,
  type Write,
} from '../node/ports.ts';
import { Connection, completion } from './connection.ts';
import { AFTER_STRINGS, type Head, join, piecesRange, type SplitValue, split } from './rows.ts';
import { type QueuedWrite, WriteQueue } from './write-queue.ts';

export interface IndexedDbStoreOptions {
  /** Name of the profile's database, such as `sett:default`. */
  readonly name: string;
  /** Take over as the only writer: stores opened with a fence earlier fail to write from now on, with `fenced`. */
  readonly fence: boolean;
}

/** Opens a profile's database, making it on first use. Rejects with {@link StoreError}. */
export async function openIndexedDbStore(options: IndexedDbStoreOptions): Promise<Store> {
  const connection = new Connection(options.name);
  try {
    return new IndexedDbStore(
      connection,
      await connection.use(async (database) => (options.fence ? takeOver(database) : undefined)),
    );
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * Where table `meta` keeps the writer generation, a number that each fenced opening increments. The key is no string, so that no
 * row of the {@link Store} can stand in its place.
 */
const GENERATION_KEY = AFTER_STRINGS;

interface Change {
  readonly table: TableName;
  readonly key: string;
  readonly value: SplitValue | undefined;
}

class IndexedDbStore implements Store {
  readonly #connection: Connection;
  readonly #generation: number | undefined;
  readonly #writes = new WriteQueue<Change>((group, durability) => this.#commit(group, durability));

  constructor(connection: Connection, generation: number | undefined) {
    this.#connection = connection;
    this.#generation = generation;
  }

  get(table: TableName, key: string): Promise<Uint8Array | undefined> {
    return this.#read(table, async (rows) => whole(rows, key, await rows.get(key)));
  }

  getMany(table: TableName, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#read(table, (rows) => Promise.all(keys.map(async (key) => whole(rows, key, await rows.get(key)))));
  }

  async range(table: TableName, query: RangeQuery): Promise<Row[]> {
    const { from = '', to, reverse = false, limit } = query;
    if (limit !== undefined && limit < 1) return [];
    if (to !== undefined && to <= from) return [];
    const bounds = IDBKeyRange.bound(from, to ?? AFTER_STRINGS, false, true);
    return this.#read(table, async (rows) => {
      const heads = reverse && limit !== undefined ? await lastHeads(rows, bounds, limit) : await firstHeads(rows, bounds, limit);
      const found = heads.map(async ([key, head]) => ({ key, value: (await whole(rows, key, head)) as Uint8Array }));
      const inOrder = await Promise.all(found);
      return reverse && limit === undefined ? inOrder.reverse() : inOrder;
    });
  }

  write(writes: readonly Write[], durability: Durability): Promise<void> {
    const changes = writes.map(({ table, key, value }) => ({ table, key, value: value && split(value) }));
    const sizeBytes = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    return this.#writes.push({ changes, sizeBytes, durability });
  }

  async usage(): Promise<StoreUsage> {
    // Absent on insecure origins.
    const manager = globalThis.navigator?.storage as StorageManager | undefined;
    const [estimate, persisted] = await Promise.all([
      manager?.estimate().catch(() => undefined),
      manager?.persisted().catch(() => undefined),
    ]);
    return { usedBytes: estimate?.usage, quotaBytes: estimate?.quota, persisted };
  }

  /** Waits for the writes that were asked for. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#connection.close();
  }

  #read<T>(table: TableName, work: (rows: ReadStore) => Promise<T>): Promise<T> {
    return this.#connection.use((database) => {
      const transaction = database.transaction(table, 'readonly');
      transaction.done.catch(() => {}); // The failed request says it.
      return work(transaction.store);
    });
  }

  #commit(group: readonly QueuedWrite<Change>[], durability: Durability): Promise<void> {
    const tables = lastChanges(group);
    // Done twice, it leaves the same rows: the connection may repeat it.
    return this.#connection.use(async (database) => {
      if (tables.size === 0) return;
      const names = new Set<string>(tables.keys());
      if (this.#generation !== undefined) names.add('meta');
      // Below idb: a promise for each of hundreds of puts would cost more than the put.
      const transaction = unwrap(database).transaction([...names], 'readwrite', { durability });
      const completed = completion(transaction);
      let stored = this.#generation;
      if (this.#generation !== undefined) {
        const request = transaction.objectStore('meta').get(GENERATION_KEY);
        request.onsuccess = () => {
          stored = request.result;
          if (stored !== this.#generation) transaction.abort();
        };
      }
      try {
        for (const [table, changes] of tables) putChanges(transaction.objectStore(table), changes);
        await completed;
      } catch (error) {
        if (stored !== this.#generation) {
          throw new StoreError(
            'fenced',
            'Another tab has taken over this profile; this one may not write any more. Reload it to go on.',
          );
        }
        completed.catch(() => {});
        throw error;
      }
    });
  }
}

type ReadStore = IDBPObjectStore<unknown, [TableName], TableName, 'readonly'>;

/** Makes the caller the newest writer; resolves with its generation. */
async function takeOver(database: IDBPDatabase): Promise<number> {
  const transaction = unwrap(database).transaction('meta', 'readwrite', { durability: 'strict' });
  const completed = completion(transaction);
  const meta = transaction.objectStore('meta');
  const request = meta.get(GENERATION_KEY);
  let generation = 0;
  request.onsuccess = () => {
    generation = (request.result ?? 0) + 1;
    meta.put(generation, GENERATION_KEY);
  };
  await completed;
  return generation;
}

async function whole(rows: ReadStore, key: string, head: Head | undefined): Promise<Uint8Array | undefined> {
  return typeof head === 'number' ? join(head, await rows.getAll(piecesRange(key))) : head;
}

async function firstHeads(rows: ReadStore, bounds: IDBKeyRange, limit: number | undefined): Promise<[string, Head][]> {
  const [keys, heads] = await Promise.all([rows.getAllKeys(bounds, limit), rows.getAll(bounds, limit)]);
  return keys.map((key, index) => [key as string, heads[index]]);
}

async function lastHeads(rows: ReadStore, bounds: IDBKeyRange, limit: number): Promise<[string, Head][]> {
  const heads: [string, Head][] = [];
  let cursor = await rows.openCursor(bounds, 'prev');
  while (cursor) {
    heads.push([cursor.key as string, cursor.value]);
    cursor = heads.length < limit ? await cursor.continue() : null;
  }
  return heads;
}

/** What a group of writes comes to: the last change of each row. */
function lastChanges(group: readonly QueuedWrite<Change>[]): Map<TableName, Map<string, SplitValue | undefined>> {
  const tables = new Map<TableName, Map<string, SplitValue | undefined>>();
  for (const write of group) {
    for (const { table, key, value } of write.changes) {
      let changes = tables.get(table);
      if (!changes) {
        changes = new Map();
        tables.set(table, changes);
      }
      changes.set(key, value);
    }
  }
  return tables;
}

/** Issues the requests that bring the rows to their new state, without a trace of the pieces of former values. */
function putChanges(rows: IDBObjectStore, changes: ReadonlyMap<string, SplitValue | undefined>): void {
  removePieces(rows, changes);
  for (const [key, value] of changes) {
    if (!value) {
      rows.delete(key);
      continue;
    }
    rows.put(value.head, key);
    if (value.pieces.length === 0) continue;
    rows.delete(piecesRange(key));
    value.pieces.forEach((piece, index) => {
      rows.put(piece, [key, index]);
    });
  }
}

/**
 * Removes pieces of the former values of keys that get none now. Most ranges of keys hold no split value, and one look finds that
 * out; only otherwise does each key cost a second request.
 */
function removePieces(rows: IDBObjectStore, changes: ReadonlyMap<string, SplitValue | undefined>): void {
  let first: string | undefined;
  let last: string | undefined;
  const unsplit: string[] = [];
  for (const [key, value] of changes) {
    if (value && value.pieces.length > 0) continue;
    unsplit.push(key);
    if (first === undefined || key < first) first = key;
    if (last === undefined || key > last) last = key;
  }
  if (first === undefined || last === undefined) return;
  const look = rows.getKey(piecesRange(first, last));
  look.onsuccess = () => {
    if (look.result !== undefined) for (const key of unsplit) rows.delete(piecesRange(key));
  };
}

/** The store of a headless node: LevelDB, an embedded database in a directory of its own. */
import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { type BatchOperation, ClassicLevel } from 'classic-level';
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
import { type QueuedWrite, WriteQueue } from './write-queue.ts';

export interface LevelStoreOptions {
  /** Made if it is not there. */
  readonly directory: string;
  /** Take over as the only writer: stores of this process that were opened with a fence earlier fail to write from now on, with `fenced`. */
  readonly fence: boolean;
}

type Database = ClassicLevel<string, Uint8Array>;
type Operation = BatchOperation<Database, string, Uint8Array>;

/**
 * The form of the database. A row of a table stands under `table!key`; LevelDB orders keys by their bytes, as IndexedDB orders those ASCII strings.
 * Keys that begin with `!` are the store's own. A change of the form is a new number and a step from the one before.
 */
const SCHEMA_VERSION = 1;
const SCHEMA_KEY = '!schema';
/** The writer generation, a number that each fenced opening increments. */
const GENERATION_KEY = '!generation';
const SEPARATOR = '!';
/** The character after the separator: past all rows of a table. */
const AFTER_SEPARATOR = '"';

/**
 * Opens the store in a directory, making it on first use. Several stores of one process may be open on the same directory; another process is
 * refused. Rejects with {@link StoreError}.
 */
export async function openLevelStore(options: LevelStoreOptions): Promise<Store> {
  const handle = Handle.of(options.directory);
  try {
    const generation = options.fence ? await handle.use(takeOver) : undefined;
    return new LevelStore(handle, generation);
  } catch (error) {
    await handle.release();
    throw error;
  }
}

/** The one open database of a directory in this process, shared by its stores. */
class Handle {
  static readonly #open = new Map<string, Handle>();
  readonly directory: string;
  #users = 0;
  #database: Promise<Database> | undefined;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static of(directory: string): Handle {
    const resolved = path.resolve(directory);
    const handle = Handle.#open.get(resolved) ?? new Handle(resolved);
    Handle.#open.set(resolved, handle);
    handle.#users++;
    return handle;
  }

  /** Rejects with {@link StoreError}. */
  async use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    this.#database ??= openDatabase(this.directory);
    const opening = this.#database;
    try {
      return await work(await opening);
    } catch (error) {
      // An opening that failed is not kept: the next use tries afresh.
      if (
        await opening.then(
          () => false,
          () => true,
        )
      )
        this.#forget(opening);
      throw toStoreError(error, this.directory);
    }
  }

  /**
   * After a write that failed the end of LevelDB's log may be damaged, and what is written behind it would be lost with the next opening. Opening
   * anew cuts the damaged end off.
   */
  async reopen(): Promise<void> {
    const opening = this.#database;
    this.#database = undefined;
    await (await opening?.catch(() => undefined))?.close().catch(() => undefined);
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    Handle.#open.delete(this.directory);
    await this.reopen();
  }

  #forget(opening: Promise<Database>): void {
    if (this.#database === opening) this.#database = undefined;
  }
}

async function openDatabase(directory: string): Promise<Database> {
  const database: Database = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
  await database.open();
  const version = readNumber(await database.get(SCHEMA_KEY));
  if (version > SCHEMA_VERSION) {
    await database.close();
    throw new StoreError('failed', `A newer version of Sett wrote ${directory}: update this one, then start again.`);
  }
  if (version < SCHEMA_VERSION) await database.put(SCHEMA_KEY, numberValue(SCHEMA_VERSION), { sync: true });
  return database;
}

/** Makes the caller the newest writer; resolves with its generation. */
async function takeOver(database: Database): Promise<number> {
  const generation = readNumber(await database.get(GENERATION_KEY)) + 1;
  await database.put(GENERATION_KEY, numberValue(generation), { sync: true });
  return generation;
}

class LevelStore implements Store {
  readonly #handle: Handle;
  readonly #generation: number | undefined;
  readonly #writes = new WriteQueue<Write>((group, durability) => this.#commit(group, durability));
  #closing: Promise<void> | undefined;

  constructor(handle: Handle, generation: number | undefined) {
    this.#handle = handle;
    this.#generation = generation;
  }

  get(table: TableName, key: string): Promise<Uint8Array | undefined> {
    return this.#use(async (database) => plain(await database.get(keyOf(table, key))));
  }

  getMany(table: TableName, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#use(async (database) => (await database.getMany(keys.map((key) => keyOf(table, key)))).map(plain));
  }

  range(table: TableName, query: RangeQuery): Promise<Row[]> {
    const { from = '', to, reverse = false, limit = -1 } = query;
    if (limit === 0 || (to !== undefined && to <= from)) return Promise.resolve([]);
    return this.#use(async (database) => {
      const end = to === undefined ? table + AFTER_SEPARATOR : keyOf(table, to);
      const rows = await database.iterator({ gte: keyOf(table, from), lt: end, reverse, limit }).all();
      return rows.map(([key, value]) => ({ key: key.slice(table.length + SEPARATOR.length), value: plain(value) }));
    });
  }

  write(writes: readonly Write[], durability: Durability): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    // A copy: the caller may use its arrays again.
    const changes = writes.map(({ table, key, value }) => ({ table, key, value: value && Uint8Array.from(value) }));
    const sizeBytes = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    return this.#writes.push({ changes, sizeBytes, durability });
  }

  async usage(): Promise<StoreUsage> {
    const { directory } = this.#handle;
    const [usedBytes, free] = await Promise.all([sizeOf(directory), statfs(directory).catch(() => undefined)]);
    return { usedBytes, quotaBytes: free && usedBytes + free.bavail * free.bsize, persisted: undefined };
  }

  /** Waits for the writes that were asked for. */
  close(): Promise<void> {
    this.#closing ??= this.#writes.idle().then(() => this.#handle.release());
    return this.#closing;
  }

  #use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#closing ? Promise.reject(closedError()) : this.#handle.use(work);
  }

  #commit(group: readonly QueuedWrite<Write>[], durability: Durability): Promise<void> {
    // LevelDB takes the last of several changes of one key, as a store must.
    const operations = group.flatMap(({ changes }) => changes.map(operationOf));
    return this.#handle.use(async (database) => {
      if (this.#generation !== undefined && readNumber(await database.get(GENERATION_KEY)) !== this.#generation) {
        throw new StoreError(
          'fenced',
          'Another node of this process has taken over this data directory; this one may not write any more.',
        );
      }
      if (operations.length === 0) return;
      try {
        await database.batch(operations, { sync: durability === 'strict' });
      } catch (error) {
        await this.#handle.reopen();
        throw error;
      }
    });
  }
}

function operationOf({ table, key, value }: Write): Operation {
  const place = keyOf(table, key);
  return value === undefined ? { type: 'del', key: place } : { type: 'put', key: place, value };
}

function keyOf(table: TableName, key: string): string {
  return table + SEPARATOR + key;
}

/** A `Buffer` as the array that it is: `slice` of a `Buffer` is no copy, and the core counts on copies. */
function plain<T extends Uint8Array | undefined>(value: T): T {
  return (value && new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) as T;
}

function numberValue(value: number): Uint8Array {
  return new TextEncoder().encode(String(value));
}

function readNumber(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Number(new TextDecoder().decode(value));
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  // Compaction removes files while we look.
  const sizes = names.map((name) =>
    stat(path.join(directory, name))
      .then(({ size }) => size)
      .catch(() => 0),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function closedError(): StoreError {
  return new StoreError('closed', 'This store has been closed; open it again to go on.');
}

function toStoreError(error: unknown, directory: string): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message, cause } = error as { code?: string; message?: string; cause?: { code?: string; message?: string } };
  const reason = cause?.message ?? message ?? String(error);
  if (code === 'LEVEL_LOCKED' || cause?.code === 'LEVEL_LOCKED') {
    return new StoreError(
      'failed',
      `Another process uses ${directory}. Stop that one first, or choose another directory with --data.`,
      {
        cause: error,
      },
    );
  }
  if (/no space left|disk quota exceeded/i.test(reason)) {
    return new StoreError('full', `The disk of ${directory} is full: free some space on it, then try again.`, { cause: error });
  }
  return new StoreError('failed', `The database in ${directory} failed (${reason}).`, { cause: error });
}

/** What `store.spec.ts` drives in a page: the store's modules themselves, and the work that must run beside them. */
import { deleteDB, openDB } from 'idb';
import { type Store, StoreError, type TableName, type Write } from '../../../src/node/ports.ts';
import { Connection } from '../../../src/store/connection.ts';
import { storeContract } from '../../../src/store/contract.ts';
import { loadOrMakePeerKey, openBrowserVault, openIndexedDbStore } from '../../../src/store/index.ts';
import { MIGRATIONS } from '../../../src/store/migrations.ts';

const stores = new Map<string, Store>();

function store(handle: string): Store {
  const found = stores.get(handle);
  if (!found) throw new Error(`No store was opened as ${handle}.`);
  return found;
}

/** How an action ended: `done`, or the code of the StoreError, or what else was thrown. */
async function outcome(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'done';
  } catch (error) {
    return error instanceof StoreError ? error.code : `not a StoreError: ${String(error)}`;
  }
}

function bytes(sizeBytes: number, fill: number): Uint8Array {
  // Random, or the browser compresses it away and no quota is ever reached.
  const value = new Uint8Array(sizeBytes);
  for (let offset = 0; offset < sizeBytes; offset += 65_536) crypto.getRandomValues(value.subarray(offset, offset + 65_536));
  if (sizeBytes > 0) value[0] = fill;
  return value;
}

const storeTest = {
  contractNames: storeContract.map(({ name }) => name),

  async runContract(name: string): Promise<void> {
    const opened: Store[] = [];
    await storeContract
      .find((each) => each.name === name)
      ?.run(async () => {
        const next = await openIndexedDbStore({ name: `contract: ${name}`, fence: true });
        opened.push(next);
        return next;
      });
    for (const each of opened) await each.close();
  },

  /** Keeps the store under `handle` for the calls that follow. */
  open(handle: string, name: string, fence = true): Promise<string> {
    return outcome(async () => stores.set(handle, await openIndexedDbStore({ name, fence })));
  },

  close(handle: string): Promise<void> {
    return store(handle).close();
  },

  write(handle: string, key: string, sizeBytes: number, fill = 1, table: TableName = 'kv'): Promise<string> {
    const value = sizeBytes < 0 ? undefined : bytes(sizeBytes, fill);
    return outcome(() => store(handle).write([{ table, key, value }], 'strict'));
  },

  /** Writes without waiting in between; resolves with how each ended. */
  writeAtOnce(handle: string, changes: readonly { key: string; sizeBytes: number }[]): Promise<string[]> {
    const writes = changes.map(({ key, sizeBytes }) => storeTest.write(handle, key, sizeBytes));
    return Promise.all(writes);
  },

  /** Size and first byte. */
  async read(handle: string, key: string): Promise<{ sizeBytes: number; fill: number | undefined } | undefined> {
    const value = await store(handle).get('kv', key);
    return value && { sizeBytes: value.length, fill: value[0] };
  },

  reading(handle: string, key: string): Promise<string> {
    return outcome(() => store(handle).get('kv', key));
  },

  /** Every record of an object store, as the browser has it. */
  async records(name: string, objectStore: string): Promise<{ key: string; type: string; sizeBytes: number | undefined }[]> {
    const database = await openDB(name);
    const [keys, values] = await Promise.all([database.getAllKeys(objectStore), database.getAll(objectStore)]);
    database.close();
    return keys.map((key, index) => ({
      key: JSON.stringify(key),
      type: values[index]?.constructor.name,
      sizeBytes: values[index] instanceof Uint8Array ? values[index].buffer.byteLength : undefined,
    }));
  },

  /** Starts writing for ever, `rowsPerWrite` rows over two tables that carry the number of the write; tells `console` how far it is. */
  async writeForEver(handle: string, rowsPerWrite: number): Promise<void> {
    let resolvedCount = 0;
    for (let number = 0; ; number++) {
      const durability = number % 5 === 0 ? 'strict' : 'relaxed';
      const writes: Write[] = Array.from({ length: rowsPerWrite }, (_, row) => ({
        table: row % 2 ? 'log' : 'kv',
        key: `row ${row}`,
        // Every third value is split.
        value: new Uint8Array(new Uint32Array(row % 3 ? 25 : 15_000).fill(number).buffer),
      }));
      const written = store(handle)
        .write(writes, durability)
        .then(() => console.log(`${durability} ${++resolvedCount}`));
      // Some of them are under way together.
      if (number % 4 === 3) await written;
    }
  },

  /** Checks that all rows of {@link writeForEver} are of one write; gives its number, or undefined if there is none. */
  async lastWhole(handle: string, rowsPerWrite: number): Promise<number | undefined> {
    const rows = [...(await store(handle).range('kv', {})), ...(await store(handle).range('log', {}))];
    if (rows.length === 0) return undefined;
    const numbers = new Set(rows.flatMap(({ value }) => [...new Uint32Array(value.buffer)]));
    if (rows.length !== rowsPerWrite || numbers.size !== 1) {
      throw new Error(`Torn: ${rows.length} of ${rowsPerWrite} rows, of the writes ${[...numbers]}.`);
    }
    return [...numbers][0];
  },

  /** What a page sees of the vault's key, and whether sealing works. */
  async vault(name: string): Promise<Record<string, unknown>> {
    const [vault, again] = await Promise.all([openBrowserVault(name), openBrowserVault(name)]);
    const plain = crypto.getRandomValues(new Uint8Array(1000));
    const sealed = await vault.seal(plain);
    const opened = await again.open(sealed);
    const database = await openDB(name);
    const keys: CryptoKey[] = await database.getAll('vault');
    database.close();
    const rejected = async (value: Uint8Array) => {
      try {
        await vault.open(value);
        return false;
      } catch (error) {
        return error instanceof Error;
      }
    };
    const changed = await Promise.all(
      [0, 1, 12, 13, 500, sealed.length - 1].map((place) => {
        const copy = sealed.slice();
        copy[place] = (copy[place] ?? 0) ^ 1;
        return rejected(copy);
      }),
    );
    return {
      format: sealed[0],
      extraBytes: sealed.length - plain.length,
      opened: plain.every((byte, index) => byte === opened[index]) && opened.length === plain.length,
      nonceRepeats: (await vault.seal(plain)).slice(1, 13).every((byte, index) => byte === sealed[index + 1]),
      keyCount: keys.length,
      extractable: keys[0]?.extractable,
      exportRejected:
        keys[0] &&
        (await crypto.subtle.exportKey('raw', keys[0]).then(
          () => false,
          () => true,
        )),
      changesRejected: changed.every(Boolean),
      rubbishRejected: (await rejected(new Uint8Array(0))) && (await rejected(new Uint8Array(40))),
      otherVaultRejects: await (await openBrowserVault(`${name}, another`)).open(sealed).then(
        () => false,
        () => true,
      ),
    };
  },

  async seal(name: string, text: string): Promise<number[]> {
    return [...(await (await openBrowserVault(name)).seal(new TextEncoder().encode(text)))];
  },

  async unseal(name: string, sealed: number[]): Promise<string> {
    return new TextDecoder().decode(await (await openBrowserVault(name)).open(Uint8Array.from(sealed)));
  },

  /** `count` look-ups at the same moment; how often a key was made. */
  async peerKeys(name: string, count: number): Promise<{ keys: string[]; made: number }> {
    let made = 0;
    const make = async () => {
      made++;
      return crypto.getRandomValues(new Uint8Array(68));
    };
    const keys = await Promise.all(Array.from({ length: count }, () => loadOrMakePeerKey(name, make)));
    return { keys: keys.map((key) => key.join()), made };
  },

  /** Closes the handle under the store, as a browser does whose database server dies; with `announce`, the way most say so. */
  loseConnections(announce: boolean): void {
    for (const database of handles.splice(0)) {
      database.close();
      if (announce) database.dispatchEvent(new Event('close'));
    }
  },

  /** Makes the next write transaction abort without a reason, as when its server dies meanwhile. */
  abortNextWrite(): void {
    abortNext = true;
  },

  async upgrade(name: string): Promise<string> {
    const next = new Connection(name, [
      ...MIGRATIONS,
      { version: MIGRATIONS.length + 1, migrate: (database) => void database.createObjectStore('later') },
    ]);
    const result = await outcome(() => next.use((database) => database.put('later', 1, 'key')));
    await next.close();
    return result;
  },

  async failingUpgrade(name: string): Promise<string> {
    const next = new Connection(name, [
      ...MIGRATIONS,
      {
        version: MIGRATIONS.length + 1,
        async migrate(_database, transaction) {
          await transaction.objectStore('kv').clear();
          throw new Error('a step that fails');
        },
      },
    ]);
    const result = await outcome(() => next.use(async () => {}));
    await next.close();
    return result;
  },

  delete(name: string): Promise<void> {
    return deleteDB(name);
  },
};

// The browser's own objects, watched from below: the store cannot know.
const handles: IDBDatabase[] = [];
let abortNext = false;
const transaction = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
  if (!handles.includes(this)) handles.push(this);
  const made = transaction.apply(this, args);
  if (abortNext && args[1] === 'readwrite') {
    abortNext = false;
    queueMicrotask(() => made.abort());
  }
  return made;
};

export type StoreTest = typeof storeTest;
Object.assign(globalThis, { storeTest });

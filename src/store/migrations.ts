import type { IDBPDatabase, IDBPTransaction } from 'idb';

/**
 * The schema of a profile's database, as steps from each version to the next. A released step is never edited: a change of the
 * schema is a new step at the end. Steps run in the upgrade transaction, so a database is never left between two versions, and
 * they may await nothing but requests of that transaction.
 */
export interface Migration {
  /** Schema version that the database has afterwards: 1, 2, 3 … */
  readonly version: number;
  migrate(database: IDBPDatabase, transaction: IDBPTransaction<unknown, string[], 'versionchange'>): void | Promise<void>;
}

/** Object store of the key of `vault.ts`: a CryptoKey cannot be a row of a {@link Store} table, whose values are bytes. */
export const VAULT_OBJECT_STORE = 'vault';
/** Object store of the peer key, which the page reads and the worker never does. */
export const PEER_OBJECT_STORE = 'peer';

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    migrate(database) {
      // Spelled out, since TABLES of the day this runs may hold tables that a later step makes.
      for (const name of [
        ...['meta', 'keys', 'groups', 'heads', 'blocks', 'trxs', 'trxids', 'contents'],
        ...['kv', 'kvchanges', 'history', 'outbox', 'log', VAULT_OBJECT_STORE, PEER_OBJECT_STORE],
      ]) {
        database.createObjectStore(name);
      }
    },
  },
];

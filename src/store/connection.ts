import { type IDBPDatabase, openDB, unwrap } from 'idb';
import { StoreError } from '../node/ports.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/**
 * A connection to a profile's database that survives what browsers do to connections: iOS loses its database server, a browser
 * under pressure closes handles. The handle is then dropped and opened again, and the work is done once more; nothing is ever
 * deleted because opening failed.
 */
export class Connection {
  readonly name: string;
  readonly #migrations: readonly Migration[];
  #database: Promise<IDBPDatabase> | undefined;
  #closed: StoreError | undefined;
  /** Whether this connection has seen the database: if it is empty afterwards, somebody deleted it. */
  #seen = false;

  constructor(name: string, migrations: readonly Migration[] = MIGRATIONS) {
    this.name = name;
    this.#migrations = migrations;
  }

  /**
   * Runs `work` on the open database; once more on a new handle if the first one turned out to be lost. `work` must therefore come
   * to the same result when it has already happened. Rejects with {@link StoreError} only.
   */
  async use<T>(work: (database: IDBPDatabase) => Promise<T>): Promise<T> {
    let retry = true;
    for (;;) {
      const opened = this.#open();
      try {
        const database = await opened;
        if (this.#closed) throw this.#closed;
        return await work(database);
      } catch (error) {
        if (this.#closed) throw this.#closed;
        if (!retry || !isLostConnection(error)) throw toStoreError(error);
        retry = false;
        await this.#drop(opened);
      }
    }
  }

  /** Lets go of the database once running transactions are through. Everything later rejects with `closed`. */
  async close(reason = new StoreError('closed', 'This store has been closed; open it again to go on.')): Promise<void> {
    this.#closed ??= reason;
    if (this.#database) await this.#drop(this.#database);
  }

  #open(): Promise<IDBPDatabase> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#database) return this.#database;
    const opening = this.#openDatabase();
    this.#database = opening;
    // A failed opening is not kept: the next use tries afresh.
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  async #openDatabase(): Promise<IDBPDatabase> {
    const version = this.#migrations.at(-1)?.version;
    let refusal: unknown;
    const opening: Promise<IDBPDatabase> = openDB(this.name, version, {
      upgrade: async (database, oldVersion, _newVersion, transaction) => {
        transaction.done.catch(() => {}); // The opening itself rejects as well.
        try {
          if (this.#seen && oldVersion === 0) throw deletedError();
          for (const step of this.#migrations) if (step.version > oldVersion) await step.migrate(database, transaction);
        } catch (error) {
          refusal = error;
          if (error instanceof StoreError) this.#closed ??= error;
          transaction.abort();
        }
      },
      blocking: () => {
        void this.close(
          new StoreError(
            'closed',
            'Another tab needs this profile’s database to itself, to update or delete it. Reload this tab to go on.',
          ),
        );
      },
      terminated: () => this.#forget(opening),
    });
    try {
      const database = await opening;
      this.#seen = true;
      return database;
    } catch (error) {
      throw refusal ?? error;
    }
  }

  #forget(opening: Promise<IDBPDatabase>): void {
    if (this.#database === opening) this.#database = undefined;
  }

  async #drop(opening: Promise<IDBPDatabase>): Promise<void> {
    this.#forget(opening);
    try {
      (await opening).close();
    } catch {
      // It never opened: there is nothing to close.
    }
  }
}

/** Resolves when the transaction is on record (`complete`), rejects with what made it abort. */
export function completion(transaction: IDBTransaction): Promise<void> {
  // Not idb's `done`: that one settles at the first request's error, when `transaction.error` is not set yet, and so hides the cause.
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
  });
}

/** Opens, uses and closes: these few reads keep no connection that could stand in the way of an update. */
export async function withConnection<T>(databaseName: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = new Connection(databaseName);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Puts a value that two tabs may be making at the same moment: resolves with the one that came first, which is on the disk. */
export function putIfAbsent<T>(connection: Connection, objectStore: string, name: string, value: T): Promise<T> {
  return connection.use(async (database) => {
    const transaction = unwrap(database).transaction(objectStore, 'readwrite', { durability: 'strict' });
    const completed = completion(transaction);
    const rows = transaction.objectStore(objectStore);
    let first = value;
    const request = rows.get(name);
    request.onsuccess = () => {
      if (request.result === undefined) rows.put(value, name);
      else first = request.result;
    };
    await completed;
    return first;
  });
}

/** The errors with which browsers report that a handle is gone: it is closing, or its server died under it. */
function isLostConnection(error: unknown): boolean {
  return error instanceof DOMException && ['InvalidStateError', 'AbortError', 'UnknownError'].includes(error.name);
}

function deletedError(): StoreError {
  return new StoreError('closed', 'This profile’s data was deleted in the browser’s settings. Reload this tab to start anew.');
}

export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'QuotaExceededError') {
    return new StoreError('full', 'The storage of this browser is full: free some space on this device, then try again.', {
      cause: error,
    });
  }
  if (name === 'VersionError') {
    return new StoreError('failed', 'A newer version of Sett wrote this profile: reload this tab to get that version.', {
      cause: error,
    });
  }
  return new StoreError('failed', `The browser’s storage failed (${name}: ${message}). Reload this tab to try again.`, {
    cause: error,
  });
}

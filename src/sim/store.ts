import {
  type Clock,
  type Durability,
  type RangeQuery,
  type Row,
  type Store,
  StoreError,
  TABLES,
  type TableName,
  type Write,
} from '../node/ports.ts';
import { SeededRandom } from './random.ts';
import { OrderedTable } from './table.ts';

export interface SimulatedStoreOptions {
  readonly random: SeededRandom;
  /** Without it, everything is done in the next microtask. */
  readonly latency?: {
    readonly clock: Clock;
    /** Shortest and longest time that a write takes, in whole milliseconds; writes are done one after the other. */
    readonly writeMs: readonly [number, number];
    readonly readMs: readonly [number, number];
  };
  /** Bytes of keys and values that fit; unlimited by default. */
  readonly quotaBytes?: number;
}

/** Relaxed writes that may still be lost at a crash: what came before them, the operating system has written back by then. */
const UNFLUSHED_WRITES = 128;

interface QueuedWrite {
  readonly process: Process;
  readonly writes: readonly Write[];
  readonly durability: Durability;
  resolve(): void;
  reject(error: StoreError): void;
}

/** One opening of the store, by one run of a node. */
interface Process {
  /** Undefined if it opened without a fence. */
  readonly generation: number | undefined;
  closed: boolean;
}

/**
 * A disk that outlives the simulated nodes that open it, with the faults of a real one. Everything that it does follows from the seed.
 *
 * At a {@link crash}, strict writes that had resolved survive. Of the relaxed ones after the last strict one, the newest may be
 * lost, never one without those after it. A write that had not resolved may have happened, if all before it did. Each write is there
 * whole or not at all. Promises of the crashed process stay open for ever: nothing of it runs any more.
 */
export class SimulatedStore {
  /** Bytes of keys and values that fit. May be set at any time; a write that makes the store smaller always fits. */
  quotaBytes: number;
  /** Told of every write: when it is asked for and when it is done, before the caller hears of it. A test may crash the machine here. */
  failPoint: ((point: 'write-asked' | 'write-done') => void) | undefined;
  /** Told of every write that is done. */
  watch: ((writes: readonly Write[]) => void) | undefined;
  readonly #latency: SimulatedStoreOptions['latency'];
  readonly #latencyRandom: SeededRandom;
  readonly #crashRandom: SeededRandom;
  readonly #tables = new Map<TableName, OrderedTable>(TABLES.map((table) => [table, new OrderedTable()]));
  #usedBytes = 0;
  #generation = 0;
  /** Counts crashes: what belongs to an earlier life must not go on. */
  #life = 0;
  #queue: QueuedWrite[] = [];
  #working = false;
  /** How to undo each write that is not surely on the disk, oldest first. */
  #unflushed: Write[][] = [];
  #nextFailure: StoreError | undefined;

  constructor(options: SimulatedStoreOptions) {
    this.quotaBytes = options.quotaBytes ?? Number.POSITIVE_INFINITY;
    this.#latency = options.latency;
    this.#latencyRandom = options.random.fork('latency');
    this.#crashRandom = options.random.fork('crash');
  }

  /** Bytes of keys and values. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Opens the disk, as the only writer unless told otherwise. */
  open({ fence = true }: { fence?: boolean } = {}): Store {
    if (fence) this.#generation++;
    const process: Process = { generation: fence ? this.#generation : undefined, closed: false };
    const life = this.#life;
    const read = <T>(table: TableName, work: (rows: OrderedTable) => T) => this.#read(process, life, table, work);
    const write = (writes: readonly Write[], durability: Durability) => this.#write(process, life, writes, durability);
    return {
      get: (table, key) => read(table, (rows) => rows.get(key)?.slice()),
      getMany: (table, keys) => read(table, (rows) => keys.map((key) => rows.get(key)?.slice())),
      range: (table, query) =>
        read(table, (rows) => rows.range(query).map(({ key, value }): Row => ({ key, value: value.slice() }))),
      write,
      usage: async () => ({
        usedBytes: this.#usedBytes,
        quotaBytes: Number.isFinite(this.quotaBytes) ? this.quotaBytes : undefined,
        persisted: undefined,
      }),
      close: async () => {
        if (process.closed) return;
        // Comes after every write asked for, and changes nothing.
        const settled = write([], 'relaxed').catch(() => {});
        process.closed = true;
        await settled;
      },
    };
  }

  /** What stands on the disk now, without waiting for it. */
  peekOne(table: TableName, key: string): Uint8Array | undefined {
    return this.#table(table).get(key);
  }

  peek(table: TableName, query: RangeQuery): Row[] {
    return this.#table(table).range(query);
  }

  rows(table: TableName): number {
    return this.#table(table).size;
  }

  /** The power goes. Open again to see what is left. */
  crash(): void {
    this.#life++;
    const survivors = this.#crashRandom.int(this.#unflushed.length + 1);
    const lost = this.#unflushed.splice(survivors);
    for (const undo of lost.reverse()) for (const write of undo) this.#set(write);
    const happened = lost.length === 0 ? this.#crashRandom.int(this.#queue.length + 1) : 0;
    for (const write of this.#queue.slice(0, happened)) if (!this.#refusal(write)) this.#apply(write);
    this.#queue = [];
    this.#working = false;
    this.#unflushed = [];
  }

  /** Makes the next write that is performed reject, without effect. */
  failNextWrite(error = new StoreError('failed', 'The simulated disk failed to write.')): void {
    this.#nextFailure = error;
  }

  #read<T>(process: Process, life: number, table: TableName, work: (rows: OrderedTable) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const perform = () => {
        if (process.closed) reject(closedError());
        else resolve(work(this.#table(table)));
      };
      this.#later('readMs', life, perform);
    });
  }

  #write(process: Process, life: number, writes: readonly Write[], durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => {
      if (life !== this.#life) return;
      if (process.closed) {
        reject(closedError());
        return;
      }
      if (writes.length > 0) this.failPoint?.('write-asked');
      if (life !== this.#life) return;
      const copies = writes.map((write) => ({ ...write, value: write.value?.slice() }));
      this.#queue.push({ process, writes: copies, durability, resolve, reject });
      this.#work();
    });
  }

  #work(): void {
    if (this.#working || this.#queue.length === 0) return;
    this.#working = true;
    this.#later('writeMs', this.#life, () => {
      this.#working = false;
      const write = this.#queue.shift();
      if (!write) return;
      const refusal = this.#refusal(write);
      if (refusal) {
        write.reject(refusal);
      } else {
        this.#apply(write);
        const life = this.#life;
        if (write.writes.length > 0) this.failPoint?.('write-done');
        if (life !== this.#life) return;
        write.resolve();
      }
      this.#work();
    });
  }

  #refusal({ process, writes }: QueuedWrite): StoreError | undefined {
    if (process.generation !== undefined && process.generation !== this.#generation) {
      return new StoreError('fenced', 'Another process has taken over this simulated disk.');
    }
    if (writes.length === 0) return undefined;
    const failure = this.#nextFailure;
    this.#nextFailure = undefined;
    if (failure) return failure;
    const growthBytes = Number.isFinite(this.quotaBytes) ? this.#growthBytes(writes) : 0;
    if (growthBytes > 0 && this.#usedBytes + growthBytes > this.quotaBytes) {
      return new StoreError('full', `The simulated disk is full: ${this.#usedBytes} of ${this.quotaBytes} bytes are used.`);
    }
    return undefined;
  }

  #growthBytes(writes: readonly Write[]): number {
    const changes = new Map(writes.map((write) => [`${write.table} ${write.key}`, write]));
    let growthBytes = 0;
    for (const write of changes.values()) {
      growthBytes += rowBytes(write.key, write.value) - rowBytes(write.key, this.#table(write.table).get(write.key));
    }
    return growthBytes;
  }

  #apply({ writes, durability }: QueuedWrite): void {
    const undo = writes
      .map(({ table, key, value }): Write => ({ table, key, value: this.#set({ table, key, value }) }))
      .reverse();
    this.watch?.(writes);
    if (durability === 'strict') {
      this.#unflushed = [];
      return;
    }
    if (writes.length > 0) this.#unflushed.push(undo);
    if (this.#unflushed.length > UNFLUSHED_WRITES) this.#unflushed.shift();
  }

  #set({ table, key, value }: Write): Uint8Array | undefined {
    const former = this.#table(table).set(key, value);
    this.#usedBytes += rowBytes(key, value) - rowBytes(key, former);
    return former;
  }

  #table(name: TableName): OrderedTable {
    return this.#tables.get(name) as OrderedTable;
  }

  /** Runs `action` after the simulated time, unless the process has crashed by then. */
  #later(kind: 'writeMs' | 'readMs', life: number, action: () => void): void {
    const unlessCrashed = () => {
      if (life === this.#life) action();
    };
    if (!this.#latency) {
      void Promise.resolve().then(unlessCrashed);
      return;
    }
    const [shortestMs, longestMs] = this.#latency[kind];
    this.#latency.clock.after(shortestMs + this.#latencyRandom.int(longestMs - shortestMs + 1), unlessCrashed);
  }
}

/** A store in memory, for tests and benchmarks that need neither delays nor faults. */
export function memoryStore(): Store {
  return new SimulatedStore({ random: new SeededRandom(0) }).open();
}

function rowBytes(key: string, value: Uint8Array | undefined): number {
  return value ? key.length + value.length : 0;
}

function closedError(): StoreError {
  return new StoreError('closed', 'This simulated store has been closed; open it again to go on.');
}

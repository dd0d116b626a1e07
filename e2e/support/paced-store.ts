/** A store whose blocks come only as far as a test allows: the peer that serves from it answers late, and not with everything. */
import type { Store } from '../../src/node/ports.ts';

export interface PacedStore {
  readonly store: Store;
  /** First block of every read that was asked for, in the order of asking. */
  readonly asked: readonly number[];
  /** Lets blocks up to this number out. What is asked for beyond it waits. */
  allow(blockId: number): void;
}

const HEX_RADIX = 16;

/** Keys of blocks end in the block's number in hexadecimal digits. */
const blockOf = (key: string): number => Number.parseInt(key.slice(key.lastIndexOf('/') + 1), HEX_RADIX);

export function paceBlocks(source: Store): PacedStore {
  const asked: number[] = [];
  let allowed = 0;
  let allowance = Promise.withResolvers<void>();
  const store: Store = {
    get: (table, key) => source.get(table, key),
    getMany: (table, keys) => source.getMany(table, keys),
    async range(table, query) {
      if (table !== 'blocks' || query.from === undefined) return source.range(table, query);
      const first = blockOf(query.from);
      asked.push(first);
      while (first > allowed) await allowance.promise;
      const rows = await source.range(table, query);
      return rows.filter(({ key }) => blockOf(key) <= allowed);
    },
    write: (writes, durability) => source.write(writes, durability),
    usage: () => source.usage(),
    close: () => source.close(),
  };
  return {
    store,
    asked,
    allow(blockId) {
      allowed = blockId;
      allowance.resolve();
      allowance = Promise.withResolvers();
    },
  };
}

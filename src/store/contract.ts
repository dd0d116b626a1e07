import { type Row, type Store, StoreError, type StoreErrorCode, TABLES, type Write } from '../node/ports.ts';

/**
 * What every {@link Store} must do, as plain functions, so that the same suite runs under vitest, against the simulated store, and in a
 * browser's page, against IndexedDB. A failed check throws an Error that says what was expected.
 */
export interface StoreContractCase {
  readonly name: string;
  /** `open` opens the same, initially empty, store as a fenced writer each time that it is called. */
  run(open: () => Promise<Store>): Promise<void>;
}

/** Sizes around the places where a store may split values. */
const SIZES = [0, 1, 4096, 48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 96 * 1024, 96 * 1024 + 1, 300 * 1024, 1024 * 1024];

export const storeContract: readonly StoreContractCase[] = [
  {
    name: 'gives undefined for what is not there',
    async run(open) {
      const store = await open();
      equal(await store.get('blocks', 'none'), undefined);
      equal(await store.getMany('blocks', ['none', 'neither']), [undefined, undefined]);
      equal(await store.getMany('blocks', []), []);
      equal(await store.range('blocks', {}), []);
    },
  },
  {
    name: 'keeps every table apart',
    async run(open) {
      const store = await open();
      await store.write(
        TABLES.map((table, index) => ({ table, key: 'same key', value: filled(8, index) })),
        'strict',
      );
      for (const [index, table] of TABLES.entries()) {
        equal(await store.get(table, 'same key'), filled(8, index));
        equal(await store.range(table, {}), [{ key: 'same key', value: filled(8, index) }]);
      }
    },
  },
  {
    name: 'overwrites and deletes',
    async run(open) {
      const store = await open();
      await put(store, 'k', filled(10, 1));
      await put(store, 'k', filled(5, 2));
      equal(await store.get('kv', 'k'), filled(5, 2));
      await put(store, 'k', undefined);
      await put(store, 'never there', undefined);
      equal(await store.get('kv', 'k'), undefined);
    },
  },
  {
    name: 'takes the last change of a row within one write',
    async run(open) {
      const store = await open();
      await store.write(
        [
          { table: 'kv', key: 'a', value: filled(3, 1) },
          { table: 'kv', key: 'b', value: filled(3, 2) },
          { table: 'kv', key: 'a', value: undefined },
          { table: 'kv', key: 'b', value: undefined },
          { table: 'kv', key: 'b', value: filled(100_000, 4) },
          { table: 'kv', key: 'c', value: filled(100_000, 5) },
          { table: 'kv', key: 'c', value: filled(3, 6) },
        ],
        'relaxed',
      );
      equal(await store.range('kv', {}), [
        { key: 'b', value: filled(100_000, 4) },
        { key: 'c', value: filled(3, 6) },
      ]);
    },
  },
  {
    name: 'accepts a write of nothing',
    async run(open) {
      const store = await open();
      await store.write([], 'strict');
      await store.write([], 'relaxed');
    },
  },
  {
    name: 'answers getMany in the order of the keys asked for',
    async run(open) {
      const store = await open();
      await store.write(
        ['a', 'b', 'c'].map((key, index) => ({ table: 'kv', key, value: filled(index === 1 ? 100_000 : 4, index) }) as const),
        'relaxed',
      );
      equal(await store.getMany('kv', ['c', 'missing', 'a', 'b', 'c']), [
        filled(4, 2),
        undefined,
        filled(4, 0),
        filled(100_000, 1),
        filled(4, 2),
      ]);
    },
  },
  {
    name: 'ranges from inclusive to exclusive, both ways, with a limit',
    async run(open) {
      const store = await open();
      const keys = ['a', 'b', 'b/1', 'b/2', 'c', 'd'];
      // Split values among them must not count against the limit.
      const rows: Row[] = keys.map((key, index) => ({ key, value: filled(index % 2 ? 150_000 : 10, index) }));
      await store.write(
        rows.map((row) => ({ table: 'contents', ...row }) as const),
        'relaxed',
      );
      const slice = (from: number, to: number) => rows.slice(from, to);
      equal(await store.range('contents', {}), rows);
      equal(await store.range('contents', { from: 'b' }), slice(1, 6));
      equal(await store.range('contents', { to: 'c' }), slice(0, 4));
      equal(await store.range('contents', { from: 'b', to: 'c' }), slice(1, 4));
      equal(await store.range('contents', { from: 'aa', to: 'bb' }), slice(1, 4));
      equal(await store.range('contents', { from: 'b', limit: 2 }), slice(1, 3));
      equal(await store.range('contents', { reverse: true }), slice(0, 6).reverse());
      equal(await store.range('contents', { reverse: true, limit: 2 }), slice(4, 6).reverse());
      equal(await store.range('contents', { from: 'b', to: 'c', reverse: true, limit: 2 }), slice(2, 4).reverse());
      equal(await store.range('contents', { from: 'b', to: 'c', reverse: true, limit: 20 }), slice(1, 4).reverse());
      equal(await store.range('contents', { limit: 0 }), []);
      equal(await store.range('contents', { reverse: true, limit: 0 }), []);
      equal(await store.range('contents', { from: 'b', to: 'b' }), []);
      equal(await store.range('contents', { from: 'c', to: 'b' }), []);
      equal(await store.range('contents', { from: 'x', reverse: true, limit: 1 }), []);
    },
  },
  {
    name: 'orders keys by character code',
    async run(open) {
      const store = await open();
      const keys = ['~', 'a', 'A', '0', '/', ' ', '\u0000', 'a\u0000', 'a!', '10', '9'];
      await store.write(
        keys.map((key) => ({ table: 'trxs', key, value: filled(1, 0) }) as const),
        'relaxed',
      );
      const inOrder = [...keys].sort((a, b) => (a < b ? -1 : 1));
      equal(
        (await store.range('trxs', {})).map((row) => row.key),
        inOrder,
      );
      equal(
        (await store.range('trxs', { reverse: true, limit: 20 })).map((row) => row.key),
        inOrder.reverse(),
      );
    },
  },
  {
    name: 'keeps values of every size, over each other, without a trace of the former one',
    async run(open) {
      const store = await open();
      await put(store, 'before', filled(100_000, 200));
      await put(store, 'size/after', filled(100_000, 201));
      let round = 0;
      for (const first of SIZES) {
        for (const second of [...SIZES.slice(0, 7), undefined]) {
          await put(store, 'size', filled(first, ++round));
          equal(await store.get('kv', 'size'), filled(first, round));
          await put(store, 'size', second === undefined ? undefined : filled(second, ++round));
          equal(await store.get('kv', 'size'), second === undefined ? undefined : filled(second, round));
        }
      }
      equal(await store.get('kv', 'before'), filled(100_000, 200));
      equal(await store.get('kv', 'size/after'), filled(100_000, 201));
      await put(store, 'before', undefined);
      await put(store, 'size/after', undefined);
      equal(await store.range('kv', {}), []);
    },
  },
  {
    name: 'owns what it stores: arrays given and taken may be used again',
    async run(open) {
      const store = await open();
      for (const sizeBytes of [100, 100_000]) {
        const given = filled(sizeBytes, 1);
        const written = put(store, 'k', given);
        given.fill(0xee);
        await written;
        given.fill(0xdd);
        const taken = (await store.get('kv', 'k')) as Uint8Array;
        equal(taken, filled(sizeBytes, 1));
        taken.fill(0xcc);
        ((await store.range('kv', {}))[0] as Row).value.fill(0xbb);
        equal(await store.get('kv', 'k'), filled(sizeBytes, 1));
      }
    },
  },
  {
    name: 'stores a view as the bytes that it shows',
    async run(open) {
      const store = await open();
      const whole = filled(200_000, 3);
      await put(store, 'short', whole.subarray(1000, 1010));
      await put(store, 'long', whole.subarray(10, 100_010));
      equal(await store.get('kv', 'short'), whole.slice(1000, 1010));
      equal(await store.get('kv', 'long'), whole.slice(10, 100_010));
    },
  },
  {
    name: 'performs writes in the order of the calls, though nobody waits in between',
    async run(open) {
      const store = await open();
      const writes: Promise<void>[] = [];
      const finished: number[] = [];
      for (let index = 0; index < 60; index++) {
        const value = filled(index % 7 === 0 ? 60_000 : 20, index);
        const rows: Write[] = [
          { table: 'kv', key: 'contested', value: index % 5 === 4 ? undefined : value },
          { table: 'log', key: `own ${index}`, value },
        ];
        writes.push(store.write(rows, index % 3 === 0 ? 'strict' : 'relaxed').then(() => void finished.push(index)));
      }
      await Promise.all(writes);
      equal(
        finished,
        Array.from({ length: 60 }, (_, index) => index),
      );
      equal(await store.get('kv', 'contested'), undefined);
      equal((await store.range('log', {})).length, 60);
      await Promise.all([put(store, 'contested', filled(70_000, 1)), put(store, 'contested', filled(7, 2))]);
      equal(await store.get('kv', 'contested'), filled(7, 2));
    },
  },
  {
    name: 'agrees with a plain map over a long walk of changes',
    async run(open) {
      const store = await open();
      const model = new Map<string, Uint8Array>();
      for (let step = 1; step <= 120; step++) {
        const writes: Write[] = [];
        for (let change = 0; change <= step % 4; change++) {
          const key = `k${(step * 31 + change * 17) % 23}`;
          const draw = (step * 7919 + change * 104_729) % 100;
          const value = draw < 25 ? undefined : filled(draw < 80 ? draw : draw * 1500, step + change);
          writes.push({ table: 'history', key, value });
          if (value) model.set(key, value);
          else model.delete(key);
        }
        await store.write(writes, step % 10 === 0 ? 'strict' : 'relaxed');
        if (step % 20 !== 0) continue;
        const rows = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }));
        equal(await store.range('history', {}), rows);
        equal(await store.range('history', { reverse: true, limit: 5 }), rows.slice(-5).reverse());
      }
    },
  },
  {
    name: 'keeps everything over closing and opening',
    async run(open) {
      const first = await open();
      await first.write([{ table: 'groups', key: 'strict', value: filled(10, 1) }], 'strict');
      await first.write([{ table: 'groups', key: 'relaxed', value: filled(100_000, 2) }], 'relaxed');
      const unawaited = first.write([{ table: 'groups', key: 'unawaited', value: filled(10, 3) }], 'relaxed');
      await first.close();
      await unawaited;
      const second = await open();
      equal(await second.range('groups', {}), [
        { key: 'relaxed', value: filled(100_000, 2) },
        { key: 'strict', value: filled(10, 1) },
        { key: 'unawaited', value: filled(10, 3) },
      ]);
    },
  },
  {
    name: 'refuses everything once it is closed',
    async run(open) {
      const store = await open();
      await store.close();
      await store.close();
      await rejects('closed', () => put(store, 'k', filled(1, 1)));
      await rejects('closed', () => store.get('kv', 'k'));
      await rejects('closed', () => store.getMany('kv', ['k']));
      await rejects('closed', () => store.range('kv', {}));
    },
  },
  {
    name: 'fences the earlier writer when another opens',
    async run(open) {
      const former = await open();
      await put(former, 'k', filled(4, 1));
      const latter = await open();
      await rejects('fenced', () => put(former, 'k', filled(4, 2)));
      // Several at once share a fate, not a promise.
      const refused = [put(former, 'k', filled(4, 3)), put(former, 'l', filled(100_000, 3))];
      for (const write of refused) await rejects('fenced', () => write);
      equal(await latter.range('kv', {}), [{ key: 'k', value: filled(4, 1) }]);
      await put(latter, 'k', filled(4, 5));
      equal(await former.get('kv', 'k'), filled(4, 5));
      await former.close();
      await put(latter, 'k', filled(4, 6));
      equal(await latter.get('kv', 'k'), filled(4, 6));
    },
  },
  {
    name: 'tells its usage',
    async run(open) {
      const usage = await (await open()).usage();
      for (const sizeBytes of [usage.usedBytes, usage.quotaBytes]) {
        check(sizeBytes === undefined || (Number.isFinite(sizeBytes) && sizeBytes >= 0), `a size in bytes, not ${sizeBytes}`);
      }
    },
  },
];

function put(store: Store, key: string, value: Uint8Array | undefined): Promise<void> {
  return store.write([{ table: 'kv', key, value }], 'relaxed');
}

/** Bytes that differ by place and by `salt`. */
function filled(sizeBytes: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) bytes[index] = index * 31 + (index >> 8) * 7 + salt;
  return bytes;
}

function check(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`Expected ${expected}`);
}

function equal(actual: unknown, expected: unknown, place = 'the answer'): void {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    check(actual.length === expected.length, `${expected.length} bytes for ${place}, got ${actual.length}`);
    for (let index = 0; index < actual.length; index++) {
      check(actual[index] === expected[index], `${expected[index]} at byte ${index} of ${place}, got ${actual[index]}`);
    }
  } else if (typeof actual === 'object' && typeof expected === 'object' && actual && expected) {
    check(
      Array.isArray(actual) === Array.isArray(expected),
      `${place} to be ${Array.isArray(expected) ? 'an array' : 'an object'}`,
    );
    const [got, wanted] = [Object.entries(actual), Object.entries(expected)];
    check(got.length === wanted.length, `${wanted.length} entries in ${place}, got ${got.length}`);
    for (const [key, value] of wanted) equal((actual as Record<string, unknown>)[key], value, `${place}[${key}]`);
  } else {
    check(Object.is(actual, expected), `${place} to be ${String(expected)}, got ${String(actual)}`);
  }
}

async function rejects(code: StoreErrorCode, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    check(error instanceof StoreError && error.code === code, `StoreError ${code}, got ${String(error)}`);
    return;
  }
  check(false, `StoreError ${code}, but it succeeded`);
}

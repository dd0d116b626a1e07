import { describe, expect, it } from 'vitest';
import { type Durability, type Store, StoreError, type Write } from '../node/ports.ts';
import { storeContract } from '../store/contract.ts';
import { SimulatedClock, SimulatedTime } from './clock.ts';
import { SeededRandom } from './random.ts';
import { memoryStore, SimulatedStore } from './store.ts';

const KEY = { table: 'kv', key: 'k' } as const;

describe('the store contract, without delays', () => {
  it.each(storeContract)('$name', async ({ run }) => {
    const disk = new SimulatedStore({ random: new SeededRandom(1) });
    await run(async () => disk.open());
  });
});

describe('the store contract, under simulated delays', () => {
  it.each(storeContract)('$name', async ({ run }) => {
    const time = new SimulatedTime();
    const clock = new SimulatedClock(time);
    const disk = new SimulatedStore({ random: new SeededRandom(1), latency: { clock, writeMs: [1, 30], readMs: [0, 10] } });
    await whilePassing(
      time,
      run(async () => disk.open()),
    );
  });
});

describe('a crash', () => {
  // 300 seeds, each with its own mix of durabilities, unawaited writes and moment of the crash.
  it('keeps strict writes, loses of the relaxed ones only the newest, and halves nothing', async () => {
    const seen = { lost: 0, unresolvedHappened: 0, unresolvedLost: 0 };
    for (let seed = 0; seed < 300; seed++) {
      const random = new SeededRandom(seed, 'crash test');
      const time = new SimulatedTime();
      const clock = new SimulatedClock(time);
      const disk = new SimulatedStore({ random, latency: { clock, writeMs: [1, 5], readMs: [0, 1] } });
      const store = disk.open();
      let lastStrict = -1;
      let lastResolved = -1;
      let lastAsked = -1;
      for (let index = 0; index < 20; index++) {
        const durability: Durability = random.chance(0.15) ? 'strict' : 'relaxed';
        lastAsked = index;
        void store.write(pair(index), durability).then(() => {
          lastResolved = index;
          if (durability === 'strict') lastStrict = index;
        });
        await pass(time, random.int(6));
        if (random.chance(0.05)) break;
      }
      disk.crash();
      await pass(time, 1000);
      const [resolvedBefore, strictBefore] = [lastResolved, lastStrict];
      const survived = await lastPair(time, disk.open());
      const context = `seed ${seed}: strict ${strictBefore}, resolved ${resolvedBefore}, asked ${lastAsked}, survived ${survived}`;
      expect(survived, context).toBeGreaterThanOrEqual(strictBefore);
      expect(survived, context).toBeLessThanOrEqual(lastAsked);
      if (survived < resolvedBefore) seen.lost++;
      if (survived > resolvedBefore) seen.unresolvedHappened++;
      if (resolvedBefore < lastAsked && survived <= resolvedBefore) seen.unresolvedLost++;
    }
    // Every kind of loss was met.
    expect(Math.min(seen.lost, seen.unresolvedHappened, seen.unresolvedLost)).toBeGreaterThan(10);
  });

  it('comes out alike from the same seed', async () => {
    const outcome = async (seed: number) => {
      const disk = new SimulatedStore({ random: new SeededRandom(seed) });
      const store = disk.open();
      for (let index = 0; index < 10; index++) await store.write(pair(index), 'relaxed');
      disk.crash();
      return (await disk.open().range('kv', {})).length;
    };
    const outcomes: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      outcomes.push(await outcome(seed));
      expect(await outcome(seed)).toBe(outcomes[seed]);
    }
    expect(new Set(outcomes).size).toBeGreaterThan(3);
  });

  it('restores what lost writes had overwritten and deleted, and the space they took', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = new SimulatedStore({ random: new SeededRandom(seed) });
      const store = disk.open();
      const base: Write[] = [
        { table: 'kv', key: 'a', value: new Uint8Array(10) },
        { table: 'kv', key: 'b', value: new Uint8Array(20) },
      ];
      await store.write(base, 'strict');
      const usedBytes = disk.usedBytes;
      await store.write(
        [
          { table: 'kv', key: 'a', value: new Uint8Array(99) },
          { table: 'kv', key: 'b', value: undefined },
          { table: 'kv', key: 'a', value: undefined },
        ],
        'relaxed',
      );
      disk.crash();
      const rows = await disk.open().range('kv', {});
      expect(rows.map(({ key, value }) => [key, value.length])).toEqual(
        rows.length === 0
          ? []
          : [
              ['a', 10],
              ['b', 20],
            ],
      );
      expect(disk.usedBytes).toBe(rows.length === 0 ? 0 : usedBytes);
    }
  });

  it('stops the crashed process for good, and lets the next one work', async () => {
    const time = new SimulatedTime();
    const clock = new SimulatedClock(time);
    const disk = new SimulatedStore({ random: new SeededRandom(4), latency: { clock, writeMs: [1, 5], readMs: [1, 5] } });
    const store = disk.open();
    let settled = 0;
    const count = () => settled++;
    for (const promise of [store.write(pair(0), 'strict'), store.get('kv', '0')]) promise.then(count, count);
    disk.crash();
    for (const promise of [store.write(pair(1), 'strict'), store.get('kv', '0'), store.close()]) promise.then(count, count);
    const next = disk.open();
    await whilePassing(time, next.write(pair(7), 'strict'));
    await pass(time, 1000);
    expect(settled).toBe(0);
    expect(await whilePassing(time, next.get('kv', '7'))).toEqual(pair(7)[0]?.value);
  });
});

describe('faults', () => {
  it('refuses what does not fit, keeps what was there, and goes on when there is room', async () => {
    const disk = new SimulatedStore({ random: new SeededRandom(1), quotaBytes: 100 });
    const store = disk.open();
    await store.write([{ ...KEY, value: new Uint8Array(90) }], 'strict');
    const more = [
      { table: 'log', key: 'entry', value: new Uint8Array(50) },
      { ...KEY, value: new Uint8Array(60) },
    ] as const;
    await expect(store.write(more, 'strict')).rejects.toMatchObject({ code: 'full' });
    expect((await store.get('kv', 'k'))?.length).toBe(90);
    expect(await store.get('log', 'entry')).toBeUndefined();
    await store.write([{ ...KEY, value: new Uint8Array(30) }], 'strict');
    await store.write([{ table: 'log', key: 'entry', value: new Uint8Array(50) }], 'strict');
    expect(await store.usage()).toEqual({ usedBytes: 31 + 55, quotaBytes: 100, persisted: undefined });
  });

  it('lets a store shrink that is over its quota', async () => {
    const disk = new SimulatedStore({ random: new SeededRandom(1) });
    const store = disk.open();
    await store.write([{ ...KEY, value: new Uint8Array(500) }], 'strict');
    disk.quotaBytes = 10;
    await store.write([{ ...KEY, value: new Uint8Array(400) }], 'strict');
    await expect(store.write([{ ...KEY, value: new Uint8Array(401) }], 'strict')).rejects.toMatchObject({ code: 'full' });
    await store.write([{ ...KEY, value: undefined }], 'strict');
    expect(disk.usedBytes).toBe(0);
  });

  it('fails the next write, and that one only', async () => {
    const disk = new SimulatedStore({ random: new SeededRandom(1) });
    const store = disk.open();
    disk.failNextWrite();
    const writes = [store.write(pair(1), 'strict'), store.write(pair(2), 'strict')];
    await expect(writes[0]).rejects.toBeInstanceOf(StoreError);
    await writes[1];
    expect((await store.range('kv', {})).map((row) => row.key)).toEqual(['2']);
  });

  it('lets a reader open without taking over', async () => {
    const disk = new SimulatedStore({ random: new SeededRandom(1) });
    const writer = disk.open();
    const reader = disk.open({ fence: false });
    await writer.write(pair(1), 'strict');
    expect(await reader.get('kv', '1')).toEqual(pair(1)[0]?.value);
  });
});

it('memoryStore keeps rows', async () => {
  const store = memoryStore();
  await store.write(pair(3), 'relaxed');
  expect(await store.get('log', '3')).toEqual(pair(3)[1]?.value);
});

/** One write over two tables, to see that it is whole. */
function pair(index: number): Write[] {
  const value = Uint8Array.of(index, index + 1);
  return [
    { table: 'kv', key: `${index}`, value },
    { table: 'log', key: `${index}`, value },
  ];
}

/** The number of the newest pair, or −1; fails if one is halved or one before it is missing. */
async function lastPair(time: SimulatedTime, store: Store): Promise<number> {
  const [kv, log] = await whilePassing(time, Promise.all([store.range('kv', {}), store.range('log', {})]));
  expect(kv).toEqual(log);
  const indexes = kv.map((row) => Number(row.key)).sort((a, b) => a - b);
  expect(indexes).toEqual(indexes.map((_, index) => index));
  return indexes.length - 1;
}

/** Lets simulated time pass, event by event, with all that follows from each. */
async function pass(time: SimulatedTime, milliseconds: number): Promise<void> {
  let over = false;
  time.plan(milliseconds, () => {
    over = true;
  });
  while (!over) await step(time);
}

async function whilePassing<T>(time: SimulatedTime, promise: Promise<T>): Promise<T> {
  let pending = true;
  const settle = () => {
    pending = false;
  };
  promise.then(settle, settle);
  while (pending) await step(time);
  return promise;
}

async function step(time: SimulatedTime): Promise<void> {
  time.step();
  // A turn of the real event loop: every promise that can go on has gone on.
  await new Promise((resolve) => setImmediate(resolve));
}

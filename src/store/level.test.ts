import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../node/ports.ts';
import { storeContract } from './contract.ts';
import { openLevelStore } from './level.ts';

let directory: string;
let opened: Store[] = [];

async function open(): Promise<Store> {
  const store = await openLevelStore({ directory, fence: true });
  opened.push(store);
  return store;
}

async function closeAll(): Promise<void> {
  for (const store of opened) await store.close();
  opened = [];
}

beforeEach(async () => {
  directory = path.join(await mkdtemp(path.join(tmpdir(), 'sett-level-')), 'store');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll();
  await rm(path.dirname(directory), { recursive: true, force: true });
});

describe('the store contract, on LevelDB', () => {
  it.each(storeContract)('$name', ({ run }) => run(open));
});

describe('the store on LevelDB', () => {
  it('syncs strict writes to the disk, relaxed ones not, and a group as its strictest member asks', async () => {
    const store = await open();
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch');
    const put = (key: string, durability: 'strict' | 'relaxed') =>
      store.write([{ table: 'kv', key, value: Uint8Array.of(1) }], durability);
    await put('a', 'relaxed');
    await put('b', 'strict');
    await Promise.all([put('c', 'relaxed'), put('d', 'strict')]);
    const calls = batch.mock.calls as unknown as [unknown[], { sync: boolean }][];
    expect(calls.map(([operations, { sync }]) => [operations.length, sync])).toEqual([
      [1, false],
      [1, true],
      [2, true],
    ]);
  });

  it('opens anew after a write that failed, with all that was there before', async () => {
    const store = await open();
    await store.write([{ table: 'kv', key: 'before', value: Uint8Array.of(1) }], 'strict');
    vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValueOnce(new Error('IO error: 000003.log: No space left on device'));
    await expect(store.write([{ table: 'kv', key: 'lost', value: Uint8Array.of(2) }], 'strict')).rejects.toMatchObject({
      code: 'full',
    });
    await store.write([{ table: 'kv', key: 'after', value: Uint8Array.of(3) }], 'strict');
    expect((await store.range('kv', {})).map(({ key }) => key)).toEqual(['after', 'before']);
  });

  it('is not opened by an older version', async () => {
    await (await open()).close();
    const database = new ClassicLevel(directory);
    await database.put('!schema', '2');
    await database.close();
    await expect(open()).rejects.toThrow(/newer version/);
  });

  it('gives plain arrays, whose slices are copies', async () => {
    const store = await open();
    await store.write([{ table: 'kv', key: 'k', value: Uint8Array.of(1, 2, 3) }], 'relaxed');
    const taken = [await store.get('kv', 'k'), ...(await store.getMany('kv', ['k'])), (await store.range('kv', {}))[0]?.value];
    for (const value of taken) expect(value?.constructor.name).toBe('Uint8Array');
  });

  it('tells what it uses and what there is', async () => {
    const store = await open();
    await store.write([{ table: 'kv', key: 'k', value: new Uint8Array(100_000) }], 'strict');
    const { usedBytes = 0, quotaBytes = 0 } = await store.usage();
    expect(usedBytes).toBeGreaterThan(100_000);
    expect(quotaBytes).toBeGreaterThan(usedBytes);
  });

  it('refuses a second process in words, and loses nothing that was resolved when a process is killed', async () => {
    const writer = new URL('./testing/level-writer.ts', import.meta.url);
    for (let round = 0; round < 3; round++) {
      const child = fork(writer, [directory, String(round)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      let acknowledged = -1;
      child.on('message', (index) => {
        acknowledged = index as number;
      });
      await once(child, 'message');
      await expect(open()).rejects.toThrow(/Another process uses/);
      while (acknowledged < 200) await once(child, 'message');
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      const store = await open();
      for (const table of ['kv', 'log'] as const) {
        const keys = (await store.range(table, { from: `${round}/`, to: `${round}0` })).map(({ key }) => key);
        // What was told, and at most some more, without a gap; both tables alike.
        expect(keys.length).toBeGreaterThan(acknowledged);
        expect(keys).toEqual(keys.map((_, index) => `${round}/${String(index).padStart(9, '0')}`));
      }
      const [kv, log] = await Promise.all([store.range('kv', {}), store.range('log', {})]);
      expect(kv.length).toBe(log.length);
      await closeAll();
    }
    expect((await readdir(directory)).length).toBeGreaterThan(0);
  });
});

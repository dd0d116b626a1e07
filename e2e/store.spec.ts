/** The store on real IndexedDB, in a real Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { storeContract } from '../src/store/contract.ts';
import type { StoreTest } from './pages/store/main.ts';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';
import { type ServedPage, servePage } from './support/serve-page.ts';

declare const storeTest: StoreTest;

let served: ServedPage;

test.beforeAll(async () => {
  served = await servePage('store');
});

test.afterAll(() => served.close());

async function load(page: Page): Promise<void> {
  await page.goto(served.origin);
  await page.waitForFunction(() => 'storeTest' in globalThis);
}

test.beforeEach(({ page }) => load(page));

test.describe('contract', () => {
  for (const { name } of storeContract) {
    test(name, async ({ page }) => {
      await page.evaluate((each) => storeTest.runContract(each), name);
    });
  }
});

test('a long value lies in rows of at most 48 KiB, and none stays when it goes', async ({ page }) => {
  await page.evaluate(async () => {
    await storeTest.open('s', 'split');
    await storeTest.write('s', 'long', 120_000);
    await storeTest.write('s', 'short', 48 * 1024);
  });
  expect(await page.evaluate(() => storeTest.records('split', 'kv'))).toEqual([
    { key: '"long"', type: 'Number', sizeBytes: undefined },
    { key: '"short"', type: 'Uint8Array', sizeBytes: 49_152 },
    { key: '["long",0]', type: 'Uint8Array', sizeBytes: 49_152 },
    { key: '["long",1]', type: 'Uint8Array', sizeBytes: 49_152 },
    { key: '["long",2]', type: 'Uint8Array', sizeBytes: 120_000 - 2 * 49_152 },
  ]);
  await page.evaluate(() => storeTest.write('s', 'long', 60_000));
  expect((await page.evaluate(() => storeTest.records('split', 'kv'))).map(({ key }) => key)).toEqual([
    '"long"',
    '"short"',
    '["long",0]',
    '["long",1]',
  ]);
  await page.evaluate(() => storeTest.write('s', 'long', 10));
  expect((await page.evaluate(() => storeTest.records('split', 'kv'))).map(({ key }) => key)).toEqual(['"long"', '"short"']);
  await page.evaluate(() => storeTest.write('s', 'long', -1));
  expect((await page.evaluate(() => storeTest.records('split', 'kv'))).map(({ key }) => key)).toEqual(['"short"']);
});

test('a store opened in another tab fences this one; one opened without a fence does not', async ({ page, context }) => {
  const other = await context.newPage();
  await load(other);
  expect(await page.evaluate(() => storeTest.open('s', 'fencing'))).toBe('done');
  expect(await other.evaluate(() => storeTest.open('unfenced', 'fencing', false))).toBe('done');
  expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 1))).toBe('done');

  expect(await other.evaluate(() => storeTest.open('fenced', 'fencing'))).toBe('done');
  expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 2))).toBe('fenced');
  expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 3))).toBe('fenced');
  expect(await other.evaluate(() => storeTest.read('fenced', 'k'))).toEqual({ sizeBytes: 10, fill: 1 });
  expect(await other.evaluate(() => storeTest.write('fenced', 'k', 10, 4))).toBe('done');
  expect(await page.evaluate(() => storeTest.read('s', 'k'))).toEqual({ sizeBytes: 10, fill: 4 });
});

test('a full disk refuses with `full`, keeps what was there, and takes writes again when there is room', async ({
  page,
  context,
}) => {
  const session = await context.newCDPSession(page);
  const { origin } = served;
  // Before the first write: Chromium remembers for a while how much room it has found.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
  await page.evaluate(async () => {
    await storeTest.open('s', 'quota');
    await storeTest.write('s', 'kept', 200_000, 7);
  });

  const outcomes = await page.evaluate(async () => {
    const ended: string[] = [];
    while (ended.length < 100 && ended.at(-1) !== 'full')
      ended.push(await storeTest.write('s', `filler ${ended.length}`, 200_000));
    return ended;
  });
  expect(outcomes.at(-1)).toBe('full');
  expect(outcomes.slice(0, -1).every((outcome) => outcome === 'done')).toBe(true);
  // All that was acknowledged is there, and nothing of what was refused.
  for (const [index, outcome] of outcomes.entries()) {
    const found = await page.evaluate((number) => storeTest.read('s', `filler ${number}`), index);
    expect(found?.sizeBytes).toBe(outcome === 'done' ? 200_000 : undefined);
  }
  expect(await page.evaluate(() => storeTest.read('s', 'kept'))).toEqual({ sizeBytes: 200_000, fill: 7 });

  // Of writes that share a transaction, the one that is too large does not take the others with it.
  const together = [
    { key: 'small 1', sizeBytes: 100 },
    { key: 'huge', sizeBytes: 3_000_000 },
    { key: 'small 2', sizeBytes: 100 },
  ];
  const ended = await page.evaluate((changes) => storeTest.writeAtOnce('s', changes), together);
  expect(ended[1]).toBe('full');
  for (const index of [0, 2]) {
    const found = await page.evaluate((key) => storeTest.read('s', key), together[index]?.key ?? '');
    expect(found?.sizeBytes).toBe(ended[index] === 'done' ? 100 : undefined);
  }

  await session.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await page.evaluate(() => storeTest.write('s', 'afterwards', 3_000_000, 9))).toBe('done');
  expect(await page.evaluate(() => storeTest.read('s', 'afterwards'))).toEqual({ sizeBytes: 3_000_000, fill: 9 });
  expect(await page.evaluate(() => storeTest.read('s', 'kept'))).toEqual({ sizeBytes: 200_000, fill: 7 });
});

test('data outlives a reload and a closed tab', async ({ page, context }) => {
  await page.evaluate(async () => {
    await storeTest.open('s', 'persistence');
    await storeTest.write('s', 'short', 10, 1);
    await storeTest.write('s', 'long', 200_000, 2);
  });
  await page.reload();
  await load(page);
  await page.evaluate(() => storeTest.open('s', 'persistence'));
  expect(await page.evaluate(() => storeTest.read('s', 'long'))).toEqual({ sizeBytes: 200_000, fill: 2 });
  await page.close();
  const next = await context.newPage();
  await load(next);
  await next.evaluate(() => storeTest.open('s', 'persistence'));
  expect(await next.evaluate(() => storeTest.read('s', 'short'))).toEqual({ sizeBytes: 10, fill: 1 });
  expect(await next.evaluate(() => storeTest.read('s', 'long'))).toEqual({ sizeBytes: 200_000, fill: 2 });
});

test.describe('killed in the middle of writing', () => {
  const rows = 12;

  /** Lets a page write until `count` writes were acknowledged, then does `kill`; gives the number of acknowledged writes. */
  async function writeUntil(page: Page, name: string, count: number, kill: () => Promise<unknown>): Promise<number> {
    let acknowledged = 0;
    const enough = new Promise<void>((resolve) => {
      page.on('console', (message) => {
        acknowledged = Number(message.text().split(' ')[1]);
        if (acknowledged >= count) resolve();
      });
    });
    await page.evaluate((each) => storeTest.open('s', each), name);
    // Never ends by itself.
    page.evaluate((rowsPerWrite) => storeTest.writeForEver('s', rowsPerWrite), rows).catch(() => {});
    await enough;
    await kill();
    return acknowledged;
  }

  test('a tab that is closed leaves whole writes, and all that it had acknowledged', async ({ page, context }) => {
    for (const count of [1, 10, 37]) {
      const victim = await context.newPage();
      await load(victim);
      const name = `closed after ${count}`;
      const acknowledged = await writeUntil(victim, name, count, () => victim.close());
      await page.evaluate((each) => storeTest.open('s', each), name);
      const last = await page.evaluate((rowsPerWrite) => storeTest.lastWhole('s', rowsPerWrite), rows);
      expect(last).toBeGreaterThanOrEqual(acknowledged - 1);
      await page.evaluate(() => storeTest.close('s'));
    }
  });

  test('a renderer that crashes leaves whole writes, and all that it had acknowledged', async ({ page, context }) => {
    const victim = await context.newPage();
    await load(victim);
    const acknowledged = await writeUntil(victim, 'crashed', 20, async () => {
      const crashed = victim.waitForEvent('crash');
      victim.goto('chrome://crash').catch(() => {});
      await crashed;
    });
    await page.evaluate(() => storeTest.open('s', 'crashed'));
    const last = await page.evaluate((rowsPerWrite) => storeTest.lastWhole('s', rowsPerWrite), rows);
    expect(last).toBeGreaterThanOrEqual(acknowledged - 1);
  });

  test('a browser that is killed leaves whole writes, after another start', async () => {
    const profile = mkdtempSync(path.join(tmpdir(), 'sett-store-'));
    const launch = () =>
      chromium.launchPersistentContext(profile, { executablePath: findChromium() ?? '', args: [...CHROMIUM_ARGS] });
    let context: BrowserContext = await launch();
    try {
      const victim = await context.newPage();
      await load(victim);
      const browserSession = await context.newCDPSession(victim);
      const acknowledged = await writeUntil(victim, 'killed', 30, async () => {
        const closed = new Promise((resolve) => context.once('close', resolve));
        browserSession.send('Browser.crash').catch(() => {});
        await closed;
      });
      context = await launch();
      const page = await context.newPage();
      await load(page);
      await page.evaluate(() => storeTest.open('s', 'killed'));
      const last = await page.evaluate((rowsPerWrite) => storeTest.lastWhole('s', rowsPerWrite), rows);
      // The process died, not the machine: what the system was given, relaxed or not, is there.
      expect(last).toBeGreaterThanOrEqual(acknowledged - 1);
      expect(await page.evaluate(() => storeTest.write('s', 'row 0', 10))).toBe('done');
    } finally {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    }
  });
});

test.describe('a connection that the browser takes away', () => {
  for (const announce of [true, false]) {
    test(`${announce ? 'with' : 'without'} notice is opened again, for reads and writes`, async ({ page }) => {
      await page.evaluate(() => storeTest.open('s', 'lost'));
      expect(await page.evaluate(() => storeTest.write('s', 'k', 100_000, 1))).toBe('done');
      await page.evaluate((withNotice) => storeTest.loseConnections(withNotice), announce);
      expect(await page.evaluate(() => storeTest.read('s', 'k'))).toEqual({ sizeBytes: 100_000, fill: 1 });
      await page.evaluate((withNotice) => storeTest.loseConnections(withNotice), announce);
      expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 2))).toBe('done');
      expect(await page.evaluate(() => storeTest.read('s', 'k'))).toEqual({ sizeBytes: 10, fill: 2 });
    });
  }

  test('during a write makes it happen once more', async ({ page }) => {
    await page.evaluate(async () => {
      await storeTest.open('s', 'lost meanwhile');
      storeTest.abortNextWrite();
    });
    expect(await page.evaluate(() => storeTest.write('s', 'k', 100_000, 1))).toBe('done');
    expect(await page.evaluate(() => storeTest.read('s', 'k'))).toEqual({ sizeBytes: 100_000, fill: 1 });
  });

  test('finds the fence of whoever took over meanwhile', async ({ page, context }) => {
    await page.evaluate(() => storeTest.open('s', 'lost and fenced'));
    const other = await context.newPage();
    await load(other);
    await other.evaluate(() => storeTest.open('s', 'lost and fenced'));
    await page.evaluate(() => storeTest.loseConnections(true));
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('fenced');
  });

  test('with all data is not taken for a new profile', async ({ page, context }) => {
    const session = await context.newCDPSession(page);
    await page.evaluate(() => storeTest.open('s', 'cleared'));
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('done');
    await session.send('Storage.clearDataForOrigin', { origin: served.origin, storageTypes: 'indexeddb' });
    await expect.poll(() => page.evaluate(() => storeTest.reading('s', 'k'))).toBe('closed');
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('closed');
    // A fresh opening is a fresh start.
    expect(await page.evaluate(() => storeTest.open('fresh', 'cleared'))).toBe('done');
    expect(await page.evaluate(() => storeTest.read('fresh', 'k'))).toBeUndefined();
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('closed');
  });
});

test.describe('schema', () => {
  test('an update closes the store with `closed`, keeps the data, and bars older versions', async ({ page, context }) => {
    await page.evaluate(() => storeTest.open('s', 'schema'));
    expect(await page.evaluate(() => storeTest.write('s', 'k', 100_000, 5))).toBe('done');
    const other = await context.newPage();
    await load(other);
    expect(await other.evaluate(() => storeTest.upgrade('schema'))).toBe('done');
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('closed');
    expect(await page.evaluate(() => storeTest.reading('s', 'k'))).toBe('closed');
    expect(await page.evaluate(() => storeTest.open('old', 'schema'))).toBe('failed');
    expect(await other.evaluate(() => storeTest.records('schema', 'later'))).toHaveLength(1);
    expect(await other.evaluate(() => storeTest.records('schema', 'kv'))).toHaveLength(4);
  });

  test('an update that fails leaves everything as it was', async ({ page }) => {
    await page.evaluate(async () => {
      await storeTest.open('s', 'failing schema');
      await storeTest.write('s', 'k', 10, 5);
    });
    expect(await page.evaluate(() => storeTest.failingUpgrade('failing schema'))).toBe('failed');
    expect(await page.evaluate(() => storeTest.open('again', 'failing schema'))).toBe('done');
    expect(await page.evaluate(() => storeTest.read('again', 'k'))).toEqual({ sizeBytes: 10, fill: 5 });
  });

  test('deleting the database closes the store instead of waiting for it', async ({ page }) => {
    await page.evaluate(() => storeTest.open('s', 'deleted'));
    await page.evaluate(() => storeTest.delete('deleted'));
    expect(await page.evaluate(() => storeTest.write('s', 'k', 10))).toBe('closed');
  });
});

test('the vault seals and opens; its key cannot be taken out', async ({ page }) => {
  expect(await page.evaluate(() => storeTest.vault('vault'))).toEqual({
    format: 1,
    extraBytes: 1 + 12 + 16,
    opened: true,
    nonceRepeats: false,
    keyCount: 1,
    extractable: false,
    exportRejected: true,
    changesRejected: true,
    rubbishRejected: true,
    otherVaultRejects: true,
  });
  const sealed = await page.evaluate(() => storeTest.seal('vault', 'a secret'));
  await page.reload();
  await load(page);
  expect(await page.evaluate((bytes) => storeTest.unseal('vault', bytes), sealed)).toBe('a secret');
});

test('the peer key is made once, kept sealed, and does not disturb the writer', async ({ page, context }) => {
  await page.evaluate(() => storeTest.open('s', 'peer'));
  expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 1))).toBe('done');
  const other = await context.newPage();
  await load(other);
  const [here, there] = await Promise.all([page, other].map((each) => each.evaluate(() => storeTest.peerKeys('peer', 3))));
  expect(new Set([...(here?.keys ?? []), ...(there?.keys ?? [])]).size).toBe(1);
  expect(await page.evaluate(() => storeTest.write('s', 'k', 10, 2))).toBe('done');
  await page.reload();
  await load(page);
  expect(await page.evaluate(() => storeTest.peerKeys('peer', 1))).toEqual({ keys: [here?.keys[0]], made: 0 });
  expect(await page.evaluate(() => storeTest.records('peer', 'peer'))).toEqual([
    { key: '"libp2p"', type: 'Uint8Array', sizeBytes: 1 + 12 + 68 + 16 },
  ]);
});

/** A group's life in three browsers: made, joined by seed, posted to, kept, and going on without the relay. Real app, real relay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { expect, test } from './support/app-test.ts';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';
import { PERMISSIONS, Person } from './support/person.ts';

test('A creates, B and C join by pasting, B posts: final everywhere, kept through reload and reopening (L-7, S-1)', async ({
  arrive,
}) => {
  const [a, b, c] = [await arrive(), await arrive(), await arrive()];
  const groupId = await a.createGroup('Badgers');
  const seed = await a.copySeed();
  for (const guest of [b, c]) expect(await guest.join(seed, 'Badgers')).toBe(groupId);

  await b.post('Good evening from B.');
  for (const person of [a, b, c]) await person.seesFinal('Good evening from B.');
  // Block 1 is the group's own, block 2 holds the post.
  const chain = await a.chain(groupId);
  expect(chain).toHaveLength(2);
  expect(new Set(chain.map(({ stateRoot }) => stateRoot)).size).toBe(2);
  for (const person of [b, c]) expect(await person.chain(groupId)).toEqual(chain);

  for (const again of ['reload', 'reopen'] as const) {
    for (const person of [a, b, c]) {
      if (again === 'reload') await person.reload();
      else {
        await person.closeTab();
        await person.openTab();
        await person.page.getByRole('link', { name: 'Badgers' }).click();
      }
      await person.seesFinal('Good evening from B.');
      expect(await person.chain(groupId)).toEqual(chain);
      expect((await person.api(`/api/v1/group/${groupId}/seed`)).body.seed).toBe(seed);
    }
  }
  await c.post('And good night from C.');
  for (const person of [a, b, c]) await person.seesFinal('And good night from C.');
  expect(await c.chain(groupId)).toEqual(await a.chain(groupId));
});

test('B and C are connected by WebRTC, and the group goes on when the relay stops (N-8)', async ({ arrive, relay }) => {
  const [a, b, c] = [await arrive(), await arrive(), await arrive()];
  const groupId = await a.createGroup('Without a relay');
  const seed = await a.copySeed();
  for (const guest of [b, c]) await guest.join(seed, 'Without a relay');
  for (const [one, other] of [
    [b, c],
    [c, b],
    [a, b],
    [a, c],
  ] as const) {
    const peerId = await other.peerId();
    await expect
      .poll(async () => (await one.connections()).get(peerId))
      .toEqual({ path: 'webrtc', address: expect.stringMatching(/\/webrtc\//) });
  }
  for (const person of [a, b, c]) await expect(person.status).toContainText('2 peers');

  await relay.stop();
  for (const person of [a, b, c]) await expect(person.status).not.toContainText('Relay ready');
  await c.post('Nobody carries this but ourselves.');
  for (const person of [a, b, c]) await person.seesFinal('Nobody carries this but ourselves.');
  expect(await c.chain(groupId)).toEqual(await a.chain(groupId));
  expect(await b.chain(groupId)).toEqual(await a.chain(groupId));
});

test('a browser that is closed and started again has kept its group, and produces on (S-1, C-12)', async ({ relay }) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sett-profile-'));
  const executablePath = findChromium();
  const start = async () => {
    const options = { ...(executablePath && { executablePath }), args: [...CHROMIUM_ARGS], permissions: PERMISSIONS };
    return Person.with(await chromium.launchPersistentContext(directory, options), relay.origin);
  };
  try {
    const before = await start();
    const groupId = await before.createGroup('Kept');
    await before.post('Before the end of the browser.');
    await before.seesFinal('Before the end of the browser.');
    const chain = await before.chain(groupId);
    await before.leave();

    const after = await start();
    await after.page.getByRole('link', { name: 'Kept' }).click();
    await after.seesFinal('Before the end of the browser.');
    expect(await after.chain(groupId)).toEqual(chain);
    await after.post('After it.');
    await after.seesFinal('After it.');
    expect((await after.chain(groupId)).slice(0, chain.length)).toEqual(chain);
    expect(after.defects).toEqual([]);
    await after.leave();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** Four producers in four browsers, and a user: HoneyBadgerBFT with real threshold cryptography over WebRTC. Keys are a trusted dealer's. */
import { rm } from 'node:fs/promises';
import type {} from './pages/dealt/main.ts';
import { test as base, expect } from './support/app-test.ts';
import { buildPage } from './support/build-page.ts';
import { publishChange } from './support/publish-change.ts';

const test = base.extend<object, { readonly appDirectory: string }>({
  appDirectory: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it that nothing is needed
    async ({}, use) => {
      const directory = await buildPage('dealt');
      await use(directory);
      await rm(directory, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
});

test('four tabs produce', async ({ arrive, relay }) => {
  const [a, b, c, d, user] = [await arrive(), await arrive(), await arrive(), await arrive(), await arrive()];
  const producers = [a, b, c, d];
  const groupId = await a.createGroup('Setts');
  const seed = await a.copySeed();
  for (const guest of [b, c, d, user]) await guest.join(seed, 'Setts');
  await publishChange({ seed, producers, origin: relay.origin, intervalMs: 1_000, encryption: 0 });
  for (const person of [...producers, user])
    await expect.poll(async () => (await person.api(`/api/v1/group/${groupId}/consensus`)).body.producers.length).toBe(4);
  for (const [i, person] of [...producers, user].entries()) await person.post(`Post ${i}`);
  for (const person of [...producers, user]) for (let i = 0; i < 5; i++) await person.seesFinal(`Post ${i}`);
});

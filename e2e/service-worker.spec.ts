/** The service worker: the app starts offline, `fetch` on the origin reaches the node, a newer version waits for the user. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { CONFORMANCE_CASES, type Place } from '../src/api/conformance/index.ts';
import { expect, test } from './support/app-test.ts';
import { pageFetch } from './support/page-fetch.ts';
import { type Answer, Person } from './support/person.ts';
import { startRelayProcess } from './support/relay.ts';

const SERVED_LIMIT_MS = 30_000;
/** Two dozen cases, each with groups of its own. */
const CONFORMANCE_LIMIT_MS = 600_000;
const PAUSE_MS = 100;

/** Resolves when the page's `fetch` goes through the service worker. */
async function served(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: SERVED_LIMIT_MS });
}

/** What any page's script gets for a call; a body is posted as JSON. */
function call(page: Page, route: string, body?: unknown): Promise<Answer> {
  return page.evaluate(
    async ([route, body]) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(route, body === undefined ? undefined : { method: 'POST', headers, body });
      return { status: response.status, body: await response.json() };
    },
    [route, body === undefined ? undefined : JSON.stringify(body)] as const,
  );
}

/** Ends every service worker of the browser, as the browser does to save memory. */
async function killServiceWorkers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}

test('W-1 W-2: any page of the origin reaches the leading tab by fetch, also after the service worker was killed', async ({
  arrive,
  relay,
}) => {
  const ann = await arrive();
  const groupId = await ann.createGroup('badgers');
  await served(ann.page);

  // Not the app: a page that a server of the same origin might have.
  const other = await ann.context.newPage();
  await other.goto(`${relay.origin}/healthz`);
  await served(other);
  expect((await call(other, '/api/v1/groups')).body.groups[0].group_id).toBe(groupId);
  const posted = await call(other, `/api/v1/group/${groupId}/content`, { data: { type: 'Note', content: 'by fetch' } });
  expect(posted.status).toBe(200);
  await ann.seesFinal('by fetch');
  expect(await call(other, '/api/v1/nothing')).toMatchObject({ status: 404, body: { code: 'unknown-route' } });

  await killServiceWorkers(other);
  expect((await call(other, '/api/v1/groups')).body.groups[0].group_id).toBe(groupId);

  await ann.closeTab();
  expect(await call(other, '/api/v1/groups')).toMatchObject({ status: 503, body: { code: 'no-node' } });

  const again = await ann.context.newPage();
  await again.goto(relay.origin);
  await again.evaluate(() => window.sett?.ready);
  expect((await call(other, '/api/v1/groups')).body.groups[0].group_id).toBe(groupId);
});

test('W-1: the interface answers a page of the origin as it does everywhere', async ({ arrive, relay }) => {
  test.setTimeout(CONFORMANCE_LIMIT_MS);
  const placeOf = async (person: Person): Promise<Place> => {
    await served(person.page);
    const page = await person.context.newPage();
    await page.goto(`${relay.origin}/healthz`);
    await served(page);
    return {
      fetch: (target, init) => pageFetch(page, target, init as Parameters<typeof pageFetch>[2]),
      pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
    };
  };
  const [node, other] = [await placeOf(await arrive()), await placeOf(await arrive())];
  for (const { title, run } of CONFORMANCE_CASES) await test.step(title, () => run({ node, other }));
});

test('W-2: a profile has its own node, and a hard reload keeps the interface', async ({ arrive, relay }) => {
  const ann = await arrive();
  await ann.createGroup('badgers');
  await served(ann.page);
  const two = await ann.context.newPage();
  await two.goto(`${relay.origin}/?profile=two`);
  await two.evaluate(() => window.sett?.ready);
  await served(two);
  expect((await call(two, '/api/v1/groups')).body.groups).toEqual([]);

  const session = await ann.context.newCDPSession(ann.page);
  await Promise.all([ann.page.waitForEvent('load'), session.send('Page.reload', { ignoreCache: true })]);
  await ann.ready();
  await served(ann.page);
  expect((await call(ann.page, '/api/v1/groups')).body.groups).toHaveLength(1);
});

test('W-3: the app starts without a network, shows what it holds and takes posts', async ({ arrive, relay }) => {
  const ann = await arrive();
  const groupId = await ann.createGroup('badgers');
  await ann.post('before');
  await ann.seesFinal('before');
  await served(ann.page);
  await ann.closeTab();
  await relay.stop();

  await ann.openTab(`#/group/${groupId}`);
  await ann.seesFinal('before');
  await ann.post('while offline');
  await ann.seesFinal('while offline');
  await relay.restart();
});

test('W-4: a newer version waits while this tab produces, and takes over when the user says so', async ({
  browser,
  appDirectory,
}) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sett-update-'));
  const app = path.join(directory, 'app');
  await cp(appDirectory, app, { recursive: true });
  const options = { dataDirectory: path.join(directory, 'relay'), appDirectory: app };
  const first = await startRelayProcess(options);
  const ann = await Person.arrive(browser, first.origin);
  await ann.createGroup('badgers');
  await served(ann.page);

  // The next release: another page, and a service worker that names its revision.
  await replaceIn(path.join(app, 'index.html'), '<title>Sett</title>', '<title>Sett, newer</title>');
  const changed = await replaceIn(
    path.join(app, 'service.js'),
    /(index\.html[^}]*?revision["']?:\s*["'`])[0-9a-f]{16}/,
    '$1ffffffffffffffff',
  );
  expect(changed, 'the list of files names the page').toBe(true);
  await first.stop();
  const second = await startRelayProcess({ ...options, port: first.port });
  const marker = crypto.randomUUID();
  await ann.page.evaluate((name) => Object.assign(window, { marker: name }), marker);
  await ann.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());

  const update = ann.page.getByRole('button', { name: 'Update now' });
  await expect(update).toBeVisible();
  await ann.post('still the old version');
  await ann.seesFinal('still the old version');
  expect(await ann.page.evaluate(() => (window as { marker?: string }).marker)).toBe(marker);

  await update.click();
  await ann.page.waitForFunction(() => !('marker' in window));
  await ann.ready();
  await expect(ann.page).toHaveTitle(/badgers|newer/);
  await expect(update).toBeHidden();
  await ann.seesFinal('still the old version');
  await ann.post('the newer version');
  await ann.seesFinal('the newer version');
  expect(await ann.page.evaluate(async () => (await (await fetch('/')).text()).includes('Sett, newer'))).toBe(true);

  expect(ann.defects).toEqual([]);
  await ann.leave();
  await second.stop();
  await rm(directory, { recursive: true, force: true });
});

async function replaceIn(file: string, from: string | RegExp, to: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const replaced = text.replace(from, to);
  await writeFile(file, replaced);
  return replaced !== text;
}

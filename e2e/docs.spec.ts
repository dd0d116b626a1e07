/** The page that describes the interface, in the app: found from the start page, readable everywhere, and calls can be tried on it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './support/app-test.ts';
import type { Person } from './support/person.ts';

async function openDocs(person: Person): Promise<Page> {
  await person.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const opening = person.context.waitForEvent('page');
  await person.page.getByRole('link', { name: 'REST interface' }).click();
  const docs = await opening;
  await expect(docs).toHaveTitle('Sett: REST interface');
  return docs;
}

/** Opens a call's description. */
async function unfold(docs: Page, path: string, method: string) {
  const call = docs.locator('details').filter({ has: docs.locator(`form[data-path="${path}"][data-method="${method}"]`) });
  await call.locator('summary').click();
  return call;
}

test('the interface is described in the app, and its calls can be tried on the node of the tab', async ({ arrive }) => {
  const ann = await arrive();
  const docs = await openDocs(ann);
  const refused: string[] = [];
  docs.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text());
  });

  const create = await unfold(docs, '/api/v1/group', 'POST');
  const body = { group_name: 'made on paper', consensus_type: 'poa', encryption_type: 'public', app_key: 'docs_app' };
  await create.getByLabel('Body').fill(JSON.stringify(body));
  await create.getByRole('button', { name: 'Call' }).click();
  await expect(create.getByRole('status')).toContainText(/^200/);
  const groupId: string = JSON.parse(((await create.getByRole('status').textContent()) ?? '').replace(/^.*\n/, '')).group_id;

  const seed = await unfold(docs, '/api/v1/group/{group_id}/seed', 'GET');
  await seed.getByLabel(/^group_id/).fill(groupId);
  await seed.getByRole('button', { name: 'Call' }).click();
  await expect(seed.getByRole('status')).toContainText('rum://seed?');

  const contents = await unfold(docs, '/app/api/v1/group/{group_id}/content', 'GET');
  await contents.getByLabel(/^group_id/).fill('no-uuid');
  await contents.getByRole('button', { name: 'Call' }).click();
  await expect(contents.getByRole('status')).toContainText('400');
  await expect(contents.getByRole('status')).toContainText('not a UUID');

  // The tab with the node is still there, and has the group.
  expect((await ann.api('/api/v1/groups')).body.groups).toHaveLength(1);
  // Chromium itself reports the refusal, and nothing else was: no policy was broken.
  expect(refused.filter((text) => !text.includes('400'))).toEqual([]);
});

test('no page shows it in a frame: not even one of the same site, whose frames the service worker serves', async ({
  arrive,
  relay,
}) => {
  const ann = await arrive();
  const docs = await openDocs(ann);
  const framing = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<iframe src="${relay.origin}/docs"></iframe>`);
  });
  await new Promise<void>((resolve) => framing.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = framing.address() as AddressInfo;
    const answered = docs.waitForEvent('requestfailed', (request) => request.url() === `${relay.origin}/docs`);
    await docs.goto(`http://127.0.0.1:${port}/`);
    expect((await answered).failure()?.errorText).toContain('BLOCKED_BY_RESPONSE');
    await expect(docs.frameLocator('iframe').getByRole('heading', { name: 'Calls' })).toHaveCount(0);
  } finally {
    framing.close();
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`it has no barrier and fits a phone, ${colorScheme}`, async ({ arrive }, info) => {
    const ann = await arrive();
    await ann.page.emulateMedia({ colorScheme });
    const docs = await openDocs(ann);
    await docs.emulateMedia({ colorScheme });
    await unfold(docs, '/api/v1/group', 'POST');
    await unfold(docs, '/api/v1/network', 'GET');
    await unfold(docs, '/app/api/v1/group/{group_id}/content', 'GET');
    for (const width of [1280, 360]) {
      await docs.setViewportSize({ width, height: 900 });
      const { violations } = await new AxeBuilder({ page: docs }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      const overflow = await docs.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `nothing sticks out at ${width} px`).toBe(0);
      await docs.screenshot({ path: info.outputPath(`docs-${width}.png`), fullPage: true });
    }
  });
}

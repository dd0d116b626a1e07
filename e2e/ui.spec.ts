/** The interface as people and screen readers meet it: names to the letter, keyboard alone, small screens, hostile words. Real app, real relay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, expect, type Page, test } from '@playwright/test';
import { buildApp } from './support/build-app.ts';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';
import { type RelayProcess, startRelayProcess } from './support/relay.ts';

let appDirectory: string;
let dataDirectory: string;
let relay: RelayProcess;

test.beforeAll(async () => {
  appDirectory = await buildApp();
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'sett-relay-'));
  relay = await startRelayProcess({ dataDirectory, appDirectory });
});

test.afterAll(async () => {
  await relay.stop();
  await rm(dataDirectory, { recursive: true, force: true });
  await rm(appDirectory, { recursive: true, force: true });
});

/** A tab of a person of their own. Any error in its console or any dialog of the browser fails the test at the end. */
async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ permissions: ['microphone', 'clipboard-read', 'clipboard-write'], ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${relay.origin}/`);
  await expect(page.getByRole('button', { name: 'Create group' })).toBeVisible();
  return { page, troubles };
}

/** Makes a group as a person does and returns its id. */
async function createGroup(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Create group', exact: true }).click();
  await page.getByRole('textbox', { name: 'Group name', exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('feed')).toBeAttached();
  return /group\/([^/]+)/.exec(page.url())?.[1] ?? '';
}

async function post(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Write a post', exact: true }).fill(text);
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Write a post', exact: true })).toHaveValue('');
}

/** Posts any JSON object past the composer. */
async function postJson(page: Page, groupId: string, data: unknown): Promise<void> {
  const status = await page.evaluate(
    async ([groupId, body]) => (await window.sett?.api(`/api/v1/group/${groupId}/content`, { method: 'POST', body }))?.status,
    [groupId, JSON.stringify({ data })] as const,
  );
  expect(status).toBe(200);
}

function finalPost(page: Page, text: string) {
  return page.getByRole('article').filter({ hasText: text }).filter({ hasText: 'Final' });
}

async function expectNoAxeViolations(page: Page): Promise<void> {
  // Fading-in dialogs would be measured at the contrast of a moment.
  // (One that is cancelled rejects, and is over too.)
  await page.evaluate(() =>
    Promise.allSettled(
      document.getAnimations().map((animation) => animation.effect?.getTiming().iterations === 1 && animation.finished),
    ),
  );
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

/** Every screen of the app in turn, with a group that has a post. */
async function visitScreens(page: Page, look: (screen: string) => Promise<void>): Promise<void> {
  await look('start, empty');
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await look('create dialog, with a mistake');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Join group' }).click();
  await page
    .getByRole('textbox', { name: 'Seed URL' })
    .fill('rum://seed?v=1&a=Badgers&k=AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B');
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await look('join dialog, with a bad seed');
  await page.keyboard.press('Escape');
  const groupId = await createGroup(page, 'Badger watch in the upper wood');
  await post(page, 'Counted 14 tonight. https://example.org/badgers');
  await postJson(page, groupId, { type: 'Like', object: { id: 'something', deep: [1, 2, 3] } });
  await expect(finalPost(page, 'Counted 14')).toContainText(/block \d+/);
  await expect(finalPost(page, 'something')).toBeVisible();
  await look('group');
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(page.getByRole('img', { name: /QR/ })).toBeVisible();
  await look('share dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Blocks' }).click();
  await expect(
    page
      .getByRole('list', { name: /Blocks/ })
      .getByRole('link')
      .first(),
  ).toContainText('trx');
  await look('block list');
  await page
    .getByRole('list', { name: /Blocks/ })
    .getByRole('link')
    .first()
    .click();
  await expect(page.getByText('State root')).toBeVisible();
  await look('block');
  await page.getByRole('listitem').getByRole('link', { name: /^Post/ }).first().click();
  await expect(page.getByText('Data size')).toBeVisible();
  await look('trx');
  await page.getByRole('link', { name: 'Members' }).click();
  await expect(page.getByRole('heading', { name: 'Makes the blocks' })).toBeVisible();
  await look('members');
  await page.getByRole('link', { name: 'Consensus', exact: true }).click();
  await expect(page.getByText('Founding')).toBeVisible();
  await page.getByText('Founding').click();
  await expect(page.getByText('Request id')).toBeVisible();
  await look('consensus, with an open proof');
  await page.getByRole('link', { name: 'Change consensus' }).click();
  await page.getByRole('checkbox').first().uncheck();
  await page.getByRole('button', { name: 'Ask for this change' }).click();
  await expect(page.getByRole('alert')).toContainText('at least one producer');
  await look('change of consensus, with a mistake');
  await page.goto(`${relay.origin}/#/`);
  await expect(page.getByRole('list', { name: 'Groups' })).toBeVisible();
  await look('start, with a group');
  await page.goto(`${relay.origin}/#/nowhere`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await look('nowhere');
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any screen, ${colorScheme}`, async ({ browser }) => {
    const { page, troubles } = await openTab(browser, { colorScheme });
    await visitScreens(page, (screen) => test.step(screen, () => expectNoAxeViolations(page)));
    expect(troubles).toEqual([]);
  });
}

test('no screen scrolls sideways on a phone 320 pixels wide', async ({ browser }) => {
  const { page } = await openTab(browser, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
  await visitScreens(page, (screen) =>
    test.step(screen, async () => {
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(tooWide).toBe(0);
    }),
  );
});

test('each name is there to the letter, once', async ({ browser }) => {
  const { page } = await openTab(browser);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const textBox = (name: string) => page.getByRole('textbox', { name, exact: true });
  await expect(button('Create group')).toHaveCount(1);
  await expect(button('Join group')).toHaveCount(1);
  await expect(page.getByRole('region', { name: 'Status', exact: true })).toContainText('0 peers');
  await button('Join group').click();
  await expect(textBox('Seed URL')).toBeFocused();
  await expect(button('Join')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(button('Join group')).toBeFocused();
  await button('Create group').click();
  await expect(textBox('Group name')).toBeFocused();
  await expect(textBox('App key')).toHaveValue('group_timeline');
  await textBox('Group name').fill('Names');
  await button('Create').click();
  await expect(page.getByRole('feed')).toHaveCount(1);
  await textBox('Write a post').fill('To the letter');
  await button('Post').click();
  await expect(page.getByRole('feed').getByRole('article')).toContainText(['To the letter']);
  await expect(page.getByRole('article')).toContainText(/Pending|Final/);
  await expect(finalPost(page, 'To the letter')).toContainText(/block \d+/);
  await expect(page.getByRole('article')).toHaveCount(1);
  await button('Share').click();
  await button('Copy seed').click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^rum:\/\/seed\?v=1&/);
  // The share dialog is beside the page, not in front of it: writing goes on.
  await textBox('Write a post').fill('With the seed on show');
  await button('Post').click();
  await expect(finalPost(page, 'With the seed on show')).toHaveCount(1);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the keyboard alone creates, posts and shares', async ({ browser }) => {
  const { page } = await openTab(browser);
  const press = async (key: string, until: () => Promise<boolean>) => {
    for (let presses = 0; presses < 40 && !(await until()); presses++) await page.keyboard.press(key);
    expect(await until()).toBe(true);
  };
  const focused = (name: string) => () =>
    page.evaluate((name) => {
      const element = document.activeElement;
      const label = element instanceof HTMLTextAreaElement ? element.labels?.[0]?.textContent : element?.textContent;
      return label === name;
    }, name);
  await press('Tab', focused('Create group'));
  await page.keyboard.press('Enter');
  await page.keyboard.type('Keys only');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Keys only' })).toBeFocused();
  await press('Tab', focused('Write a post'));
  await page.keyboard.type('Typed, not clicked');
  await page.keyboard.press('Control+Enter');
  await expect(finalPost(page, 'Typed, not clicked')).toBeVisible();
  await page.keyboard.type('And another');
  await page.keyboard.press('Control+Enter');
  await expect(finalPost(page, 'And another')).toBeVisible();
  await press('Tab', () => page.evaluate(() => document.activeElement?.tagName === 'ARTICLE'));
  await expect(page.getByRole('article').nth(0)).toBeFocused();
  await page.keyboard.press('PageDown');
  await expect(page.getByRole('article').nth(1)).toBeFocused();
  await press('Shift+Tab', focused('Share'));
  await page.keyboard.press('Enter');
  await press('Tab', focused('Copy seed'));
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^rum:\/\/seed\?/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await focused('Share')()).toBe(true);
});

test('hostile words are shown as words', async ({ browser }) => {
  const { page, troubles } = await openTab(browser, { viewport: { width: 375, height: 700 } });
  const groupId = await createGroup(page, '\u202Eevil\u200B <b>name</b>');
  const html = '<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)">click</a>';
  await postJson(page, groupId, { type: 'Note', content: html });
  await postJson(page, groupId, { type: 'Note', content: 'right\u202Eto left https://evil\u202E.example javascript:alert(4)' });
  await postJson(page, groupId, { type: 'Note', content: `mountain ${'\u0301'.repeat(2000)} of marks` });
  await postJson(page, groupId, { type: 'Note', content: { content: 'deep' }, __proto__: { polluted: true } });
  await postJson(page, groupId, { type: 'Note', content: `huge ${'W'.repeat(290 * 1024)}` });
  await expect(finalPost(page, 'huge')).toBeVisible();
  await expect(finalPost(page, 'click')).toContainText(html);
  await expect(page.getByRole('article')).toHaveCount(5);
  await expect(page.locator('article img, article script, article iframe')).toHaveCount(0);
  for (const href of await page.locator('article a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))) {
    expect(href).toMatch(/^#\/group\//);
  }
  // A huge post is folded, and opens by hand.
  const huge = page.getByRole('article').filter({ hasText: 'huge' });
  expect((await huge.textContent())?.length).toBeLessThan(3000);
  await huge.getByRole('button', { name: 'Show more' }).click();
  expect((await huge.textContent())?.length).toBeGreaterThan(290 * 1024);
  const marks = await page.getByRole('article').filter({ hasText: 'mountain' }).boundingBox();
  expect(marks?.height).toBeLessThan(700);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('evil <b>name</b>');
  expect(troubles).toEqual([]);
});

test('a post that is too large is refused with a reason, and its text stays, over a reload too', async ({ browser }) => {
  const { page } = await openTab(browser);
  await createGroup(page, 'Limits');
  const box = page.getByRole('textbox', { name: 'Write a post' });
  const text = 'x'.repeat(300 * 1024);
  await box.fill(text);
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('300 KiB');
  expect((await box.inputValue()).length).toBe(text.length);
  // The unsent text outlives a reload of the tab.
  await page.reload();
  await expect.poll(async () => (await box.inputValue()).length).toBe(text.length);
  await box.fill('short enough');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  await expect(finalPost(page, 'short enough')).toBeVisible();
});

test('an invitation link shows what the seed says, joins on a click only, and leaves no key in the address', async ({
  browser,
}) => {
  const { page: owner } = await openTab(browser);
  await createGroup(owner, 'By invitation');
  await owner.getByRole('button', { name: 'Share' }).click();
  await owner.getByRole('button', { name: 'Copy link' }).click();
  const link = await owner.evaluate(() => navigator.clipboard.readText());
  const { page: guest } = await openTab(browser);
  await guest.goto(link);
  await expect(guest.getByRole('dialog')).toContainText('By invitation');
  await expect(guest.getByRole('textbox', { name: 'Seed URL' })).toHaveValue(/^rum:\/\/seed\?/);
  expect(guest.url()).not.toContain('seed');
  expect(await guest.evaluate(async () => (await window.sett?.api('/api/v1/groups'))?.json())).toMatchObject({ groups: [] });
  await guest.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(guest.getByRole('heading', { level: 1, name: 'By invitation' })).toBeVisible();
  await expect(guest.getByRole('region', { name: 'Status' })).toContainText('1 peers');
});

test('a seed that is damaged, or none at all, is refused with a reason', async ({ browser }) => {
  const { page } = await openTab(browser);
  await page.getByRole('button', { name: 'Join group' }).click();
  for (const seed of ['', 'hello', 'rum://seed?v=1', 'https://example.org/']) {
    await page.getByRole('textbox', { name: 'Seed URL' }).fill(seed);
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(page.getByRole('alert')).toHaveText(/\w+ \w+/);
    await expect(page.getByRole('textbox', { name: 'Seed URL' })).toHaveValue(seed);
  }
});

test('being offline is said for as long as it lasts', async ({ browser }) => {
  const { page } = await openTab(browser);
  await createGroup(page, 'Weather');
  await page.context().setOffline(true);
  await expect(page.getByRole('alert')).toContainText('offline');
  await expect(page.getByRole('region', { name: 'Status' })).toContainText('Offline');
  await page.context().setOffline(false);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the chosen colours stay', async ({ browser }) => {
  const { page } = await openTab(browser, { colorScheme: 'light' });
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(await scheme()).toBe('light dark');
  await page.getByRole('button', { name: /Colours/ }).click();
  await page.getByRole('button', { name: /Colours/ }).click();
  expect(await scheme()).toBe('dark');
  await page.reload();
  await expect(page.getByRole('button', { name: /dark/ })).toBeVisible();
  expect(await scheme()).toBe('dark');
});

test('an insecure origin says what is missing and what to do', async () => {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [...CHROMIUM_ARGS, '--host-resolver-rules=MAP sett.test 127.0.0.1'],
  });
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://sett.test:${relay.port}/`);
  await expect(page.getByRole('alert')).toContainText('https');
  await expect(page.getByRole('alert')).toContainText(`http://localhost:${relay.port}/`);
  await expectNoAxeViolations(page);
  await browser.close();
});

/** The seam of a tab: several tabs of one profile, the node worker between them, and what may cross it. Real app, real relay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { buildApp } from './support/build-app.ts';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';
import { startFreezer } from './support/freezer.ts';
import { type RelayProcess, startRelayProcess } from './support/relay.ts';
import { formsOf, readSeam, readSecrets, spyOnSeam } from './support/seam-spy.ts';

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

async function openTab(context: BrowserContext, prepare?: (page: Page) => Promise<void>): Promise<Page> {
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(`${relay.origin}/`);
  await page.evaluate(() => window.sett?.ready);
  return page;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the interface's answers have many shapes
  readonly body: any;
}

function api(page: Page, route: string, body?: unknown): Promise<Answer> {
  return page.evaluate(
    async ([route, body]) => {
      const response = await window.sett?.api(route, body === undefined ? undefined : { method: 'POST', body });
      return { status: response?.status ?? 0, body: await response?.json() };
    },
    [route, body === undefined ? undefined : JSON.stringify(body)] as const,
  );
}

async function createGroup(page: Page, encryption: 'public' | 'private' = 'public'): Promise<string> {
  const group = { group_name: 'badgers', consensus_type: 'poa', encryption_type: encryption, app_key: 'sett_test' };
  const { status, body } = await api(page, '/api/v1/group', group);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.group_id;
}

/** Posts one text after the other without waiting for the answers in between; resolves with the trx ids. */
function postAll(page: Page, groupId: string, texts: readonly string[]): Promise<string[]> {
  return page.evaluate(
    async ([groupId, texts]) =>
      Promise.all(
        texts.map(async (content) => {
          const body = JSON.stringify({ data: { type: 'Note', content } });
          const response = await window.sett?.api(`/api/v1/group/${groupId}/content`, { method: 'POST', body });
          const answer = await response?.json();
          if (response?.status !== 200) throw new Error(`${response?.status} ${JSON.stringify(answer)}`);
          return answer.trx_id as string;
        }),
      ),
    [groupId, texts] as const,
  );
}

async function finalTexts(page: Page, groupId: string): Promise<string[]> {
  const { body } = await api(page, `/app/api/v1/group/${groupId}/content?num=500`);
  return (body as { Content: { content: string } }[]).map(({ Content }) => Content.content).sort();
}

const numbered = (word: string) => Array.from({ length: 10 }, (_, index) => `${word} ${index}`);

for (const [how, end] of [
  ['is closed', (page: Page) => page.close()],
  [
    'crashes',
    async (page: Page) => {
      const session = await page.context().newCDPSession(page);
      // The answer to this never comes.
      void session.send('Page.crash').catch(() => {});
      await page.waitForEvent('crash');
    },
  ],
] as const) {
  test(`the leading tab ${how} in the middle of posts: each becomes final, once`, async ({ context }) => {
    const leader = await openTab(context);
    const groupId = await createGroup(leader);
    const follower = await openTab(context);
    const before = await postAll(follower, groupId, numbered('before'));
    const posting = postAll(follower, groupId, numbered('during'));
    await end(leader);
    const during = await posting;

    expect(new Set([...before, ...during]).size).toBe(20);
    await expect.poll(() => finalTexts(follower, groupId)).toEqual([...numbered('before'), ...numbered('during')].sort());
    for (const trxId of during) {
      expect((await api(follower, `/api/v1/trx/${groupId}/${trxId}/status`)).body.status).toBe('Committed');
    }
  });
}

test('a leader that is told of its freezing makes way, and comes back as a window', async ({ context }) => {
  const leader = await openTab(context);
  const groupId = await createGroup(leader);
  const follower = await openTab(context);
  const session = await context.newCDPSession(leader);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await postAll(follower, groupId, ['while it slept']);
  await expect.poll(() => finalTexts(follower, groupId)).toEqual(['while it slept']);

  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await postAll(leader, groupId, ['awake again']);
  await expect.poll(() => finalTexts(follower, groupId)).toEqual(['awake again', 'while it slept']);
});

test('a leader that froze without a word loses the lead, and its node writes nothing when it wakes', async ({ context }) => {
  const freezer = await startFreezer();
  try {
    const leader = await openTab(context, spyOnSeam);
    const groupId = await createGroup(leader);
    await postAll(leader, groupId, ['first']);
    const follower = await openTab(context);
    await expect.poll(() => finalTexts(follower, groupId)).toEqual(['first']);

    // The node's thread stands still, with a post in front of it; then the page's thread does.
    const [worker] = leader.workers();
    if (worker === undefined) throw new Error('The leading tab has no worker.');
    const nodeWakes = await freezer.freeze(worker);
    const frozenPost = postAll(leader, groupId, ['of the frozen']);
    await expect.poll(async () => (await readSeam(leader))['to MessagePort']?.texts).toContain('of the frozen');
    const pageWakes = await freezer.freeze(leader);

    await postAll(follower, groupId, ['second']);
    await expect.poll(() => finalTexts(follower, groupId)).toEqual(['first', 'second']);
    const top: number = (await api(follower, '/api/v1/groups')).body.groups[0].currt_top_block;
    const block = `/api/v1/block/${groupId}/${top}`;
    const before = (await api(follower, block)).body;

    // The node takes the post as if nothing had been; its page cannot end it yet. Only the fence stands in its way.
    const fenced = leader.waitForEvent('console', (message) => message.text().includes('Another tab has taken over'));
    nodeWakes();
    await fenced;
    expect(await finalTexts(follower, groupId)).toEqual(['first', 'second']);

    pageWakes();
    await frozenPost;
    await expect.poll(() => finalTexts(follower, groupId)).toEqual(['first', 'of the frozen', 'second']);
    expect(await finalTexts(leader, groupId)).toEqual(['first', 'of the frozen', 'second']);
    expect((await api(leader, block)).body).toEqual(before);
  } finally {
    await freezer.close();
  }
});

test('no signing or encryption key crosses the seam in a full run', async ({ browser }) => {
  const contexts = [await browser.newContext(), await browser.newContext()];
  try {
    const [mine, theirs] = contexts as [BrowserContext, BrowserContext];
    const leader = await openTab(mine, spyOnSeam);
    const follower = await openTab(mine, spyOnSeam);
    const guest = await openTab(theirs, spyOnSeam);
    const groupIds = [await createGroup(leader), await createGroup(follower, 'private')];
    for (const groupId of groupIds) {
      const { body } = await api(leader, `/api/v1/group/${groupId}/seed`);
      expect((await api(guest, '/api/v2/group/join', { seed: body.seed })).status).toBe(200);
    }
    await postAll(leader, groupIds[0] as string, ['from the leader']);
    await postAll(follower, groupIds[0] as string, ['from a window']);
    await postAll(guest, groupIds[0] as string, ['from a guest']);
    for (const page of [leader, guest]) {
      await expect
        .poll(() => finalTexts(page, groupIds[0] as string))
        .toEqual(['from a guest', 'from a window', 'from the leader']);
    }
    for (const page of [leader, follower, guest]) {
      for (const groupId of groupIds) {
        for (const route of [
          'consensus/',
          'consensus/proof/last',
          'consensus/proof/history',
          'announced/producers',
          'announced/users',
          'seed',
        ]) {
          await api(page, `/api/v1/group/${groupId}/${route}`);
        }
        for (const block of [0, 1]) await api(page, `/api/v1/block/${groupId}/${block}`);
        await api(page, '/api/v1/group/leave', { group_id: unknownGroup });
      }
      for (const route of ['/api/v1/groups', '/api/v1/node', '/api/v1/network']) await api(page, route);
    }

    for (const [page, others] of [
      [leader, [follower]],
      [guest, []],
    ] as const) {
      const secrets = await readSecrets(page, 'sett-default');
      // Two groups, each with a signing key of 32 bytes and an age identity.
      expect(secrets.map(({ length }) => length)).toEqual([32, 74, 32, 74]);
      const publicKey: string = (await api(page, '/api/v1/groups')).body.groups[0].user_pubkey;
      const seen = [await readSeam(page), ...(await Promise.all(others.map(readSeam)))];
      expect(Object.keys(seen[0] ?? {}).sort()).toEqual(
        expect.arrayContaining(['answers', 'from MessagePort', 'from Worker', 'to MessagePort', 'to Worker']),
      );
      // The search finds what did cross: the public key as text, and what was gossiped as bytes.
      expect(seen.some((ways) => Object.values(ways).some(({ texts }) => texts.includes(publicKey)))).toBe(true);
      expect(seen[0]?.['from MessagePort']?.bytes.length).toBeGreaterThan(100);

      for (const secret of secrets.flatMap((value) => (value.length === 32 ? [value] : [value, ageSecretOf(value)]))) {
        const forms = formsOf(secret);
        for (const ways of seen) {
          for (const [way, { texts, bytes }] of Object.entries(ways)) {
            const folded = texts.toLowerCase();
            const found = [
              ...forms.exact.filter((form) => texts.includes(form)),
              ...forms.anyCase.filter((form) => folded.includes(form)),
              ...[texts, bytes].filter((text) => text.includes(forms.bytes)),
            ];
            expect(found.length, `a secret travels ${way}`).toBe(0);
          }
        }
      }
    }
  } finally {
    for (const context of contexts) await context.close();
  }
});

const unknownGroup = '00000000-0000-4000-8000-000000000000';

/** The 32 bytes inside an age identity (bech32, without its checksum of six characters). */
function ageSecretOf(identity: Uint8Array): Uint8Array {
  const data = Buffer.from(identity).toString('latin1').toLowerCase().split('1').at(-1) ?? '';
  let bits = 0n;
  for (const character of data.slice(0, -6)) bits = (bits << 5n) | BigInt('qpzry9x8gf2tvdw0s3jn54khce6mua7l'.indexOf(character));
  // 52 characters of five bits hold 256 bits and four of padding.
  return Uint8Array.from(Buffer.from((bits >> 4n).toString(16).padStart(64, '0'), 'hex'));
}

test('on an insecure origin the page says what is missing and what to do', async () => {
  const executablePath = findChromium();
  const host = 'badgers.test';
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...CHROMIUM_ARGS, `--host-resolver-rules=MAP ${host} 127.0.0.1`],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://${host}:${relay.port}/`);
    await expect(page.getByRole('alert')).toContainText('WebCrypto');
    await expect(page.getByText('https')).toBeVisible();
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

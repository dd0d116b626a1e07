import type { BrowserContext } from '@playwright/test';
import { type App, call, createGroup, openTab, STEP_TIMEOUT_MS, withApp } from './app.ts';
import { type Benchmark, figure } from './benchmark.ts';

const RUNS = 5;
const POSTS = 1_000;
/** Posts that are on their way at once while the feed is being filled. */
const AT_ONCE = 50;

/** Fills a profile with a group of `POSTS` final posts and closes it; answers the group's id. */
async function fillProfile({ origin, browser }: App, profileFolder: string): Promise<string> {
  const context = await browser(profileFolder);
  const page = await openTab(context, origin);
  const { group_id: groupId } = await createGroup(page);
  await page.evaluate(
    async ({ groupId, posts, atOnce }) => {
      for (let first = 0; first < posts; first += atOnce) {
        const numbers = Array.from({ length: atOnce }, (_, place) => first + place);
        await Promise.all(
          numbers.map((number) =>
            window.sett?.api(`/api/v1/group/${groupId}/content`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ data: { type: 'Note', content: `Post ${number}, one of many that this feed shows.` } }),
            }),
          ),
        );
      }
    },
    { groupId, posts: POSTS, atOnce: AT_ONCE },
  );
  const url = `/app/api/v1/group/${groupId}/content?num=500`;
  for (let final = 0, after = ''; final < POSTS; ) {
    const items = await call<{ TrxId: string }[]>(page, 'GET', after === '' ? url : `${url}&starttrx=${after}`);
    final += items.length;
    after = items.at(-1)?.TrxId ?? after;
  }
  await context.close();
  return groupId;
}

/** Milliseconds from navigation until `window.sett.ready`, and until the page shows its first post, if it is to show one. */
async function start(context: BrowserContext, url: string, showsFeed: boolean): Promise<{ readyMs: number; feedMs: number }> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.addInitScript(() => {
    const times = { readyMs: 0, feedMs: 0 };
    Object.assign(window, { times });
    const look = () => {
      if (times.feedMs === 0 && document.querySelector('[role=feed] article') !== null) times.feedMs = performance.now();
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    // The page's own script sets `window.sett`; `load` comes after it has run.
    addEventListener('load', () => void window.sett?.ready.then(() => Object.assign(times, { readyMs: performance.now() })));
  });
  await page.goto(url);
  const times = await page.waitForFunction(
    (needsFeed) => {
      const { times } = window as unknown as { times: { readyMs: number; feedMs: number } };
      return times.readyMs > 0 && (!needsFeed || times.feedMs > 0) ? times : undefined;
    },
    showsFeed,
    { timeout: STEP_TIMEOUT_MS },
  );
  return times.jsonValue() as Promise<{ readyMs: number; feedMs: number }>;
}

/** Milliseconds from navigation to the load of a small static file of the same server: what any page costs here. */
async function bare(context: BrowserContext, origin: string): Promise<number> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${origin}/bootstrap.json`);
  return page.evaluate(() => performance.getEntriesByType('navigation')[0]?.duration ?? Number.NaN);
}

export const coldStart: Benchmark = {
  name: 'cold-start',
  sentence:
    'A browser that was just started: from navigation to the node being ready, with an empty profile and with one group, and to the first post ' +
    'of a feed of 1,000 on the screen. Reference: loading a small static file from the same server.',
  run: ({ progress }) =>
    withApp(async (app) => {
      const { origin, browser } = app;
      const profileFolder = await app.folder();
      progress(`Filling a profile with ${POSTS} posts.`);
      const groupId = await fillProfile(app, profileFolder);
      const runs = { bare: [] as number[], empty: [] as number[], ready: [] as number[], feed: [] as number[] };
      for (let number = 0; number < RUNS; number++) {
        const bareBrowser = await browser();
        runs.bare.push(await bare(bareBrowser, origin));
        await bareBrowser.close();

        const emptyBrowser = await browser();
        runs.empty.push((await start(emptyBrowser, origin, false)).readyMs);
        await emptyBrowser.close();

        const fullBrowser = await browser(profileFolder);
        const { readyMs, feedMs } = await start(fullBrowser, `${origin}/#/group/${groupId}`, true);
        runs.ready.push(readyMs);
        runs.feed.push(feedMs);
        await fullBrowser.close();
        progress(`Start ${number + 1} of ${RUNS} done.`);
      }
      return {
        figures: [
          figure('navigation to node ready, empty profile', 'ms', runs.empty),
          figure(`navigation to node ready, ${POSTS} posts`, 'ms', runs.ready),
          figure(`navigation to first post on the screen, ${POSTS} posts`, 'ms', runs.feed),
        ],
        reference: [figure('navigation to load of a small static file', 'ms', runs.bare)],
      };
    }),
};

/** The real app for a benchmark: built, served by the real relay, opened in a real Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { ROOT, run } from '../.ci/process.ts';
import { CHROMIUM_ARGS, ensureChromium } from '../e2e/support/chromium.ts';
import { startRelayProcess } from '../e2e/support/relay.ts';

const BUILD_TIMEOUT_MS = 10 * 60_000;
/** A step of a benchmark that takes longer than this has failed. */
export const STEP_TIMEOUT_MS = 5 * 60_000;

export interface App {
  readonly origin: string;
  /** A browser of its own. With the same `profileFolder` it is the one that was closed before, with all that it stored. */
  browser(profileFolder?: string): Promise<BrowserContext>;
  /** One browser for many people, each with a context of their own. */
  oneBrowser(): Promise<Browser>;
  /** A folder that is deleted with the app. */
  folder(): Promise<string>;
}

/** Builds the app if it is stale, starts a relay, and gives both to `use`; ends everything that was started. */
export async function withApp<T>(use: (app: App) => Promise<T>): Promise<T> {
  const built = await run(process.execPath, ['src/server/build.ts'], { timeoutMs: BUILD_TIMEOUT_MS });
  if (built.code !== 0) throw new Error(`The app cannot be built:\n${built.output}`);
  const executablePath = await ensureChromium();
  const folders: string[] = [];
  const browsers: { close(): Promise<void> }[] = [];
  const folder = async () => {
    const made = await mkdtemp(path.join(tmpdir(), 'sett-bench-'));
    folders.push(made);
    return made;
  };
  const relay = await startRelayProcess({ dataDirectory: await folder(), appDirectory: path.join(ROOT, 'dist') });
  const browser = async (profileFolder?: string) => {
    const context = await chromium.launchPersistentContext(profileFolder ?? (await folder()), {
      executablePath,
      args: [...CHROMIUM_ARGS],
      permissions: ['microphone'],
    });
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    browsers.push(context);
    return context;
  };
  const oneBrowser = async () => {
    const launched = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] });
    browsers.push(launched);
    return launched;
  };
  try {
    return await use({ origin: relay.origin, browser, oneBrowser, folder });
  } finally {
    await Promise.all(browsers.map((each) => each.close()));
    await relay.stop();
    await Promise.all(folders.map((made) => rm(made, { recursive: true, force: true })));
  }
}

/** Opens a tab and waits until its node answers. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(url);
  await page.evaluate(() => window.sett?.ready);
  return page;
}

/** One call of the REST interface in a tab; throws what a refusal says. */
export function call<T>(page: Page, method: 'GET' | 'POST', url: string, body?: unknown): Promise<T> {
  return page.evaluate(
    async ({ method, url, body }) => {
      if (window.sett === undefined) throw new Error('This page is not Sett.');
      const init =
        body === undefined ? { method } : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const answer = await window.sett.api(url, init);
      const value = await answer.json();
      if (!answer.ok) throw new Error(`${method} ${url}: ${value.message}`);
      return value;
    },
    { method, url, body },
  );
}

export function createGroup(page: Page): Promise<{ group_id: string; seed: string }> {
  return call(page, 'POST', '/api/v1/group', {
    group_name: 'benchmark',
    consensus_type: 'poa',
    encryption_type: 'public',
    app_key: 'group_timeline',
  });
}

/** `npm run e2e -- [Playwright's arguments]`: gets a Chromium if there is none, then runs Playwright. */
import { run, tool } from '../.ci/process.ts';
import { ensureChromium } from './support/chromium.ts';

/** Every test has a time limit of its own; this one is for Playwright itself. */
const TIMEOUT_MS = 60 * 60_000;

const executable = await ensureChromium();
const { code } = await run(process.execPath, [tool('@playwright/test/cli.js'), 'test', ...process.argv.slice(2)], {
  timeoutMs: TIMEOUT_MS,
  live: true,
  env: { CHROMIUM: executable },
});
process.exitCode = code ?? 1;

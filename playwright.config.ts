import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from './e2e/support/chromium.ts';

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('There is no Chromium on this machine. `npm run e2e` installs one.');

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  // Each test starts a relay and several tabs, each a whole node: two tests at a time would only wait for each other.
  workers: 1,
  // A test that passes the second time has found something.
  retries: 0,
  forbidOnly: true,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
  use: {
    launchOptions: { executablePath, args: [...CHROMIUM_ARGS] },
    permissions: ['microphone'],
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});

/**
 * `npm test`: everything, in order. A step that fails hides no later one. The last line is the sum, `N passed, N failed`: one for each
 * unit and end-to-end test, and one each for types, lint, imports, style, supply chain and build. The exit code is 1 if anything failed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureChromium } from '../e2e/support/chromium.ts';
import { checkArrows } from './arrows.ts';
import { ROOT, run, tool } from './process.ts';
import { checkStyle } from './style.ts';
import { checkSupplyChain } from './supply-chain.ts';
import { checkTypes } from './types.ts';

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const PASSED: Count = { passed: 1, failed: 0 };
const FAILED: Count = { passed: 0, failed: 1 };

/** Time limits: several times what a busy machine with two cores needs. */
const LINT_TIMEOUT_MS = 5 * 60_000;
const UNIT_TIMEOUT_MS = 30 * 60_000;
const BUILD_TIMEOUT_MS = 10 * 60_000;
const END_TO_END_TIMEOUT_MS = 60 * 60_000;

const reports = mkdtempSync(path.join(tmpdir(), 'sett-test-'));

function fromProblems(problems: readonly string[]): Count {
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length === 0 ? PASSED : FAILED;
}

/** A program that passes or fails as a whole; it is heard only when it fails. */
async function fromProgram(args: readonly string[], timeoutMs: number): Promise<Count> {
  const ran = await run(process.execPath, args, { timeoutMs });
  if (ran.code === 0) return PASSED;
  console.log(ran.output);
  if (ran.timedOut) console.log(`  no end within ${timeoutMs / 60_000} minutes`);
  return FAILED;
}

/** A report that a test runner has written; undefined if it did not come that far. */
function readReport<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

async function unit(): Promise<Count> {
  const file = path.join(reports, 'unit.json');
  const args = ['run', '--no-color', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ran = await run(process.execPath, [tool('vitest/vitest.mjs'), ...args], { timeoutMs: UNIT_TIMEOUT_MS, live: true });
  const report = readReport<VitestReport>(file);
  if (report === undefined) return FAILED;
  // A file that cannot be loaded holds no tests, and fails all the same.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  // What did not run did not pass.
  const failed = report.numTotalTests - report.numPassedTests + unloaded;
  return { passed: report.numPassedTests, failed: failed === 0 && ran.code !== 0 ? 1 : failed };
}

interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number; readonly skipped: number };
  readonly errors: readonly unknown[];
}

async function endToEnd(): Promise<Count> {
  const file = path.join(reports, 'e2e.json');
  const executable = await ensureChromium();
  const ran = await run(process.execPath, [tool('@playwright/test/cli.js'), 'test', '--reporter=list,json'], {
    timeoutMs: END_TO_END_TIMEOUT_MS,
    live: true,
    env: { CHROMIUM: executable, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
  });
  const report = readReport<PlaywrightReport>(file);
  if (report === undefined) return FAILED;
  const { expected, unexpected, flaky, skipped } = report.stats;
  const failed = unexpected + flaky + skipped + report.errors.length;
  return { passed: expected, failed: failed === 0 && ran.code !== 0 ? 1 : failed };
}

const results: { name: string; count: Count; seconds: string }[] = [];

/** Runs a step and keeps its result; a step that throws has failed. */
async function step(name: string, work: () => Promise<Count>): Promise<Count> {
  console.log(`\n── ${name}`);
  const start = performance.now();
  const count = await work().catch((error: unknown) => {
    console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return FAILED;
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  results.push({ name, count, seconds });
  console.log(`${count.failed === 0 ? 'ok' : 'FAILED'}: ${name}, ${seconds} s`);
  return count;
}

let imports: ReadonlyMap<string, readonly string[]> = new Map();

await step('types', async () => fromProblems((await checkTypes()).split('\n').filter((line) => line !== '')));
await step('lint', () =>
  fromProgram([tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '--max-diagnostics=50'], LINT_TIMEOUT_MS),
);
await step('imports', async () => {
  const checked = await checkArrows();
  imports = checked.imports;
  return fromProblems(checked.problems);
});
await step('style', async () => fromProblems(checkStyle(imports)));
await step('supply chain', async () => fromProblems(await checkSupplyChain()));
await step('unit and simulation tests', unit);
const build = await step('build', () => fromProgram([tool('vite/bin/vite.js'), 'build'], BUILD_TIMEOUT_MS));
await step('end-to-end tests', async () => {
  if (build.failed === 0) return endToEnd();
  console.log('  not run: there is no build to test');
  return FAILED;
});

rmSync(reports, { recursive: true, force: true });
console.log(`\n${path.basename(ROOT)}:`);
for (const { name, count, seconds } of results) {
  console.log(
    `  ${count.failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`,
  );
}
const passed = results.reduce((sum, { count }) => sum + count.passed, 0);
const failed = results.reduce((sum, { count }) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

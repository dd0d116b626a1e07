/** `npm run doors -- [--minutes 10] [--seed 1] [--only flood]`: throws everything at a relay, headless nodes and a page, and prints what holds. */
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { buildApp } from './support/build-app.ts';
import { CHROMIUM_ARGS, ensureChromium } from './support/chromium.ts';
import { ATTACKS } from './support/doors/attacks.ts';
import { INSPECTOR_OPTIONS } from './support/doors/memory.ts';
import { type SiegeResult, siege } from './support/doors/siege.ts';
import { startTarget, withDoor } from './support/doors/target.ts';
import { openHeadlessWorld } from './support/node-process.ts';
import { Person } from './support/person.ts';

const GROUP_NAME = 'doors';
const DEFAULT_MINUTES = 5;
/** For each attack, beside what it needs to prepare. */
const ATTACK_MS = { min: 8_000, max: 15_000 };

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string', default: '' } },
});
const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new TypeError('--minutes and --seed take numbers.');
const durationMs = minutes * 60_000;
const attackMs = Math.min(ATTACK_MS.max, Math.max(ATTACK_MS.min, durationMs / Object.keys(ATTACKS).length));

function table({ rows, usual, meanwhile, before, peak, after, problems }: SiegeResult): string {
  const names = Object.keys(before);
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const megabytes = (name: string, ...columns: (typeof before)[]): string =>
    columns.map((column) => Math.round(column[name] ?? Number.NaN)).join(', ');
  return [
    row(
      'attack',
      'tried',
      'reached',
      'held',
      'honest posts: median, longest (s)',
      ...names.map((name) => `${name}: before, peak, after (MB)`),
    ),
    row('---', '---', '---', '---', '---', ...names.map(() => '---')),
    row('none', '', '', '', `${seconds(usual.medianMs)}, ${seconds(usual.maxMs)}`, ...names.map(() => '')),
    ...rows.map((one) =>
      row(
        one.attack,
        one.tried,
        one.reached,
        one.problems.length === 0 ? 'yes' : 'no',
        `${seconds(one.posts.medianMs)}, ${seconds(one.posts.maxMs)}`,
        ...names.map((name) => megabytes(name, one.before, one.peak, one.after)),
      ),
    ),
    row(
      'all',
      '',
      '',
      problems.length === 0 ? 'yes' : 'no',
      `${seconds(meanwhile.medianMs)}, ${seconds(meanwhile.maxMs)}`,
      ...names.map((name) => megabytes(name, before, peak, after)),
    ),
    '',
    ...(problems.length === 0 ? ['Everything held.'] : ['Did not hold:', ...problems.map((problem) => `- ${problem}`)]),
  ].join('\n');
}

const progress = (line: string): void => console.error(line);
progress(`--seed ${seed}, ${minutes} minutes, ${Math.round(attackMs / 1_000)} s for each attack`);
// Every process that is started from here inherits it.
process.env.NODE_OPTIONS = INSPECTOR_OPTIONS;
const executablePath = await ensureChromium();
const appDirectory = await buildApp();
const world = await openHeadlessWorld({ appDirectory });
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] });
try {
  const target = await startTarget(world);
  const person = await Person.arrive(browser, world.relay.origin);
  await person.join(target.scene.seed, GROUP_NAME);
  const result = await siege({
    target: withDoor(target, 'page, over a circuit', await person.peerId()),
    person,
    seed,
    durationMs,
    attackMs,
    leftOut: (name) => !name.includes(values.only),
    progress,
  });
  console.log(table(result));
  process.exitCode = result.problems.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  await world.end();
  await rm(appDirectory, { recursive: true, force: true });
}

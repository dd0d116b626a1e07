/** One attack after another on everything at once, while honest people go on; and whether it holds. */
import { parseSeed } from '../../../src/records/index.ts';
import { SeededRandom } from '../../../src/sim/random.ts';
import type { NodeProcess } from '../node-process.ts';
import type { Person } from '../person.ts';
import { ATTACKS } from './attacks.ts';
import { type Figures, Honest, type HonestCall, honestText } from './honest.ts';
import { type Megabytes, Memory } from './memory.ts';
import { type Report, sleep } from './order.ts';
import { startAttack } from './start-attack.ts';
import type { Target } from './target.ts';

/** How much slower honest posts may be. */
export const SLOWER_MAX = 3;
/** How much more memory may be left in use. */
export const MEMORY_MAX = 1.2;
/** Fewer say nothing about how long one takes: an epoch may begin at once, or in a second. */
const FEW_POSTS = 5;
const WARM_UP_MS = 40_000;
/** Of the warm-up, what counts as usual. */
const USUAL_MS = 25_000;
const PAUSE_MS = 2_000;
const QUIET_MS = 60_000;
const QUIET_STEP_MS = 10_000;
const SHOWN_TIMEOUT_MS = 20_000;
/** Enough for a reader of answers to have something to read. */
const LARGE_POSTS = 30;
const LARGE_POST_CHARS = 100_000;

export interface Row extends Report {
  readonly attack: string;
  readonly rounds: number;
  readonly problems: readonly string[];
  readonly posts: Figures;
  readonly before: Megabytes;
  readonly peak: Megabytes;
  readonly after: Megabytes;
}

export interface SiegeResult {
  readonly usual: Figures;
  readonly meanwhile: Figures;
  readonly rows: readonly Row[];
  readonly before: Megabytes;
  readonly peak: Megabytes;
  readonly after: Megabytes;
  /** What does not hold, of all of it. */
  readonly problems: readonly string[];
}

export interface SiegeOptions {
  readonly target: Target;
  /** Somebody whose page shows the group. */
  readonly person: Person;
  readonly seed: number;
  readonly durationMs: number;
  readonly attackMs: number;
  /** Names of attacks that are left out. */
  readonly leftOut?: (name: string) => boolean;
  readonly progress: (line: string) => void;
}

/** For each attack of the first round, which only warms the processes up. */
const FIRST_ATTACK_MS = 3_000;

export async function siege(options: SiegeOptions): Promise<SiegeResult> {
  const { target, person, progress } = options;
  await postLarge(target.owner, target.groupId);
  const memory = new Memory(target.processes.map(([name, { pid, output }]) => ({ name, pid, output })));
  const calls: HonestCall[] = [
    ['the relay', async (signal) => (await fetch(`${target.scene.relayOrigin}/bootstrap.json`, { signal })).json()],
    ['the owner', (signal) => Promise.race([target.owner.call('/api/v1/groups'), aborted(signal)])],
    ['the page', (signal) => Promise.race([person.api('/api/v1/groups'), aborted(signal)])],
  ];
  const honest = new Honest(target.member, target.groupId, calls, new SeededRandom(options.seed, 'honest'));
  honest.start();
  try {
    await sleep(WARM_UP_MS);
    const startMs = performance.now();
    const usual = honest.figures(startMs - USUAL_MS, startMs);
    const names = Object.keys(ATTACKS).filter((name) => !options.leftOut?.(name));
    // A process that has never been busy holds less than one at rest: what is compared is one siege with the next.
    const { resident: fresh } = await memory.collected();
    for (const [index, name] of names.entries()) {
      await oneAttack({ ...options, attackMs: FIRST_ATTACK_MS }, honest, memory, usual, name, options.seed - 1 - index);
    }
    const { resident: before, heap: heapBefore } = await quiet(memory, fresh);
    const siegeMs = performance.now();
    progress(`resident: ${shown(fresh)} when fresh, ${shown(before)} after each attack once`);
    progress(`usual: final after ${Math.round(usual.medianMs)} ms, at most ${Math.round(usual.maxMs)} ms`);
    const peaks: Megabytes[] = [];
    const rows = new Map<string, Row>();
    for (let turn = 0; turn < names.length || performance.now() - siegeMs < options.durationMs; turn++) {
      const attack = names[turn % names.length] ?? '';
      memory.takePeaks();
      const row = await oneAttack(options, honest, memory, usual, attack, options.seed + turn);
      peaks.push(row.peak);
      rows.set(attack, added(rows.get(attack), row));
      const held = row.problems.length === 0 ? 'held' : `NOT HELD: ${row.problems.join('; ')}`;
      progress(`${attack}: ${row.reached} of ${row.tried}, final after ${Math.round(row.posts.medianMs)} ms, ${held}`);
    }
    const endMs = performance.now();
    await honest.stop();
    const meanwhile = honest.figures(siegeMs, endMs);
    const { resident: after, heap } = await quiet(memory, before);
    progress(`in use on heaps: ${shown(heapBefore)} before, ${shown(heap)} after`);
    return {
      usual,
      meanwhile,
      rows: [...rows.values()],
      before,
      peak: Object.fromEntries(Object.keys(before).map((name) => [name, Math.max(...peaks.map((peak) => peak[name] ?? 0))])),
      after,
      problems: [
        ...[...rows.values()].flatMap(({ attack, problems }) => problems.map((problem) => `${attack}: ${problem}`)),
        ...[...target.problems(), ...honest.problems(), ...person.defects],
        ...slower(meanwhile, usual),
        ...Object.entries(after)
          .filter(([name, mb]) => !(mb <= MEMORY_MAX * (before[name] ?? 0)))
          .map(([name, mb]) => `memory of ${name}: ${Math.round(before[name] ?? 0)} MB before, ${Math.round(mb)} MB after`),
      ],
    };
  } finally {
    await honest.stop();
    memory.stop();
  }
}

async function oneAttack(
  { target, person, attackMs }: SiegeOptions,
  honest: Honest,
  memory: Memory,
  usual: Figures,
  attack: string,
  seed: number,
): Promise<Row> {
  const before = memory.now();
  const knownDefects = person.defects.length;
  let startMs = performance.now();
  const problems: string[] = [];
  const joined: Promise<string>[] = [];
  const report = await startAttack(
    { attack, scene: target.scene, seed, durationMs: attackMs, isRepeated: true },
    {
      onReady: () => {
        startMs = performance.now();
      },
      onSeed: (seedUrl) => joined.push(join(person, seedUrl)),
    },
  ).catch((error: Error) => {
    problems.push(error.message);
    return { tried: 0, reached: 0 };
  });
  const endMs = performance.now();
  for (const groupId of await Promise.all(joined)) await person.api('/api/v1/group/leave', { group_id: groupId });
  const isShown = await showsNextPost(person, honest);
  await honest.settled();
  await sleep(PAUSE_MS);
  const posts = honest.figures(startMs, endMs);
  problems.push(
    ...target.problems(),
    ...honest.problems(),
    ...person.defects.slice(knownDefects).map((defect) => `page: ${defect}`),
    ...(isShown ? [] : ['the page does not show an honest post']),
    ...(report.reached > 0 ? [] : ['nothing was reached']),
    ...slower(posts, usual),
  );
  return { attack, rounds: 1, ...report, problems, posts, before, peak: memory.takePeaks(), after: memory.now() };
}

function slower(posts: Figures, usual: Figures): string[] {
  if (posts.count < FEW_POSTS) return [];
  const times = posts.medianMs / usual.medianMs;
  return times <= SLOWER_MAX ? [] : [`honest posts were ${times.toFixed(1)} times slower`];
}

async function join(person: Person, seedUrl: string): Promise<string> {
  await person.api('/api/v2/group/join', { seed: seedUrl });
  return parseSeed(seedUrl).groupId;
}

/** Whether a post that is made from now on is on the page, as a final one. */
async function showsNextPost(person: Person, honest: Honest): Promise<boolean> {
  const article = person.article(honestText(honest.posted)).filter({ hasText: 'Final' });
  return article.waitFor({ timeout: SHOWN_TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

/** Two rows of one attack as one. */
function added(first: Row | undefined, second: Row): Row {
  if (first === undefined) return second;
  const most = (a: Megabytes, b: Megabytes) =>
    Object.fromEntries(Object.entries(b).map(([name, mb]) => [name, Math.max(mb, a[name] ?? 0)]));
  return {
    ...second,
    rounds: first.rounds + 1,
    tried: first.tried + second.tried,
    reached: first.reached + second.reached,
    problems: [...new Set([...first.problems, ...second.problems])],
    posts: {
      count: first.posts.count + second.posts.count,
      // Of the slower round.
      medianMs: Math.max(first.posts.medianMs, second.posts.medianMs),
      maxMs: Math.max(first.posts.maxMs, second.posts.maxMs),
    },
    before: first.before,
    peak: most(first.peak, second.peak),
  };
}

/** Waits until the memory is as before, or for a minute. */
async function quiet(memory: Memory, before: Megabytes): ReturnType<Memory['collected']> {
  for (let waitedMs = 0; ; waitedMs += QUIET_STEP_MS) {
    const collected = await memory.collected();
    const isBack = Object.entries(collected.resident).every(([name, mb]) => mb <= MEMORY_MAX * (before[name] ?? 0));
    if (isBack || waitedMs >= QUIET_MS) return collected;
    await sleep(QUIET_STEP_MS);
  }
}

function shown(megabytes: Megabytes): string {
  return Object.entries(megabytes)
    .map(([name, mb]) => `${name} ${Math.round(mb)} MB`)
    .join(', ');
}

async function postLarge(owner: NodeProcess, groupId: string): Promise<void> {
  for (let index = 0; index < LARGE_POSTS; index++) {
    await owner.call(`/api/v1/group/${groupId}/content`, {
      data: { type: 'Note', content: `${index} `.padEnd(LARGE_POST_CHARS, 'x') },
    });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** `npm run sim`: runs simulated worlds, each from its own seed, and ends with `N passed, N failed`; a failure prints the command that replays it. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { initHash } from '../records/index.ts';
import {
  FAULT_NAMES,
  ORDERS,
  type Order,
  pbftChaos,
  runOneProducer,
  runTrial,
  TRIAL_ENGINES,
  type TrialOptions,
} from './index.ts';

const USAGE = `npm run sim -- [options]
  --seeds N --first-seed K     20 seeds from 1 on, for each number of producers
  --producers 1,4,7,10         1: an owner who produces alone
  --minutes M                  simulated time of each run
  --faults all|none|NAME,…     what may go wrong, faulty producers' strategies included; an unknown name prints all names
  --orders fifo,random,adversarial
  --crypto ideal|real          threshold cryptography: ideal spares the time that the real one takes
  --engine hbbft|pbft|both     both: one is drawn for each configuration
  --level node|engine          engine: PBFT engines with ledgers and seals around them, no whole nodes (with --engine pbft)
  --changes none|dealt|agreed|recovery  changes of consensus; dealt ones come without the agreement that leads to them
  --jobs J                     worker threads
  --verbose                    a line for each run`;

/** The command line says what cannot be done, or asks what can be: the message is for whoever typed it. */
class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const OPTIONS = {
  seeds: { type: 'string', default: '20' },
  'first-seed': { type: 'string', default: '1' },
  producers: { type: 'string', default: '1,4' },
  minutes: { type: 'string', default: '2' },
  faults: { type: 'string', default: 'all' },
  orders: { type: 'string', default: ORDERS.join(',') },
  crypto: { type: 'string', default: 'ideal' },
  engine: { type: 'string', default: 'hbbft' },
  level: { type: 'string', default: 'node' },
  changes: { type: 'string', default: 'none' },
  jobs: { type: 'string', default: '1' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies NonNullable<ParseArgsConfig['options']>;

interface Settings extends Pick<TrialOptions, 'minutes' | 'faults'> {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly producers: readonly number[];
  readonly orders: readonly Order[];
  readonly crypto: 'ideal' | 'real';
  readonly engines: readonly (typeof TRIAL_ENGINES)[number][];
  readonly level: 'node' | 'engine';
  readonly changes: 'none' | 'dealt' | 'agreed' | 'recovery';
  readonly workers: number;
  readonly verbose: boolean;
  /** The options that make a run of one seed the same again. */
  readonly replay: string;
}

interface Job {
  readonly seed: number;
  readonly producers: number;
}

interface Outcome {
  readonly job: Job;
  readonly problem: string | undefined;
  readonly tale: string;
}

const EXIT_USAGE = 2;
const settings = settingsOrEnd();

function settingsOrEnd(): Settings {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(EXIT_USAGE);
  }
}

/** Throws {@link SettingsError}. */
function readSettings(args: readonly string[]): Settings {
  const values = valuesIn(args);
  if (values.help) throw new SettingsError(USAGE);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new SettingsError(`--minutes takes a number above 0, not ${values.minutes}.`);
  const [crypto = 'ideal'] = chosen('crypto', values.crypto, ['ideal', 'real'] as const);
  const [changes = 'none'] = chosen('changes', values.changes, ['none', 'dealt', 'agreed', 'recovery'] as const);
  const [engine = 'hbbft'] = chosen('engine', values.engine, [...TRIAL_ENGINES, 'both'] as const);
  const [level = 'node'] = chosen('level', values.level, ['node', 'engine'] as const);
  if (level === 'engine' && engine !== 'pbft') throw new SettingsError('--level engine is for --engine pbft.');
  const named = values.faults === 'none' ? [] : chosen('faults', values.faults, [...FAULT_NAMES, 'all']);
  return {
    seeds: count('seeds', values.seeds),
    firstSeed: count('first-seed', values['first-seed']),
    producers: values.producers.split(',').map((size) => count('producers', size)),
    minutes,
    faults: named.includes('all') ? FAULT_NAMES : named,
    orders: chosen('orders', values.orders, ORDERS),
    crypto,
    engines: engine === 'both' ? TRIAL_ENGINES : [engine],
    level,
    changes,
    workers: count('jobs', values.jobs),
    verbose: values.verbose,
    replay: `--minutes ${minutes} --faults ${values.faults} --orders ${values.orders} --crypto ${crypto} --engine ${engine} --level ${level} --changes ${changes}`,
  };
}

function valuesIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (cause) {
    throw new SettingsError(`${(cause as Error).message}.\n\n${USAGE}`, { cause });
  }
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new SettingsError(`--${name} takes whole numbers from 1 on, not ${text}.`);
  }
  return number;
}

function chosen<T extends string>(name: string, text: string, known: readonly T[]): readonly T[] {
  return text.split(',').map((each) => {
    const found = known.find((candidate) => candidate === each);
    if (found === undefined) throw new SettingsError(`--${name} takes some of ${known.join(',')}, not ${each}.`);
    return found;
  });
}

async function perform({ seed, producers }: Job): Promise<string> {
  const { minutes, faults, orders, crypto, engines, changes } = settings;
  if (settings.level === 'engine') {
    await initHash();
    const { checks, steps } = pbftChaos(producers, seed);
    return `${checks.finalHeight} blocks, ${steps} steps; noticed: ${[...checks.found].join(' ')}`;
  }
  if (producers === 1) {
    const { posts, blocks } = await runOneProducer(seed);
    return `${blocks} blocks, ${posts} posts`;
  }
  const result = await runTrial({ seed, producers, minutes, faults, orders, crypto, engines, changes });
  const { blocks, epochs, posts, order } = result;
  return `${blocks} blocks, ${epochs} epochs, ${posts} posts, ${result.changes} changes, ${result.recoveries} of them recoveries (${result.engines.join(' ')}); ${result.isHeldUp ? 'held up by its mute owner; ' : ''}${order}; ${result.faults.join(' ')}; noticed: ${result.noticed.join(' ')}`;
}

const replayOf = ({ seed, producers }: Job): string =>
  `npm run sim -- --producers ${producers} --first-seed ${seed} --seeds 1 ${settings.replay}`;

async function outcomeOf(job: Job): Promise<Outcome> {
  try {
    return { job, problem: undefined, tale: await perform(job) };
  } catch (error) {
    const shown =
      error instanceof Error ? (error.name === 'Error' ? error.message : (error.stack ?? error.message)) : String(error);
    return { job, problem: shown, tale: '' };
  }
}

function report({ job, problem, tale }: Outcome, startedAtMs: number): void {
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  if (problem !== undefined) {
    console.log(`${job.producers} producers, seed ${job.seed}: ${problem}`);
    console.log(`  replay: ${replayOf(job)}`);
  } else if (settings.verbose) console.log(`${job.producers} producers, seed ${job.seed} (${seconds} s): ${tale}`);
}

async function runAll(): Promise<void> {
  const { seeds, firstSeed, producers: sizes, workers } = settings;
  const jobs = Array.from({ length: seeds }, (_, place) =>
    sizes.map((producers) => ({ seed: firstSeed + place, producers })),
  ).flat();
  let next = 0;
  let passed = 0;
  let failed = 0;
  const take = (outcome: Outcome, startedAtMs: number): void => {
    report(outcome, startedAtMs);
    if (outcome.problem === undefined) passed += 1;
    else failed += 1;
  };
  if (workers === 1) {
    for (const job of jobs) {
      const startedAtMs = performance.now();
      take(await outcomeOf(job), startedAtMs);
    }
  } else {
    const work = async (): Promise<void> => {
      const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
      for (let job = jobs[next++]; job; job = jobs[next++]) {
        const startedAtMs = performance.now();
        worker.postMessage(job);
        take(
          await new Promise<Outcome>((resolve, reject) => {
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
          startedAtMs,
        );
        worker.removeAllListeners('error');
      }
      await worker.terminate();
    };
    await Promise.all(Array.from({ length: workers }, work));
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (isMainThread) await runAll();
else parentPort?.on('message', (job: Job) => void outcomeOf(job).then((outcome) => parentPort?.postMessage(outcome)));

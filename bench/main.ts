/**
 * `npm run bench -- --list` names the benchmarks; `npm run -s bench -- NAME [--json]` runs one. `--producers 4,7` and `--browser` are for
 * `engine`.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { LIMITS } from '../src/records/index.ts';
import type { Benchmark, BenchmarkOptions, Figure } from './benchmark.ts';
import { calibrate } from './calibration.ts';
import { coldStart } from './cold-start.ts';
import { engine } from './engine.ts';
import { givingUp } from './giving-up.ts';
import { latency } from './latency.ts';
import { loadBenchmark } from './load.ts';
import { soak } from './soak.ts';
import { sync } from './sync.ts';
import { wan } from './wan.ts';

const BENCHMARKS: readonly Benchmark[] = [coldStart, engine, givingUp, latency, loadBenchmark, soak, sync, wan];
const EXIT_USAGE = 2;

function list(): string {
  return BENCHMARKS.map(({ name, sentence }) => `${name.padEnd(12)} ${sentence}`).join('\n');
}

function readable(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(title: string, figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map(({ name, value, unit, range }) => {
    const between = range === undefined ? '' : `   (${readable(range[0])} to ${readable(range[1])})`;
    return `  ${name.padEnd(width)}  ${readable(value).padStart(12)} ${unit}${between}`;
  });
  return [title, ...rows].join('\n');
}

async function runOne(benchmark: Benchmark, options: BenchmarkOptions, asJson: boolean): Promise<void> {
  const machine = { processors: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.versions.node };
  const calibration = await calibrate();
  const { figures, reference, json } = await benchmark.run(options);
  if (asJson) {
    console.log(JSON.stringify(json ?? { benchmark: benchmark.name, machine, figures, reference, calibration }, undefined, 2));
    return;
  }
  console.log(
    [
      `${benchmark.name}: ${benchmark.sentence}`,
      table('\nmeasured', figures),
      table('\nto be held against', reference),
      table(`\nthis machine (${machine.processors} × ${machine.model}, Node ${machine.node})`, calibration),
    ].join('\n'),
  );
}

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        browser: { type: 'boolean', default: false },
        producers: { type: 'string' },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}.`);
    process.exit(EXIT_USAGE);
  }
}

const { values, positionals } = commandLine();
const producers = values.producers?.split(',').map(Number);
const [name] = positionals;
const chosen = BENCHMARKS.find((benchmark) => benchmark.name === name);
if (values.list) console.log(list());
else if (producers?.some((count) => !(Number.isInteger(count) && count >= 2 && count <= LIMITS.producers))) {
  console.error(`--producers takes numbers from 2 to ${LIMITS.producers}, with commas between them.`);
  process.exitCode = EXIT_USAGE;
} else if (chosen !== undefined) {
  const progress = (line: string) => console.error(line);
  await runOne(chosen, { progress, ...(producers && { producers }), browser: values.browser }, values.json);
} else {
  console.error(`${name === undefined ? 'Name a benchmark' : `There is no benchmark "${name}"`}. There are:\n${list()}`);
  process.exitCode = EXIT_USAGE;
}

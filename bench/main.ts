/** `npm run bench -- --list` names the benchmarks; `npm run -s bench -- NAME [--json]` runs one. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Benchmark, Figure } from './benchmark.ts';
import { calibrate } from './calibration.ts';
import { coldStart } from './cold-start.ts';
import { latency } from './latency.ts';
import { sync } from './sync.ts';

const BENCHMARKS: readonly Benchmark[] = [coldStart, latency, sync];
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

async function runOne(benchmark: Benchmark, asJson: boolean): Promise<void> {
  const machine = { processors: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.versions.node };
  const calibration = await calibrate();
  const { figures, reference } = await benchmark.run({ progress: (line) => console.error(line) });
  if (asJson) {
    console.log(JSON.stringify({ benchmark: benchmark.name, machine, figures, reference, calibration }, undefined, 2));
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const [name] = positionals;
const chosen = BENCHMARKS.find((benchmark) => benchmark.name === name);
if (values.list) console.log(list());
else if (chosen !== undefined) await runOne(chosen, values.json);
else {
  console.error(`${name === undefined ? 'Name a benchmark' : `There is no benchmark "${name}"`}. There are:\n${list()}`);
  process.exitCode = EXIT_USAGE;
}

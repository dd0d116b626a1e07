/** One measured value. A time or rate is the median of several runs unless `name` says otherwise. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `ms`, `/s`, `MB/s`, `blocks`, … */
  readonly unit: string;
  /** Least and greatest of the runs, where there were several. */
  readonly range?: readonly [number, number];
}

export interface BenchmarkResult {
  readonly figures: readonly Figure[];
  /** What the figures are to be held against, measured in the same run: a benchmark without it says nothing on another machine. */
  readonly reference: readonly Figure[];
  /** What `--json` prints instead of the figures, where a form of its own is asked for. */
  readonly json?: object;
}

export interface BenchmarkOptions {
  /** Tells what is going on; goes to standard error. */
  readonly progress: (line: string) => void;
  /** Numbers of producers to measure; undefined: the benchmark's own. */
  readonly producers?: readonly number[];
  /** In Chromium too. */
  readonly browser: boolean;
}

export interface Benchmark {
  readonly name: string;
  /** What is measured, from when to when, and against which reference. */
  readonly sentence: string;
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}

/** The median of several runs, with their range. */
export function figure(name: string, unit: string, runs: readonly number[]): Figure {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const least = sorted[0];
  const greatest = sorted.at(-1);
  if (middle === undefined || least === undefined || greatest === undefined) throw new RangeError(`${name} was not measured.`);
  return { name, unit, value: middle, ...(runs.length > 1 && { range: [least, greatest] }) };
}

/** The value below which `share` of the runs lie. */
export function quantile(runs: readonly number[], share: number): number {
  const sorted = [...runs].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

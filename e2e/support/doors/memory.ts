/** Resident memory of processes, as the system counts it. */
import { readFileSync } from 'node:fs';

const SAMPLE_MS = 500;
const KIB_PER_MB = 1_000_000 / 1_024;

export interface Watched {
  readonly name: string;
  readonly pid: number;
}

/** Megabytes; NaN where the system does not tell, or the process has ended. */
function residentMb(pid: number): number {
  try {
    const found = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(found ?? Number.NaN) / KIB_PER_MB;
  } catch {
    return Number.NaN;
  }
}

export type Megabytes = Readonly<Record<string, number>>;

export class Memory {
  readonly #watched: readonly Watched[];
  readonly #peaks = new Map<string, number>();
  readonly #sampling: NodeJS.Timeout;

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
    this.#sampling = setInterval(() => this.now(), SAMPLE_MS);
  }

  now(): Megabytes {
    const entries = this.#watched.map(({ name, pid }) => [name, residentMb(pid)] as const);
    for (const [name, mb] of entries) this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, mb));
    return Object.fromEntries(entries);
  }

  /** The most since the last time. */
  takePeaks(): Megabytes {
    this.now();
    const peaks = Object.fromEntries(this.#peaks);
    this.#peaks.clear();
    return peaks;
  }

  stop(): void {
    clearInterval(this.#sampling);
  }
}

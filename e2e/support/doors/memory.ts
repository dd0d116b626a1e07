/** Resident memory of processes, as the system counts it. */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { RunningProcess } from '../process.ts';
import { sleep } from './order.ts';

const SAMPLE_MS = 500;
const KIB_PER_MB = 1_000_000 / 1_024;

const INSPECTOR = /Debugger listening on (ws:\S+)/;
const INSPECTOR_TIMEOUT_MS = 10_000;
const INSPECTOR_STEP_MS = 50;

/** Lets Node.js choose the port on which a process lets itself be inspected: set it before any is started. */
export const INSPECTOR_OPTIONS = '--inspect-port=0';

export interface Watched extends Pick<RunningProcess, 'pid' | 'output'> {
  readonly name: string;
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

/**
 * Has a process collect its garbage now: on a machine with much memory Node.js puts that off, so that what is in use says nothing of what is kept. Resolves with
 * the megabytes of its heap that are left in use.
 */
async function collectGarbage({ pid, output }: Watched): Promise<number> {
  // Node.js starts its inspector.
  process.kill(pid, 'SIGUSR1');
  const signal = AbortSignal.timeout(INSPECTOR_TIMEOUT_MS);
  let url: string | undefined;
  while (url === undefined) {
    signal.throwIfAborted();
    await sleep(INSPECTOR_STEP_MS);
    url = INSPECTOR.exec(output())?.[1];
  }
  const socket = new WebSocket(url);
  try {
    const usage = Promise.withResolvers<number>();
    socket.on('error', usage.reject);
    signal.addEventListener('abort', () => usage.reject(signal.reason));
    socket.on('open', () => {
      socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
      socket.send(JSON.stringify({ id: 2, method: 'Runtime.getHeapUsage' }));
    });
    socket.on('message', (data) => {
      const { id, result } = JSON.parse(data.toString());
      if (id === 2) usage.resolve(result.usedSize / 1_000_000);
    });
    return await usage.promise;
  } finally {
    socket.terminate();
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

  /** The same once the processes have collected their garbage, and what is in use on their heaps. */
  async collected(): Promise<{ readonly resident: Megabytes; readonly heap: Megabytes }> {
    const heaps = await Promise.all(this.#watched.map(async (one) => [one.name, await collectGarbage(one)] as const));
    await sleep(SAMPLE_MS);
    return { resident: this.now(), heap: Object.fromEntries(heaps) };
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

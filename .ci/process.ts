import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell reports for a program ended by SIGINT. */
const INTERRUPTED = 130;

export interface Ran {
  /** 0 for success; undefined if it did not end by itself (time limit, signal). */
  readonly code: number | undefined;
  readonly timedOut: boolean;
  /** Standard output and standard error in the order in which they came. */
  readonly output: string;
}

/**
 * Runs a program with the project's folder as working directory and nothing on standard input.
 * It gets a process group of its own, so that a time limit ends its children too (browsers, relays).
 */
export function run(
  command: string,
  args: readonly string[],
  options: { timeoutMs: number; live?: boolean; env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    const chunks: string[] = [];
    let timedOut = false;
    const kill = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeoutMs);
    // A key at the terminal reaches this group only, so it is passed on.
    const interrupt = () => {
      kill();
      process.exit(INTERRUPTED);
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        chunks.push(chunk);
        if (options.live) process.stdout.write(chunk);
      });
    }
    let ended = false;
    const end = (code: number | undefined) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      for (const signal of SIGNALS) process.off(signal, interrupt);
      resolve({ code, timedOut, output: chunks.join('') });
    };
    child.on('error', (error) => {
      chunks.push(`${command}: ${error.message}\n`);
      end(undefined);
    });
    child.on('close', (code) => end(code ?? undefined));
  });
}

/** The JavaScript file behind a tool of node_modules, to be run with this Node: `tool('vitest/vitest.mjs')`. */
export function tool(file: string): string {
  return path.join(ROOT, 'node_modules', file);
}

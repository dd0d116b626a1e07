/** Starts attackers, and ends them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './order.ts';

const ATTACKER = new URL('./attacker.ts', import.meta.url);
/** Keys, signatures and connections before it begins, and what it may take to end. */
const ASIDE_MS = 120_000;

export interface AttackEvents {
  /** It begins now. */
  readonly onReady?: () => void;
  readonly onSeed?: (seed: string) => void;
}

interface Message {
  readonly isReady?: boolean;
  readonly seed?: string;
  readonly report?: Report;
  readonly problem?: string;
}

/** Runs one attack. Rejects if it did not do what it should. */
export function startAttack(order: Order, { onReady, onSeed }: AttackEvents = {}): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(ATTACKER), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), order.durationMs + ASIDE_MS);
    child.on('message', ({ isReady, seed, report, problem }: Message) => {
      if (isReady) onReady?.();
      if (seed !== undefined) onSeed?.(seed);
      if (report !== undefined) resolve(report);
      if (problem !== undefined) reject(new Error(`${order.attack}: ${problem}`));
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${order.attack} ended with ${code} and told nothing.`));
    });
    child.send(order);
  });
}

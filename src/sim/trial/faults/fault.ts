import type { SeededRandom } from '../../random.ts';
import type { SimulatedMachine, World } from '../../world.ts';

/** A round of a trial, as a fault sees it. */
export interface Round {
  readonly world: World;
  readonly random: SeededRandom;
  /** All machines, faulty producers' too. */
  readonly machines: readonly SimulatedMachine[];
  readonly producers: readonly SimulatedMachine[];
  readonly durationMs: number;
  /** Runs something in the round, unless that is over by then. */
  later(delayMs: number, run: () => void): void;
  /** Switches a machine on again if it is off then. */
  bootLater(machine: SimulatedMachine, delayMs: number): void;
}

/** Something that goes wrong in a round. When the round is over everything is put right again by whoever runs it. */
export interface WorldFault {
  /** Plans what goes wrong, and when. */
  plan(round: Round): void;
  /** A round that has this fault has no other, and takes so long. */
  readonly aloneMs?: number;
}

/** Calls `run` at random moments, `everyMs` apart on average. */
export function atRandom({ random, durationMs, later }: Round, everyMs: number, run: () => void): void {
  const count = Math.max(1, Math.round((durationMs / everyMs) * (0.5 + random.float())));
  for (let number = 0; number < count; number++) later(random.float() * durationMs, run);
}

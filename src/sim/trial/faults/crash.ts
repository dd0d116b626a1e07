import type { SimulatedMachine } from '../../world.ts';
import { atRandom, type Round, type WorldFault } from './fault.ts';

const EVERY_MS = 15_000;
const DOWN_MS = 12_000;
/** Fail points that pass before it happens. */
const POINTS = 12;

/**
 * A machine loses power at a fail point: when a write is asked for, when one is done and nobody has heard of it, when something is about to leave
 * on a stream. What was not flushed is lost.
 */
export const crash: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const machine = round.random.pick(round.machines);
      if (!machine.isOff) armCrash(round, machine);
    }),
};

function armCrash(round: Round, machine: SimulatedMachine): void {
  const { random } = round;
  const point = random.pick(['write-asked', 'write-done', 'sending']);
  let left = random.int(POINTS);
  const passed = (at: string): void => {
    if (at !== point || left-- > 0) return;
    machine.failPoint = undefined;
    machine.crash();
    round.bootLater(machine, random.float() * DOWN_MS);
  };
  machine.failPoint = passed;
}

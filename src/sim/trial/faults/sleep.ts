import type { SimulatedMachine } from '../../world.ts';
import type { Round, WorldFault } from './fault.ts';

const HOUR_MS = 3_600_000;
const SLEEP_MS = 8 * HOUR_MS;
const AROUND_MS = 60_000;

/**
 * One machine sleeps for eight hours: no timer fires, nothing reaches it. The others work on for a minute, then they sleep too, which spares the
 * simulation the hours between; they are back a minute before it.
 */
export const sleep: WorldFault = {
  aloneMs: SLEEP_MS + 3 * AROUND_MS,
  plan: (round) => {
    const first = round.random.pick(round.machines);
    const others = round.machines.filter((machine) => machine !== first);
    round.later(AROUND_MS / 2, () => fallAsleep(round, first));
    for (const machine of others) {
      round.later(AROUND_MS + round.random.float() * 20_000, () => fallAsleep(round, machine));
      round.later(SLEEP_MS - AROUND_MS + round.random.float() * 20_000, () => awake(round, machine));
    }
    round.later(SLEEP_MS + AROUND_MS / 2, () => awake(round, first));
  },
};

function fallAsleep({ world }: Round, machine: SimulatedMachine): void {
  machine.pause();
  world.network.setAsleep(machine.peerId, true);
}

function awake({ world }: Round, machine: SimulatedMachine): void {
  world.network.setAsleep(machine.peerId, false);
  machine.resume();
}

import { faultyLimit } from '../../../records/index.ts';
import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 60_000;
const DOWN_MS = 15_000;
const SPREAD_MS = 3_000;

/** More than f producers lose power at nearly the same time, sometimes all; all come back. */
export const massCrash: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const { random, producers } = round;
      const least = Math.min(producers.length, faultyLimit(producers.length) + 1);
      const count = least + random.int(producers.length - least + 1);
      for (const machine of random.shuffle(producers).slice(0, count)) {
        round.later(random.float() * SPREAD_MS, () => {
          if (machine.isOff) return;
          machine.crash();
          round.bootLater(machine, random.float() * DOWN_MS);
        });
      }
    }),
};

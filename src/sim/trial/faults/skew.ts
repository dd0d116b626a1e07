import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 40_000;
/** Clocks that set themselves are rarely worse; posts of one that is may be refused until it is set. */
const SKEW_MS = 20_000;

/** Clocks are off, and are set while the machine runs. */
export const skew: WorldFault = {
  plan: (round) => {
    const { random, machines } = round;
    const set = (): void => random.pick(machines).setClock((random.float() * 2 - 1) * SKEW_MS);
    for (let count = 0; count < machines.length; count++) set();
    atRandom(round, EVERY_MS, set);
  },
};

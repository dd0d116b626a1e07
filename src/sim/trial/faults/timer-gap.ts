import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 40_000;
/** What browsers do to the timers of hidden tabs. */
const GAP_MS = 60_000;

/** A machine's timers do not fire for a minute, while messages come in. */
export const timerGap: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const machine = round.random.pick(round.machines);
      if (machine.isOff || machine.isPaused) return;
      machine.pause();
      round.later(GAP_MS, () => machine.resume());
    }),
};

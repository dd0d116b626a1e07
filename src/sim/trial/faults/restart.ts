import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 30_000;
const CLOSED_MS = 20_000;

/** A tab is closed, as people do, and opened again. */
export const restart: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const machine = round.random.pick(round.machines);
      if (!machine.isRunning) return;
      void machine.shutDown().then(() => round.bootLater(machine, round.random.float() * CLOSED_MS));
    }),
};

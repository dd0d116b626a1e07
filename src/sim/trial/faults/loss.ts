import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 20_000;
const LASTS_MS = 12_000;

/** Spells in which messages get lost, and others take long. A loss on a stream breaks the stream. */
export const loss: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const { faults } = round.world.network;
      faults.loss = round.random.pick([0.002, 0.01, 0.05, 0.2]);
      faults.delayMs = round.random.pick([
        [1, 400],
        [5, 2_000],
      ]);
      round.later(round.random.float() * LASTS_MS, () => {
        faults.loss = 0;
        faults.delayMs = [5, 50];
      });
    }),
};

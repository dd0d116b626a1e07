import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 45_000;
const LASTS_MS = 30_000;
const ROOM_BYTES = 50_000;

/** A disk is full for a while. */
export const diskFull: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const { disk } = round.random.pick(round.machines);
      disk.quotaBytes = disk.usedBytes + round.random.int(ROOM_BYTES);
      round.later(round.random.float() * LASTS_MS, () => {
        disk.quotaBytes = Number.POSITIVE_INFINITY;
      });
    }),
};

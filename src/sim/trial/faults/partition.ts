import { atRandom, type WorldFault } from './fault.ts';

const EVERY_MS = 30_000;
const LASTS_MS = 25_000;

/** The network falls apart into two or three sides, and heals. */
export const partition: WorldFault = {
  plan: (round) =>
    atRandom(round, EVERY_MS, () => {
      const { world, random } = round;
      const peers = random.shuffle(round.machines.map(({ peerId }) => peerId));
      const first = 1 + random.int(peers.length - 1);
      const second = random.chance(0.3) ? first + random.int(peers.length - first) : first;
      world.network.split([peers.slice(0, first), peers.slice(first, second)]);
      round.later(random.float() * LASTS_MS, () => world.network.split([]));
    }),
};

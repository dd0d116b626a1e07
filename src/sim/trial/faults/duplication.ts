import type { WorldFault } from './fault.ts';

/** Gossip arrives twice. */
export const duplication: WorldFault = {
  plan: ({ world, random }) => {
    world.network.faults.duplication = random.pick([0.05, 0.5]);
  },
};

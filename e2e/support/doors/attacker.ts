/** An attacker: a process of its own, so that what it does to itself harms nobody. It gets one order, and tells what came of it. */
import { setPriority } from 'node:os';
import { SeededRandom } from '../../../src/sim/random.ts';
import { ATTACKS } from './attacks.ts';
import type { Order } from './order.ts';

/** In the world an attacker has a machine of its own; here it gets what the others leave. */
const NICE = 10;
/** After its time is up an attack gets this long to end by itself. */
const GRACE_MS = 20_000;

setPriority(NICE);
// Whoever breaks rules breaks its own libp2p too.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
process.on('disconnect', () => process.exit(1));

const tell = (message: object) => new Promise<void>((resolve) => process.send?.(message, undefined, {}, () => resolve()));

process.once('message', (order: Order) => {
  const up = new AbortController();
  const attack = ATTACKS[order.attack];
  const run = async () => {
    if (attack === undefined) throw new Error(`There is no attack "${order.attack}".`);
    const start = await attack({
      scene: order.scene,
      random: new SeededRandom(order.seed, order.attack),
      signal: up.signal,
      isRepeated: order.isRepeated,
      offerSeed: (seed) => void tell({ seed }),
    });
    await tell({ isReady: true });
    setTimeout(() => up.abort(), order.durationMs);
    setTimeout(() => process.exit(1), order.durationMs + GRACE_MS);
    await tell({ report: await start() });
  };
  run()
    .catch((error: Error) => tell({ problem: error.stack ?? error.message }))
    .finally(() => process.exit(0));
});

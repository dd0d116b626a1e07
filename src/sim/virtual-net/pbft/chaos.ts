import { faultyLimit } from '../../../records/index.ts';
import { SeededRandom } from '../../random.ts';
import type { Order } from '../crank.ts';
import { PbftNet, type PbftNetOptions } from './net.ts';
import { PBFT_STRATEGIES } from './strategies.ts';

const ORDERS: readonly Order[] = ['fifo', 'random', 'adversarial'];
/** Steps of faults, and of everything. */
const FAULTY_STEPS = 15_000;
const LIMIT = 300_000;
const KINDS = [...Object.keys(PBFT_STRATEGIES), 'twins'];

/** Some blocks under faults, however far it gets; then the network behaves, and everybody must get on. Throws a Violation. */
export function runThrough(options: PbftNetOptions): PbftNet {
  const net = new PbftNet({ posts: 0.02, ...options });
  net.start();
  const end = net.steps + FAULTY_STEPS;
  net.run(() => net.isFinal(6) || net.steps >= end, LIMIT);
  net.heal();
  const goal = net.checks.finalHeight + 3;
  net.run(() => net.isFinal(goal), LIMIT);
  return net;
}

/** A run with f faulty producers, power cuts and broken connections, all of it drawn from the seed. */
export function pbftChaos(size: number, seed: number): PbftNet {
  const random = new SeededRandom(seed, `chaos ${size}`);
  const order = random.pick(ORDERS);
  const kinds = Array.from({ length: faultyLimit(size) }, () => random.pick(KINDS));
  const strategies = kinds.map((kind) => PBFT_STRATEGIES[kind] ?? 'twins');
  return runThrough({ size, seed, order, strategies, powerCuts: 0.004, breaks: 0.003 });
}

import { beforeAll, describe, expect, test } from 'vitest';
import { faultyLimit, initHash } from '../../../records/index.ts';
import { SeededRandom } from '../../random.ts';
import type { Order } from '../crank.ts';
import { PbftNet, type PbftNetOptions } from './net.ts';
import { PBFT_STRATEGIES } from './strategies.ts';

beforeAll(initHash);

const ORDERS: readonly Order[] = ['fifo', 'random', 'adversarial'];
const SIZES = [1, 2, 3, 4, 5, 6, 7];
const LIMIT = 300_000;
const NAMES = Object.keys(PBFT_STRATEGIES);

/** Some blocks under faults, however far it gets; then the network behaves, and everybody must get on. */
function runThrough(options: PbftNetOptions): PbftNet {
  const net = new PbftNet({ posts: 0.02, ...options });
  net.start();
  const end = net.steps + 15_000;
  net.run(() => net.isFinal(6) || net.steps >= end, LIMIT);
  net.heal();
  const goal = net.checks.finalHeight + 3;
  net.run(() => net.isFinal(goal), LIMIT);
  return net;
}

describe('honest producers agree', () => {
  for (const order of ORDERS) {
    for (const size of SIZES) {
      test(`${size} producers, ${order}`, () => {
        for (let seed = 1; seed <= 3; seed++) expect([...runThrough({ size, seed, order }).checks.found]).toEqual([]);
      });
    }
  }
});

describe('with a faulty producer of each kind', () => {
  for (const name of [...NAMES, 'twins'] as const) {
    test(name, () => {
      for (const [seed, order] of ORDERS.entries()) {
        for (const size of [4, 5]) {
          const strategy = PBFT_STRATEGIES[name] ?? 'twins';
          runThrough({ size, seed: seed + 10 * size, order, strategies: [strategy] });
        }
      }
    });
  }
});

describe('with f faulty producers, power cuts and broken connections', () => {
  for (const size of SIZES) {
    test(`${size} producers`, () => {
      for (let seed = 1; seed <= 8; seed++) {
        const random = new SeededRandom(seed, `chaos ${size}`);
        runThrough({
          ...{ size, seed, order: random.pick(ORDERS) },
          strategies: Array.from(
            { length: faultyLimit(size) },
            () => PBFT_STRATEGIES[random.pick([...NAMES, 'twins'])] ?? 'twins',
          ),
          ...{ powerCuts: 0.004, breaks: 0.003 },
        });
      }
    });
  }
});

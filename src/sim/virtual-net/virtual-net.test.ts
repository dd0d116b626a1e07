import { beforeAll, describe, expect, test } from 'vitest';
import { initThreshold, trustedDealerKeys } from '../../crypto/index.ts';
import { faultyLimit, initHash } from '../../records/index.ts';
import { SeededRandom } from '../random.ts';
import type { Order } from './crank.ts';
import { type NetOptions, VirtualNet } from './net.ts';
import { STRATEGIES, type StrategyMaker } from './strategies.ts';

beforeAll(async () => {
  await initHash();
  await initThreshold();
});

const ORDERS: readonly Order[] = ['fifo', 'random', 'adversarial'];
const SIZES = [2, 3, 4, 5, 6, 7, 10];
const LIMIT = 300_000;
const NAMES = Object.keys(STRATEGIES);

/** Some epochs under faults, however far it gets; then the network behaves, and everybody must get on. */
function runThrough(options: NetOptions): VirtualNet {
  const net = new VirtualNet(options);
  net.start();
  const end = net.steps + 30_000;
  net.run(() => net.isFinished(5) || net.steps >= end, LIMIT);
  net.heal();
  const goal = Math.max(...net.honest.map(({ finished }) => finished)) + 3;
  net.run(() => net.isFinished(goal), LIMIT);
  return net;
}

describe('honest producers agree', () => {
  for (const order of ORDERS) {
    for (const size of SIZES) {
      test(`${size} producers, ${order}`, () => {
        for (let seed = 1; seed <= 3; seed++) {
          const net = runThrough({ size, seed, order, encryption: seed % 3, alwaysTossCoin: seed % 2 === 0, posts: 0.02 });
          expect([...net.checks.found]).toEqual([]);
        }
      });
    }
  }
});

describe('with a faulty producer of each kind', () => {
  for (const name of NAMES) {
    test(name, () => {
      for (const [seed, order] of ORDERS.entries()) {
        const strategies = [STRATEGIES[name] as StrategyMaker];
        runThrough({ size: 4, seed, order, strategies, encryption: 0, alwaysTossCoin: seed === 2, posts: 0.02 });
      }
    });
  }
});

describe('with f faulty producers, power cuts and broken connections', () => {
  for (const size of SIZES) {
    test(`${size} producers`, () => {
      for (let seed = 1; seed <= 6; seed++) {
        const random = new SeededRandom(seed, `chaos ${size}`);
        runThrough({
          ...{ size, seed, order: random.pick(ORDERS), encryption: random.int(3), alwaysTossCoin: random.chance(0.3) },
          strategies: Array.from({ length: faultyLimit(size) }, () => STRATEGIES[random.pick(NAMES)] as StrategyMaker),
          ...{ powerCuts: 0.002, breaks: 0.003, posts: 0.01 },
        });
      }
    });
  }
});

describe('with real threshold keys', () => {
  for (const size of [2, 4, 7]) {
    test(`${size} producers`, () => {
      const strategies = [STRATEGIES['bad-coin-shares'], STRATEGIES['bad-decryption-shares']] as StrategyMaker[];
      const keys = trustedDealerKeys(size, new Uint8Array(32).fill(size));
      const net = new VirtualNet({
        ...{ size, seed: 1, order: 'random', encryption: 0, alwaysTossCoin: true, keys },
        strategies: strategies.slice(0, faultyLimit(size)),
      });
      net.start();
      net.run(() => net.isFinished(2), LIMIT);
      if (size > 3) expect(net.checks.found).toContain('bad-coin-share');
    });
  }
});

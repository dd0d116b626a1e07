import { beforeAll, describe, expect, test } from 'vitest';
import { initHash } from '../../../records/index.ts';
import type { Order } from '../crank.ts';
import { pbftChaos, runThrough } from './chaos.ts';
import { PBFT_STRATEGIES } from './strategies.ts';

beforeAll(initHash);

const ORDERS: readonly Order[] = ['fifo', 'random', 'adversarial'];
const SIZES = [1, 2, 3, 4, 5, 6, 7];
const NAMES = Object.keys(PBFT_STRATEGIES);

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
      for (let seed = 1; seed <= 8; seed++) pbftChaos(size, seed);
    });
  }
});

import { beforeAll, describe, expect, test } from 'vitest';
import { initHash } from '../../records/index.ts';
import { type Order, VirtualNet } from './net.ts';

beforeAll(initHash);

const ORDERS: readonly Order[] = ['fifo', 'random', 'adversarial'];
const EPOCHS = 6;
const STEP_LIMIT = 400_000;

describe('honest producers agree', () => {
  for (const order of ORDERS) {
    for (const size of [2, 3, 4, 5, 6, 7, 10]) {
      test(`${size} producers, ${order}`, () => {
        const net = new VirtualNet({ size, seed: size, order });
        net.start();
        net.run(() => net.isFinished(EPOCHS), STEP_LIMIT);
        expect(net.isFinished(EPOCHS)).toBe(true);
      });
    }
  }
});

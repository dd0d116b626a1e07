import { beforeAll, describe, expect, test } from 'vitest';
import { initHash } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { PbftNet, type PbftNetOptions } from './net.ts';
import { certifyInTurn } from './script.ts';
import type { Planted } from './surroundings.ts';

beforeAll(initHash);

/** What the checks say of the first of these seeds under which they say anything. */
function firstViolation(seeds: number, options: Omit<PbftNetOptions, 'seed'>): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const net = new PbftNet({ posts: 0.02, seed, ...options });
    try {
      net.start();
      const end = net.steps + 6_000;
      net.run(() => net.steps >= end, 100_000);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return error.message;
    }
  }
  return undefined;
}

describe('P-16: a defect of the node around the engine is found', () => {
  const found = (planted: Planted): string | undefined =>
    firstViolation(40, { size: 4, order: 'adversarial', planted, powerCuts: 0.01, breaks: 0.01 });

  test('a seal that goes out with a commit: seals of different views add up', () => {
    expect(() => certifyInTurn('seals-in-commits')).toThrow('can be final');
  });

  test('a receipt from a prepare certificate', () => {
    expect(found('receipt-from-certificate')).toContain('which is not final');
  });

  test('an application that hears of a tentative block', () => {
    expect(found('hook-on-tentative')).toContain('which is not final');
  });

  test('a vote that is said before it is stored', () => {
    expect(found('send-before-log')).toContain('what its log does not hold');
  });
});

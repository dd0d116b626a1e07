import { beforeAll, expect, test, vi } from 'vitest';
import { initHash } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { PbftNet } from './net.ts';

/** The planted defect: engines count 2f+1 for enough, as is right for N = 3f+1 only. Seals are counted by the ledger, which is right. */
vi.mock('../../../consensus/hbbft/roster.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../consensus/hbbft/roster.ts')>();
  return {
    ...original,
    roster: (size: number, self: number) => {
      const right = original.roster(size, self);
      return { ...right, quorum: 2 * right.faulty + 1 };
    },
  };
});

beforeAll(initHash);

/** The first violation that these seeds come to with a producer that runs two machines with one key. */
function firstViolation(size: number, seeds: number): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const net = new PbftNet({ size, seed, order: 'adversarial', strategies: ['twins'], posts: 0.05, breaks: 0.02 });
    try {
      net.start();
      const end = net.steps + 3_000;
      net.run(() => net.steps >= end, 10_000);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      if (!error.message.includes('can happen')) return error.message;
    }
  }
  return undefined;
}

for (const size of [5, 6]) {
  test(`P-1, P-16: a quorum of 2f+1 is found unsafe with ${size} producers`, () => {
    expect(firstViolation(size, 200)).toMatch(/two certificates|two decisions|another block|contradicts|does not carry/);
  });
}

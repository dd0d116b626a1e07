import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('allows a burst, then the rate', () => {
    const bucket = new TokenBucket(3, 2, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(1, 0))).toEqual([true, true, true, false]);
    expect(bucket.take(1, 499)).toBe(false);
    expect(bucket.take(1, 500)).toBe(true);
    expect(bucket.take(1, 500)).toBe(false);
  });

  it('refuses what is more than it ever holds', () => {
    expect(new TokenBucket(3, 2, 0).take(4, 1_000_000)).toBe(false);
  });

  it('never gives more than the burst and the rate together, whatever the clock does', () => {
    const steps = fc.array(fc.record({ amount: fc.nat(20), byMs: fc.integer({ min: -1_000, max: 1_000 }) }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (taken) => {
        const bucket = new TokenBucket(10, 5, 0);
        let nowMs = 0;
        let latestMs = 0;
        let total = 0;
        for (const { amount, byMs } of taken) {
          nowMs += byMs;
          latestMs = Math.max(latestMs, nowMs);
          if (bucket.take(amount, nowMs)) total += amount;
        }
        expect(total).toBeLessThanOrEqual(10 + (latestMs * 5) / 1000 + 1e-6);
      }),
    );
  });
});

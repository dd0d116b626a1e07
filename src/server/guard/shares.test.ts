import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares, THIS_MACHINE } from './shares.ts';

const LIMITS = { total: 10, perKey: 4, reserved: 3 };

describe('Shares', () => {
  it('gives each key its share, and keeps some for this machine', () => {
    const shares = new Shares(LIMITS);
    expect(shares.take('a', 4)).toBeDefined();
    expect(shares.take('a')).toBeUndefined();
    expect(shares.take('b', 3)).toBeDefined();
    expect(shares.take('c')).toBeUndefined();
    expect(shares.take(THIS_MACHINE, 3)).toBeDefined();
    expect(shares.take(THIS_MACHINE)).toBeUndefined();
  });

  it('takes back once, whatever a caller does', () => {
    const shares = new Shares(LIMITS);
    const giveBack = shares.take('a', 4);
    giveBack?.();
    giveBack?.();
    expect(shares.size).toBe(0);
    expect(shares.take('a', 4)).toBeDefined();
  });

  it('never gives more than its limits, and all again once everything is given back', () => {
    const steps = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c', THIS_MACHINE), amount: fc.nat(5), gives: fc.boolean() }),
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const shares = new Shares(LIMITS);
        const held: { key: unknown; amount: number; giveBack: () => void }[] = [];
        const sum = (of: (key: unknown) => boolean) =>
          held.filter(({ key }) => of(key)).reduce((all, { amount }) => all + amount, 0);
        for (const { key, amount, gives } of taken) {
          const giveBack = shares.take(key, amount);
          if (giveBack !== undefined) held.push({ key, amount, giveBack });
          if (gives) held.shift()?.giveBack();
          expect(shares.size).toBe(sum(() => true));
          expect(sum(() => true)).toBeLessThanOrEqual(LIMITS.total);
          expect(sum((one) => one !== THIS_MACHINE)).toBeLessThanOrEqual(LIMITS.total - LIMITS.reserved);
          for (const one of ['a', 'b', 'c']) expect(sum((other) => other === one)).toBeLessThanOrEqual(LIMITS.perKey);
        }
        for (const { giveBack } of held) giveBack();
        expect(shares.size).toBe(0);
        expect(shares.take(THIS_MACHINE, LIMITS.total)).toBeDefined();
      }),
    );
  });
});

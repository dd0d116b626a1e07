import { describe, expect, it } from 'vitest';
import { BYZANTINE, FAULT_NAMES, FAULTS, ORDERS, runTrial, TRIAL_ENGINES, type TrialOptions } from './index.ts';

/**
 * Whole nodes under PBFT, and groups that change from one engine to the other under faults: what fits into CI. The long run is
 * `npm run sim -- --engine pbft` (or `both`); a seed that failed there stays here, with its options.
 */

const TIMEOUT_MS = 300_000;

const options = (producers: number, seed: number, changed: Partial<TrialOptions> = {}): TrialOptions => {
  return { producers, seed, minutes: 0.5, faults: FAULT_NAMES, orders: ORDERS, crypto: 'ideal', engines: ['pbft'], ...changed };
};

describe('groups of whole nodes under PBFT stay safe under faults, and go on after them (P-1 to P-16)', () => {
  const sizes = [2, 3, 4, 4, 4, 4, 4, 5, 6, 7, 7, 10];
  const cases = sizes.map((producers, place) => ({ producers, seed: 400 + place }));
  it.each(cases)('$producers producers, all faults, seed $seed', { timeout: TIMEOUT_MS }, async ({ producers, seed }) => {
    const { blocks, engines } = await runTrial(options(producers, seed));
    expect(blocks).toBeGreaterThan(2);
    expect(engines).toEqual(['pbft']);
  });

  it.each(Object.keys(FAULTS))('%s alone', { timeout: TIMEOUT_MS }, async (fault) => {
    const result = await runTrial(options(4, 7, { faults: [fault], orders: ['fifo'] }));
    expect(result.faults).toEqual([fault]);
  });

  const strategies = Object.keys(BYZANTINE.pbft).filter((name) => name.startsWith('pbft-'));
  // It shows only where views change over a certificate, in one run of two dozens: `byzantine/hiding.test.ts` sees to it that it does.
  const RARE = 'pbft-hiding-certificates';
  it('with a producer that hides its certificates', { timeout: TIMEOUT_MS }, async () => {
    await runTrial(options(4, 17, { orders: ['random'], faults: ['partition', 'mass-crash', 'loss', RARE], minutes: 1 }));
  });

  it.each(strategies.filter((name) => name !== RARE))(
    'with a producer that is %s, and shows it',
    { timeout: TIMEOUT_MS },
    async (strategy) => {
      // Some show only when it leads, or when views change.
      for (let seed = 1; seed <= 24; seed++) {
        const faults = ['partition', 'mass-crash', 'loss', strategy];
        const { deviations } = await runTrial(options(4, seed, { orders: ['random'], faults, minutes: 1 }));
        if (deviations > 0) return;
      }
      expect.fail('it did nothing wrong in 24 runs');
    },
  );

  it.each(ORDERS)('no stall and nobody blamed when messages come %s', { timeout: TIMEOUT_MS }, async (order) => {
    const result = await runTrial(options(4, 11, { faults: [], orders: [order] }));
    expect(result).toMatchObject({ order, faults: [], noticed: [] });
  });

  it('equal seeds give equal runs', { timeout: TIMEOUT_MS }, async () => {
    expect(await runTrial(options(4, 13))).toEqual(await runTrial(options(4, 13)));
  });
});

describe('groups that swap their engine at random moments, under all faults (P-14, C-27, C-28)', () => {
  const both = { engines: TRIAL_ENGINES, minutes: 1 } as const;
  const cases = [2, 4, 4, 7].map((producers, place) => ({ producers, seed: 500 + place }));
  it.each(cases)('$producers producers to begin with, seed $seed', { timeout: TIMEOUT_MS }, async ({ producers, seed }) => {
    const { engines } = await runTrial(options(producers, seed, { ...both, changes: 'dealt' }));
    expect(engines.length).toBeGreaterThan(1);
  });

  it.each([4, 61])('with the whole agreement, 4 producers to begin with, seed %i', { timeout: TIMEOUT_MS }, async (seed) => {
    const { changes } = await runTrial(options(4, seed, { ...both, changes: 'agreed' }));
    expect(changes).toBeGreaterThan(0);
  });

  it('with the keys that were agreed on', { timeout: TIMEOUT_MS }, async () => {
    const real = { ...both, crypto: 'real', faults: ['crash'], changes: 'agreed' } as const;
    const { changes } = await runTrial(options(4, 6, real));
    expect(changes).toBeGreaterThan(0);
  });
});

describe('seeds that found a defect under PBFT', () => {
  it('trxs that expire unordered one after the other do not give a stuck view new patience (7 producers, seed 32; P-11)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(7, 32, { minutes: 1 }));
  });

  it('a member that shows the common chain as another one stops nobody (4 producers, seed 76; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(4, 76, { minutes: 1 }));
  });
});

import { describe, expect, it } from 'vitest';
import { BYZANTINE, FAULTS, IN_CHANGES, ORDERS, runTrial, type TrialOptions } from './index.ts';

/**
 * Whole nodes under faults: what fits into CI. The long run is `npm run sim`; a seed that failed there stays here, with its options.
 */

const ALL = [...Object.keys(FAULTS), ...Object.keys(BYZANTINE.hbbft)];
const TIMEOUT_MS = 300_000;

const options = (producers: number, seed: number, changed: Partial<TrialOptions> = {}): TrialOptions => {
  return { producers, seed, minutes: 0.5, faults: ALL, orders: ORDERS, crypto: 'ideal', ...changed };
};

describe('groups of whole nodes stay safe under faults, and go on after them', () => {
  const sizes = [2, 2, 3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 10, 10];
  const cases = sizes.map((producers, place) => ({ producers, seed: 100 + place }));
  it.each(cases)('$producers producers, all faults, seed $seed', { timeout: TIMEOUT_MS }, async ({ producers, seed }) => {
    const { blocks } = await runTrial(options(producers, seed));
    expect(blocks).toBeGreaterThan(2);
  });

  it.each(Object.keys(FAULTS))('%s alone', { timeout: TIMEOUT_MS }, async (fault) => {
    const result = await runTrial(options(4, 7, { faults: [fault], orders: ['fifo'] }));
    expect(result.faults).toEqual([fault]);
  });

  it.each(Object.keys(BYZANTINE.hbbft))('with a producer that is %s, and shows it', { timeout: TIMEOUT_MS }, async (strategy) => {
    const changes = IN_CHANGES.has(strategy) ? 'agreed' : 'none';
    const minutes = IN_CHANGES.has(strategy) ? 2 : 0.5;
    if (strategy !== 'bad-coin-shares') {
      const place = options(4, 5, { orders: ['random'], faults: ['partition', strategy] });
      expect((await runTrial({ ...place, minutes, changes })).deviations).toBeGreaterThan(0);
      return;
    }
    // Coins are tossed where many disagree for long: in one run of eight of this kind.
    for (let seed = 8; seed < 48; seed++) {
      const { deviations } = await runTrial(
        options(7, seed, { minutes: 0.4, orders: ['adversarial'], faults: ['loss', 'mass-crash', strategy] }),
      );
      if (deviations > 0) return;
    }
    expect.fail('no coin was tossed in 40 runs');
  });

  it.each(ORDERS)('no stall when messages come %s', { timeout: TIMEOUT_MS }, async (order) => {
    const result = await runTrial(options(4, 11, { faults: [], orders: [order] }));
    expect(result).toMatchObject({ order, faults: [], noticed: [] });
  });

  it('with the real threshold cryptography', { timeout: TIMEOUT_MS }, async () => {
    const { blocks } = await runTrial(options(4, 12, { crypto: 'real' }));
    expect(blocks).toBeGreaterThan(2);
  });

  it('equal seeds give equal runs', { timeout: TIMEOUT_MS }, async () => {
    expect(await runTrial(options(4, 13))).toEqual(await runTrial(options(4, 13)));
  });
});

describe('groups whose consensus changes at random moments, under all faults (C-27, C-28)', () => {
  const cases = [2, 4, 7].map((producers, place) => ({ producers, seed: 300 + place }));
  it.each(cases)('$producers producers to begin with, seed $seed', { timeout: TIMEOUT_MS }, async ({ producers, seed }) => {
    const { changes } = await runTrial(options(producers, seed, { minutes: 1, changes: 'dealt' }));
    expect(changes).toBeGreaterThan(0);
  });

  it.each([4, 5])('with the whole agreement, 4 producers to begin with, seed %i', { timeout: TIMEOUT_MS }, async (seed) => {
    const { changes } = await runTrial(options(4, seed, { minutes: 1, changes: 'agreed' }));
    expect(changes).toBeGreaterThan(0);
  });

  it('with the keys that were agreed on', { timeout: TIMEOUT_MS }, async () => {
    const { changes } = await runTrial(options(4, 6, { crypto: 'real', faults: ['crash'], changes: 'agreed' }));
    expect(changes).toBeGreaterThan(0);
  });
});

describe('the checks of a round fire on a planted bug', () => {
  const quiet = options(4, 21, { faults: [], orders: ['fifo'] });

  it('no progress', { timeout: TIMEOUT_MS }, async () => {
    const plant: TrialOptions['plant'] = ({ network }) => {
      network.orderStreams = () => {};
    };
    await expect(runTrial({ ...quiet, plant })).rejects.toThrow('not everything became final everywhere');
  });

  it('a machine that does not learn of another configuration', { timeout: TIMEOUT_MS }, async () => {
    const plant: TrialOptions['plant'] = ({ machines }) => {
      const node = machines.at(-1)?.node;
      const view = node?.view.bind(node);
      const before = view?.().groups[0]?.producers;
      if (!node || !view || !before) return;
      node.view = () => ({ ...view(), groups: view().groups.map((group) => ({ ...group, producers: before })) });
    };
    await expect(runTrial({ ...quiet, changes: 'dealt', plant })).rejects.toThrow('not everything became final everywhere');
  });

  it('an acknowledged request that nothing comes of', { timeout: TIMEOUT_MS }, async () => {
    const plant: TrialOptions['plant'] = ({ machines }) => {
      const owner = machines.find(({ node }) => node.view().groups[0]?.role === 'owner')?.node;
      const ask = owner?.changeConsensus.bind(owner);
      if (owner && ask) owner.changeConsensus = async (...wanted) => ({ ...(await ask(...wanted)), reqId: 'forgotten' });
    };
    const isSaid = 'has no result of the acknowledged request forgotten';
    await expect(runTrial({ ...quiet, changes: 'agreed', plant })).rejects.toThrow(isSaid);
  });

  it('an acknowledged post that is in no chain', { timeout: TIMEOUT_MS }, async () => {
    const plant: TrialOptions['plant'] = ({ machines: [machine] }, { acknowledged }) => {
      if (machine) acknowledged.set('lost', machine);
    };
    await expect(runTrial({ ...quiet, plant })).rejects.toThrow('holds the acknowledged post lost 0 times');
  });

  it('a machine that does not come back', { timeout: TIMEOUT_MS }, async () => {
    const plant: TrialOptions['plant'] = ({ machines: [machine] }) => {
      if (!machine) return;
      machine.crash();
      machine.boot = () => Promise.reject(new Error('no power'));
    };
    await expect(runTrial({ ...quiet, plant })).rejects.toThrow('does not start');
  });
});

describe('seeds that found a defect', () => {
  const withRecoveries = (seed: number) => runTrial(options(4, seed, { minutes: 1, changes: 'recovery' }));

  it('a mute owner keeps recoveries that were promised to itself, and so holds its group up (4 producers, seed 40037; C-36)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await withRecoveries(40_037)).toMatchObject({ isHeldUp: true });
  });

  it('a recovery asks no more faulty machines than its set stands, however few run (4 producers, seed 40058)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await withRecoveries(40_058)).toMatchObject({ isHeldUp: false });
  });

  it('of many members under one configuration each has its turn, also the one whose chain counts more (4 producers, seed 40422; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await withRecoveries(40_422)).toMatchObject({ isHeldUp: false });
  });

  it('what was signed with a time that a faulty producer made up is signed again when there are others to ask (4 producers, seed 40567)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await withRecoveries(40_567)).toMatchObject({ isHeldUp: false });
  });

  it('who is bound to a recovery hears that it failed, though that stands in a block which waits for its seal (4 producers, seed 50220; C-36)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await withRecoveries(50_220);
  });

  it('a recovery that goes on from older blocks is followed by those who had followed one that it overtakes (4 producers, seed 81452; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await withRecoveries(81_452);
  });

  it('who waits to open a recovery alone goes over to the older chain once that has a higher one (4 producers, seed 85047; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(4, 85_047, { minutes: 1, changes: 'recovery', engines: ['hbbft', 'pbft'] }));
  });

  it('who catches up under one configuration leaves the first block of a recovery to those whom it names (4 producers, seed 41234)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await withRecoveries(41_234);
  });

  it('a report on a request that ended when a recovery was asked for is nobody’s fault (4 producers, seed 8, recoveries; C-34)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { recoveries } = await runTrial(options(4, 8, { minutes: 2, changes: 'recovery' }));
    expect(recoveries).toBeGreaterThan(0);
  });

  it('a change asked for after a recovery sets nothing on the chain that was left behind (7 producers, seed 306, recoveries; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(7, 306, { minutes: 1, changes: 'recovery', engines: ['hbbft', 'pbft'] }));
  });

  it('who has adopted a recovery holds no block of the chain before against who serves it (4 producers, seed 37, recoveries; C-38)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await withRecoveries(37);
  });

  it('a block of a later epoch that was fetched, not decided, keeps its number (4 producers, seed 8)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(4, 8, { minutes: 1 }));
  });

  it('a large trx that its author has signed again since it was told of is no lie (3 producers, seed 59; N-2)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(3, 59, { minutes: 1 }));
  });

  it('a member that gives another’s key as its own keeps nobody from that one (4 producers, seed 7; N-10)', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await runTrial(options(4, 7, { minutes: 1, faults: ['loss', 'partition', 'restart', 'impersonating'] }));
  });
});

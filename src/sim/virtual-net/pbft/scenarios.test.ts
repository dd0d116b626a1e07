import { beforeAll, describe, expect, test } from 'vitest';
import { initHash } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { PbftNet } from './net.ts';
import { certifyInTurn, type Flight, ScriptedNet } from './script.ts';
import { PBFT_STRATEGIES, proposing } from './strategies.ts';

/** The scenarios of the design of PBFT, each with whole machines: four producers, of which number v mod 4 leads view v. */

beforeAll(initHash);

const LIMIT = 200_000;
const all = (): boolean => true;
const isBetween = ({ from, to }: Flight, ...machines: readonly number[]): boolean =>
  machines.includes(from) && machines.includes(to);

describe('P-9: what N−f may have committed is carried over, and nothing else binds', () => {
  test('a certificate without commits, and another body decided in the next view', () => {
    const net = new ScriptedNet({ size: 4 });
    net.offer('first', 0, [0, 1]);
    // All prepare, and only producer 1 hears it.
    net.pass(({ kind, to }) => kind === 'pre-prepare' || (kind === 'prepare' && to === 1));
    expect(net.view(1).phase).toBe('prepared');
    net.lose(all);
    for (const index of [0, 2, 3]) net.give('second', index);
    net.giveUp(0, 2, 3);
    // View 1 would be producer 1's, who hears nothing; so view 2 it is.
    net.pass((flight) => isBetween(flight, 0, 2, 3));
    net.giveUp(0, 2, 3);
    net.pass((flight) => isBetween(flight, 0, 2, 3));
    net.fire(2, 'interval');
    net.pass((flight) => isBetween(flight, 0, 2, 3));
    expect(net.chain(2)).toEqual(['second']);
    expect(net.machine(1).hasOverlay).toBe(true);
    net.pass(all);
    net.fire(1, 'patience');
    net.fire(1, 'patience');
    net.pass(all);
    expect(net.chain(1)).toEqual(['second']);
  });

  test('the commits reach one replica, and the primary dies: the block stands', () => {
    const net = new ScriptedNet({ size: 4 });
    net.offer('first', 0);
    net.pass(({ kind, to }) => kind === 'pre-prepare' || kind === 'prepare' || (kind === 'commit' && to === 3));
    expect(net.chain(3)).toEqual(['first']);
    expect(net.machine(3).final).toBe(0);
    net.lose(all);
    net.crash(0);
    net.giveUp(1, 2);
    // Producer 3 says nothing of what it has decided: the certificates of the others do.
    net.pass((flight) => isBetween(flight, 1, 2) || flight.kind === 'view-change');
    net.pass(all);
    net.run(() => [1, 2, 3].every((index) => net.machine(index).final === 1), LIMIT);
    for (const index of [1, 2, 3]) expect(net.chain(index)).toEqual(['first']);
  });
});

describe('P-8: commits of different views never add up', () => {
  test('two bodies that are certified in turn, each at a single replica, over views: only what N−f committed in one view is decided', () => {
    const net = certifyInTurn(undefined);
    expect(net.machine(1).ledger.tip.ProducerPubkey).toBe('key2');
    net.run(() => net.isFinal(1), LIMIT);
    for (const index of [1, 2, 3]) expect(net.machine(index).ledger.blocks[1]?.ProducerPubkey).toBe('key2');
  });
});

describe('P-10: a primary that does not do what it must is replaced', () => {
  const cases = [
    ['silent', undefined],
    ['wrong-root', 'wrong-root'],
    ['wrong-parent', 'bad-pre-prepare'],
    ['rubbish', 'bad-pre-prepare'],
    ['equivocating', 'conflicting-pre-prepare'],
    ['untimely', undefined],
    ['withholding-bodies', undefined],
  ] as const;
  for (const [name, fault] of cases) {
    test(name, () => {
      const found = new Set<string>();
      for (let seed = 1; seed <= 4; seed++) {
        const net = new PbftNet({ size: 4, seed, order: 'random', strategies: [PBFT_STRATEGIES[name] as never], posts: 0.02 });
        net.start();
        net.run(() => net.isFinal(4), LIMIT);
        for (const kind of net.checks.found) found.add(kind);
        // A block's time is a second a height here; an hour ahead is nobody's.
        const times = net.machine(1).ledger.blocks.map(({ TimeStamp }) => TimeStamp);
        expect(times.every((time) => time < 3_600_000_000_000n)).toBe(true);
        if (name === 'silent') expect(net.machine(1).engine?.status().view?.view).toBeGreaterThan(0);
      }
      if (fault) expect(found).toContain(fault);
    });
  }

  test('two in a row, with N = 7', () => {
    const net = new PbftNet({ size: 7, seed: 2, order: 'random', posts: 0.02 });
    net.start();
    net.crash(0);
    net.crash(1);
    net.run(() => [2, 3, 4, 5, 6].every((index) => net.machine(index).final >= 3), LIMIT);
    expect(net.machine(2).engine?.status().view?.primary).toBeGreaterThan(1);
  });
});

describe('P-9: view changes and new views are checked', () => {
  const cases = [
    ['inflating-height', 'bad-view-change'],
    ['wrong-pick', 'bad-new-view'],
    ['hiding-certificates', undefined],
  ] as const;
  for (const [name, fault] of cases) {
    test(name, () => {
      const found = new Set<string>();
      for (let seed = 1; seed <= 12; seed++) {
        // The faulty one leads view 1; its machine goes down and up with view changes.
        const strategies = [undefined, PBFT_STRATEGIES[name]] as never;
        const net = new PbftNet({ size: 4, seed, order: 'adversarial', strategies, posts: 0.02 });
        net.start();
        net.run(() => net.isFinal(1), LIMIT);
        net.crash(0);
        net.run(() => [2, 3].every((index) => net.machine(index).final >= 3), LIMIT);
        for (const kind of net.checks.found) found.add(kind);
      }
      if (fault) expect(found).toContain(fault);
    });
  }

  test('a primary begins its view rightly, and proposes another body than its new view prescribes', () => {
    const own = proposing((block) => ({ ...block, ProducerPubkey: 'key1', TimeStamp: block.TimeStamp + 1n }));
    const net = new ScriptedNet({ size: 4, strategies: [undefined, own] as never });
    net.offer('first', 0);
    net.pass(({ kind, to }) => kind === 'pre-prepare' || kind === 'prepare' || (kind === 'commit' && to === 0));
    expect(net.chain(0)).toEqual(['first']);
    net.lose(all);
    const back = net.crash(0);
    net.giveUp(1, 2, 3);
    net.pass(({ kind }) => kind === 'view-change' || kind === 'new-view' || kind === 'pre-prepare' || kind === 'prepare');
    expect([2, 3].map((index) => net.view(index).view)).toEqual([2, 2]);
    expect(net.checks.found).toContain('bad-pre-prepare');
    back();
    net.run(() => net.isFinal(1), LIMIT);
    for (const index of [2, 3]) expect(net.machine(index).ledger.blocks[1]).toEqual(net.machine(0).ledger.blocks[1]);
  });
});

describe('P-5: one block at a time', () => {
  test('a pre-prepare that comes before the commits of its predecessor waits for them', () => {
    const net = new ScriptedNet({ size: 4 });
    net.offer('first', 0);
    net.pass(({ to, kind }) => to !== 3 || kind === 'pre-prepare');
    expect(net.machine(0).final).toBe(1);
    net.offer('second', 0);
    net.pass(({ to, kind }) => to !== 3 || kind === 'pre-prepare');
    expect(net.machine(0).final).toBe(2);
    expect(net.chain(3)).toEqual([]);
    net.pass(all);
    expect(net.chain(3)).toEqual(['first', 'second']);
    expect(net.machine(3).final).toBe(2);
  });

  test('a pre-prepare that comes when its predecessor is decided, and not final, waits for the seals', () => {
    const net = new ScriptedNet({ size: 4 });
    const isNoSeal = ({ kind, to }: Flight): boolean => to !== 3 || kind !== 'seal';
    net.offer('first', 0);
    net.pass(isNoSeal);
    expect([0, 3].map((index) => net.machine(index).final)).toEqual([1, 0]);
    expect(net.chain(3)).toEqual(['first']);
    net.offer('second', 0);
    net.pass((flight) => isNoSeal(flight) && flight.kind === 'pre-prepare');
    expect(net.view(3).phase).toBe('proposed');
    expect(net.machine(3).hasOverlay).toBe(false);
    net.pass(all);
    expect(net.chain(3)).toEqual(['first', 'second']);
  });
});

describe('P-11: patience counts ticks', () => {
  test('a tab that slept wakes with one tick that has run out, and does not give up', () => {
    const net = new ScriptedNet({ size: 4 });
    net.offer('first', 1);
    net.fire(3, 'patience');
    expect(net.view(3)).toMatchObject({ view: 0, isChanging: false });
  });

  test('the primary sleeps: the others go on without it, and it follows when it wakes', () => {
    const net = new PbftNet({ size: 4, seed: 5, order: 'random', posts: 0.02 });
    net.start();
    net.run(() => net.isFinal(1), LIMIT);
    net.hold(0);
    net.run(() => [1, 2, 3].every((index) => net.machine(index).final >= 4), LIMIT);
    net.release();
    net.run(() => net.isFinal(6), LIMIT);
    expect(net.machine(0).engine?.status().view?.view).toBe(net.machine(1).engine?.status().view?.view);
  });

  test('f+1 that want a later view pull the others along', () => {
    const net = new ScriptedNet({ size: 4 });
    net.give('first', 1);
    net.give('first', 2);
    net.giveUp(1, 2);
    net.pass(({ kind }) => kind === 'view-change');
    expect([0, 3].map((index) => net.view(index).view)).toEqual([1, 1]);
  });

  test('a primary that orders all but one trx is replaced: blocks end the waiting of what they hold only', () => {
    const net = new ScriptedNet({ size: 4 });
    for (const index of [1, 2, 3]) net.give('unwanted', index);
    const isUnheard = ({ kind }: Flight): boolean => kind !== 'trx';
    for (let tick = 0; tick < 8; tick++) {
      expect(net.view(1)).toMatchObject({ view: 0, isChanging: false });
      net.offer(`wanted ${tick}`, 0);
      net.pass(isUnheard);
      for (const index of [1, 2, 3]) net.fire(index, 'patience');
    }
    net.pass(isUnheard);
    expect(net.chain(1)).toHaveLength(8);
    expect(net.view(1)).toMatchObject({ view: 1, isChanging: false });
    net.fire(1, 'interval');
    net.pass(isUnheard);
    for (const index of [0, 1, 2, 3]) expect(net.chain(index)).toContain('unwanted');
  });

  test('a trx that the primary never got is sent to it', () => {
    const net = new ScriptedNet({ size: 4 });
    net.give('first', 2);
    for (let tick = 0; tick < 5; tick++) net.fire(2, 'patience');
    net.pass(all);
    net.fire(0, 'interval');
    net.pass(all);
    for (const index of [0, 1, 2, 3]) expect(net.chain(index)).toEqual(['first']);
    expect(net.view(0).view).toBe(0);
  });
});

describe('P-12: crash and restart', () => {
  /** Crashes producer 1 at its `number`-th fail point; answers whether it got there. */
  function runWithCutAt(number: number): boolean {
    let point = 0;
    const fails = (index: number): boolean => index === 1 && point++ === number;
    const net = new PbftNet({ size: 4, seed: 7, order: 'fifo', posts: 0.05, fails });
    net.start();
    net.run(() => net.isFinal(5), LIMIT);
    return point > number;
  }

  test('at every fail point in turn: the same votes again, never others, and the group goes on', () => {
    let number = 0;
    while (runWithCutAt(number)) number += 1;
    expect(number).toBeGreaterThan(30);
  });

  test('a commit of a view that came to nothing is known again after a restart, when others give it back', () => {
    const net = new ScriptedNet({ size: 4 });
    net.offer('first', 0);
    net.pass(
      ({ kind, from, to }) => kind === 'pre-prepare' || kind === 'prepare' || (kind === 'commit' && from === 1 && to === 2),
    );
    net.lose(all);
    net.giveUp(1, 2, 3);
    net.pass((flight) => isBetween(flight, 1, 2, 3) && (flight.kind === 'view-change' || flight.kind === 'new-view'));
    expect(net.view(1)).toMatchObject({ view: 1, isChanging: false });
    net.lose(all);
    net.crash(1)();
    // A defect would throw: producer 2 gives back what it has of producer 1's.
    net.pass(all);
    net.run(() => net.isFinal(1), LIMIT);
    expect(net.chain(1)).toEqual(['first']);
  });

  test('power fails between a decision in the log and its block in the store: the log alone brings the block', () => {
    let isArmed = false;
    const fails = (index: number, point: string): boolean => isArmed && index === 3 && point === 'after-log';
    const net = new ScriptedNet({ size: 4, fails });
    net.offer('first', 0);
    net.pass(({ kind, to }) => kind === 'pre-prepare' || kind === 'prepare' || (kind === 'commit' && to !== 3));
    expect(net.machine(3).hasOverlay).toBe(true);
    isArmed = true;
    net.pass(({ kind, to }) => kind === 'commit' && to === 3);
    expect(net.machine(3).isRunning).toBe(false);
    isArmed = false;
    for (const index of [0, 1, 2]) net.crash(index);
    net.crash(3)();
    expect(net.chain(3)).toEqual(['first']);
  });

  test('all at once, again and again', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const net = new PbftNet({ size: 4, seed, order: 'random', posts: 0.05 });
      net.start();
      for (let round = 0; round < 5; round++) {
        const end = net.steps + 40 * (seed + round);
        net.run(() => net.steps >= end, LIMIT);
        for (const back of [0, 1, 2, 3].map((index) => net.crash(index))) back();
      }
      net.run(() => net.isFinal(4), LIMIT);
    }
  });

  test('a producer whose log is gone is told so by the others, and falls silent', () => {
    const outcomes = Array.from({ length: 20 }, (_, seed) => {
      const net = new PbftNet({ size: 4, seed, order: 'random', powerCuts: 0.02, losesLog: true, posts: 0.05 });
      try {
        net.start();
        net.run(() => net.isFinal(8), LIMIT);
        return 'fine';
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return error.message;
      }
    });
    expect(outcomes.some((outcome) => outcome.includes('log-lost'))).toBe(true);
  });
});

describe('P-13: catching up', () => {
  test('far behind, and served corrupt blocks first', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const net = new PbftNet({ size: 4, seed, order: 'random', posts: 0.05, servesCorrupt: true });
      net.start();
      const back = net.crash(3);
      net.run(() => [0, 1, 2].every((index) => net.machine(index).final >= 10), LIMIT);
      back();
      net.run(() => net.isFinal(14), LIMIT);
    }
  });
});

describe('P-14: other producers', () => {
  test('1 → 2 → 3 → 4 → 3 producers, with a view change in the middle', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const plan = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [1, 2, 3]];
      const net = new PbftNet({ size: 4, seed, order: 'random', posts: 0.02, plan });
      net.start();
      for (const [place] of plan.entries()) {
        const goal = net.checks.finalHeight + 2;
        net.run(() => net.isFinal(goal), LIMIT);
        const isThere = (): boolean => net.honest.every((_, index) => net.machine(index).configuration?.nonce === place + 1);
        expect(isThere()).toBe(true);
        if (place === 3) {
          const back = net.crash(0);
          net.run(() => [1, 2, 3].every((index) => (net.machine(index).engine?.status().view?.view ?? 0) > 0), LIMIT);
          back();
        }
        if (place === plan.length - 1) continue;
        net.change();
        net.run(() => net.honest.every((_, index) => net.machine(index).configuration?.nonce === place + 2), LIMIT);
      }
    }
  });
});

test('P-15: the log is bounded, and the group goes on, under a flood of votes of views and heights to come', () => {
  const net = new PbftNet({ size: 4, seed: 4, order: 'fifo', strategies: [PBFT_STRATEGIES.flooding as never], posts: 0.05 });
  net.start();
  net.run(() => net.isFinal(20), LIMIT);
  for (let index = 1; index < 4; index++) expect(net.machine(index).log.size).toBeLessThan(40);
});

test('the same seed gives the same run', () => {
  const run = (): string => {
    const net = new PbftNet({ size: 5, seed: 9, order: 'adversarial', strategies: ['twins'], powerCuts: 0.005, breaks: 0.005 });
    net.start();
    const end = net.steps + 4_000;
    net.run(() => net.steps >= end, LIMIT);
    return `${net.steps} ${net.honest.map((machine) => machine.describe()).join()}`;
  };
  expect(run()).toBe(run());
});

import { beforeAll, describe, expect, test } from 'vitest';
import { type Configuration, decodeMessage } from '../../consensus/index.ts';
import type { ThresholdKeys } from '../../crypto/index.ts';
import { faultyLimit, initHash } from '../../records/index.ts';
import { type IdealKeys, idealKeys } from '../ideal-threshold.ts';
import { Violation } from '../one-producer.ts';
import { SeededRandom } from '../random.ts';
import { Checks } from './checks.ts';
import { VirtualNet } from './net.ts';
import { STRATEGIES } from './strategies.ts';

/** The traps that consensus.md closes, and the known defects of other implementations, each as a test of whole producers. */

beforeAll(initHash);

const LIMIT = 300_000;
const SEEDS = [1, 2, 3, 4, 5];

describe('crash and restart', () => {
  /** Crashes producer 0 at its `number`-th fail point; answers whether it got there. */
  function runWithCutAt(number: number): boolean {
    let point = 0;
    const net = new VirtualNet({
      size: 4,
      seed: 7,
      order: 'fifo',
      encryption: 0,
      fails: (index) => index === 0 && point++ === number,
    });
    net.start();
    net.run(() => net.isFinished(4), LIMIT);
    return point > number;
  }

  test('at every fail point in turn: the same messages again, never others, and the group goes on', () => {
    let number = 0;
    // Each fourth: neighbours differ by one message only.
    while (runWithCutAt(number)) number += 4;
    expect(number).toBeGreaterThan(100);
  });

  for (const size of [4, 7]) {
    test(`more than f of ${size}, in mid-epoch, all restarted from their logs`, () => {
      for (const seed of SEEDS) {
        const net = new VirtualNet({ size, seed, order: 'random', encryption: 0, posts: 0.02 });
        net.start();
        net.run(() => net.isFinished(2), LIMIT);
        const steps = net.steps + 40 * seed;
        net.run(() => net.steps >= steps, LIMIT);
        const backs = Array.from({ length: faultyLimit(size) + 2 }, (_, index) => net.crash(index));
        // Those that are left get no further.
        expect(() => net.run(() => net.isFinished(100), LIMIT)).toThrow(Violation);
        for (const back of backs) back();
        const goal = Math.max(...net.producers.map(({ finished }) => finished)) + 4;
        net.run(() => net.isFinished(goal), LIMIT);
      }
    });
  }

  test('a producer that has decided, restarts, and is needed again', () => {
    for (const seed of SEEDS) {
      // With 0 silent, the three others need each other for everything.
      const net = new VirtualNet({ size: 4, seed, order: 'random', strategies: [STRATEGIES.silent as never], encryption: 0 });
      net.start();
      net.run(() => net.producers.slice(1).some(({ finished }) => finished >= 1), LIMIT);
      const first = net.producers.findIndex(({ finished }) => finished >= 1);
      net.crash(first)();
      net.run(() => net.isFinished(3), LIMIT);
    }
  });
});

describe('late producers', () => {
  test('3 epochs and a thousand messages behind: it gets there by messages alone', () => {
    for (const seed of SEEDS) {
      const net = new VirtualNet({ size: 10, seed, order: 'fifo', posts: 0 });
      net.start();
      net.run(() => net.isFinished(1), LIMIT);
      net.hold(9);
      net.run(() => net.producers.slice(0, 9).every(({ finished }) => finished >= 4), LIMIT);
      const waiting = net.producers.reduce((sum, _, from) => sum + net.links.queue(from, 9).length, 0);
      expect(waiting).toBeGreaterThan(1_000);
      net.release();
      net.run(() => net.isFinished(5), LIMIT);
    }
  });

  test('far behind, with blocks: it fetches them', () => {
    for (const seed of SEEDS) {
      const net = new VirtualNet({ size: 4, seed, order: 'random', posts: 0.05 });
      net.start();
      const back = net.crash(3);
      net.run(() => net.producers.slice(0, 3).every(({ finished }) => finished >= 20), LIMIT);
      back();
      net.run(() => net.isFinished(25), LIMIT);
      expect(net.producers[3]?.blocks.length).toBeGreaterThan(5);
    }
  });

  test('a stretch of EMPTY epochs missed: there is no block to learn them from', () => {
    for (const seed of SEEDS) {
      const net = new VirtualNet({ size: 4, seed, order: 'random', posts: 0 });
      net.start();
      const back = net.crash(3);
      net.run(() => net.producers.slice(0, 3).every(({ finished }) => finished >= 20), LIMIT);
      back();
      net.run(() => net.isFinished(22), LIMIT);
      expect(net.producers[3]?.blocks).toHaveLength(1);
    }
  });

  test('two of seven far behind while two are faulty and fall silent', () => {
    for (const seed of SEEDS) {
      let isSilent = false;
      const fading = () => ({ tamper: (_to: number, _message: unknown, data: Uint8Array) => (isSilent ? [] : [data]) });
      const net = new VirtualNet({ size: 7, seed, order: 'random', strategies: [fading, fading], posts: 0.02 });
      net.start();
      net.hold(5);
      net.hold(6);
      const steps = net.steps + 20_000;
      net.run(() => net.steps >= steps, LIMIT);
      isSilent = true;
      net.release();
      const goal = Math.max(...net.producers.map(({ finished }) => finished)) + 3;
      net.run(() => net.isFinished(goal), LIMIT);
    }
  });
});

describe('a resting group', () => {
  test('is woken by one post, of whatever bucket, at one producer, with another producer dead', () => {
    const net = new VirtualNet({ size: 4, seed: 3, order: 'fifo', posts: 0 });
    net.start();
    net.crash(0);
    const awake = net.producers.slice(1);
    net.run(() => awake.every(({ engine }) => engine.status().resting), LIMIT);
    // The plain interval is over everywhere; only the long tick still runs.
    for (const index of [1, 2, 3]) net.fire(index, 'interval');
    const before = awake.map(({ finished }) => finished);
    net.holdTimers = true;
    net.post(2);
    net.run(() => awake.every(({ blocks }) => blocks.length === 2), 5_000);
    expect(awake.map(({ finished }) => finished)).toEqual(before.map((epoch) => epoch + 1));
  });
});

describe('known defects of other implementations', () => {
  test('a proposer of what is no ciphertext, in every epoch: nothing halts, its proposal counts as EMPTY', () => {
    for (const strategy of ['non-ciphertext', 'wrong-label', 'unreadable', 'encrypted-rubbish', 'malformed']) {
      const net = new VirtualNet({
        size: 4,
        seed: 5,
        order: 'random',
        strategies: [STRATEGIES[strategy] as never],
        encryption: 0,
      });
      net.start();
      net.run(() => net.isFinished(6), LIMIT);
      const kinds = [...net.checks.found];
      expect(kinds.some((kind) => kind === 'bad-ciphertext' || kind === 'bad-proposal')).toBe(true);
    }
  });

  test('messages of an epoch in any order at all: nothing stalls', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const net = new VirtualNet({
        size: 4,
        seed,
        order: seed % 2 === 0 ? 'random' : 'adversarial',
        alwaysTossCoin: seed % 3 === 0,
      });
      net.start();
      net.run(() => net.isFinished(4), LIMIT);
    }
  });

  test('a coin has a name of its own for each group, configuration, epoch, proposer and round', () => {
    const names = new Map<string, Set<string>>();
    const watched = (own: IdealKeys, place: () => string): ThresholdKeys =>
      Object.assign(Object.create(own), {
        producers: own.producers,
        faultyLimit: own.faultyLimit,
        index: own.index,
        coinShare: (name: Uint8Array) => {
          const text = new TextDecoder().decode(name);
          const places = names.get(text) ?? new Set();
          names.set(text, places.add(place()));
          return own.coinShare(name);
        },
        verifyCoinShare: own.verifyCoinShare.bind(own),
        areCoinSharesConsistent: own.areCoinSharesConsistent.bind(own),
        combineCoin: own.combineCoin.bind(own),
      });
    const configurations: Partial<Configuration>[] = [{}, { nonce: 4 }, { groupId: '00000000-0000-4000-8000-000000000000' }];
    for (const [number, configuration] of configurations.entries()) {
      const keys = idealKeys(4, new Uint8Array(32).fill(1)).map((own) => watched(own, () => number.toString()));
      const net = new VirtualNet({ size: 4, seed: 2, order: 'random', keys, alwaysTossCoin: true, configuration });
      net.start();
      net.run(() => net.isFinished(5), LIMIT);
    }
    // The same agreements ran under each of the three, and no name was used under two.
    for (const places of names.values()) expect(places.size).toBe(1);
    const coins = [...names.keys()].map((name) => name.split('/'));
    expect(new Set(coins.map((parts) => parts.slice(-3).join('/'))).size).toBeGreaterThan(20);
    for (const [, , , group, nonce] of coins) expect(`${group} ${nonce}`).toMatch(/^[0-9a-f-]{36} \d+$/);
  });
});

test('memory is bounded under a flood of messages of epochs and rounds to come', () => {
  const net = new VirtualNet({ size: 4, seed: 4, order: 'fifo', strategies: [STRATEGIES.flooding as never], encryption: 0 });
  net.start();
  net.run(() => net.isFinished(12), LIMIT);
  for (const producer of net.honest) expect(producer.logEntries).toBeLessThan(12 * 4 * 4 * 4 * 60);
});

describe('each check fires', () => {
  const checks = (): Checks => new Checks(4, (producer) => producer !== 3);
  const message = (kind: 'ready', byte: number) =>
    ({ kind, epoch: 1, proposer: 0, root: new Uint8Array(32).fill(byte) }) as const;

  test('on two decisions for one epoch', () => {
    const both = checks();
    const proposal = (timeNs: bigint) => ({ trxs: [], timeNs });
    both.decided(0, { epoch: 1, proposals: [proposal(1n), proposal(2n), proposal(3n), undefined] });
    expect(() => both.decided(1, { epoch: 1, proposals: [proposal(1n), proposal(2n), proposal(4n), undefined] })).toThrow(
      Violation,
    );
  });

  test('on two blocks at one height, and on blame of the honest', () => {
    const both = checks();
    both.block(0, 1, new Uint8Array(32));
    expect(() => both.block(1, 1, new Uint8Array(32).fill(1))).toThrow(Violation);
    both.blamed(0, { producer: 3, kind: 'bad-shard' });
    expect(() => both.blamed(0, { producer: 1, kind: 'bad-shard' })).toThrow(Violation);
  });

  test('on a contradiction', async () => {
    const { encodeMessage } = await import('../../consensus/index.ts');
    const both = checks();
    both.sent(0, 1, encodeMessage(message('ready', 1)));
    both.sent(0, 2, encodeMessage(message('ready', 1)));
    expect(() => both.sent(0, 2, encodeMessage(message('ready', 2)))).toThrow(Violation);
    expect(decodeMessage(encodeMessage(message('ready', 1)), 4)).toEqual(message('ready', 1));
  });

  test('on a stall', () => {
    const silent = STRATEGIES.silent as never;
    const net = new VirtualNet({ size: 4, seed: 1, order: 'fifo', strategies: [silent, silent] });
    net.start();
    expect(() => net.run(() => net.isFinished(1), 20_000)).toThrow(Violation);
  });

  test('on an engine that forgets its log', () => {
    const outcomes = Array.from({ length: 10 }, (_, seed) => {
      const net = new VirtualNet({ size: 4, seed, order: 'random', powerCuts: 0.01, losesLog: true });
      try {
        net.start();
        net.run(() => net.isFinished(10), LIMIT);
        return 'fine';
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return error.message;
      }
    });
    expect(outcomes.some((outcome) => outcome.includes('contradicts itself') || outcome.includes('log-lost'))).toBe(true);
  });
});

test('the same seed gives the same run', () => {
  const run = (): string => {
    const random = new SeededRandom(1, 'same');
    const strategies = [STRATEGIES[random.pick(Object.keys(STRATEGIES))] as never];
    const net = new VirtualNet({
      size: 4,
      seed: 1,
      order: 'adversarial',
      strategies,
      powerCuts: 0.001,
      breaks: 0.001,
      encryption: 0,
    });
    net.start();
    net.run(() => net.isFinished(6), LIMIT);
    return `${net.steps} ${net.producers.map(({ logEntries }) => logEntries)}`;
  };
  expect(run()).toBe(run());
});

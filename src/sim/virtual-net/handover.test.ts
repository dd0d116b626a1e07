import { beforeAll, describe, expect, test } from 'vitest';
import {
  encryptedSharesFor,
  initCrypto,
  initThreshold,
  keyGenerationOf,
  keysFromBundle,
  verifyBundle,
  verifyKeyGeneration,
  verifyResponse,
} from '../../crypto/index.ts';
import { ChangeConsensusResp, ConsensusResult, faultyLimit } from '../../records/index.ts';
import { type Lies, unbox } from './handover-machine.ts';
import { HandoverNet, type HandoverNetOptions } from './handover-net.ts';

// Rules: design of consensus, "Changing consensus on a running group", by number.

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

const STEP_LIMIT = 300_000;

function decided(options: HandoverNetOptions): HandoverNet {
  const net = new HandoverNet(options);
  net.start();
  net.run(() => net.result !== undefined, STEP_LIMIT);
  return net;
}

/** Every honest producer gets working keys of one group key from the bundle alone. */
function expectKeys(net: HandoverNet): void {
  const { result, producers } = net;
  if (!result) throw new Error('there is no result');
  expect(result.Result).toBe(ConsensusResult.SUCCESS);
  expect(verifyBundle(result)).toBe(true);
  expect(verifyKeyGeneration(result)).toBe(true);
  expect(result.ResponsedProducers).toEqual(producers);
  if (producers.length === 1) return;
  const keys = producers.map((producer, index) => {
    const plains = [...encryptedSharesFor(result, index)].map(([dealer, sealed]) => [dealer, unbox(producer, sealed)] as const);
    return keysFromBundle(result, index, new Map(plains as [number, Uint8Array][]));
  });
  const honest = producers.flatMap((_, index) => (net.isHonest(index) ? [index] : []));
  for (const index of honest) expect(keys[index]).toBeDefined();
  const name = new TextEncoder().encode('a coin');
  const enough = faultyLimit(producers.length) + 1;
  const coins = honest.slice(enough - 1).map((_, first) => {
    const chosen = honest.slice(first, first + enough).map((index) => [index, keys[index]?.coinShare(name)] as const);
    return keys[honest[0] as number]?.combineCoin(name, new Map(chosen as [number, Uint8Array][]));
  });
  expect(new Set(coins).size).toBe(1);
}

describe('all is well', () => {
  for (let size = 1; size <= 7; size++) {
    test(`${size} producers agree in the first attempt, and each has its key (2, 3)`, () => {
      const net = decided({ size, seed: size });
      expectKeys(net);
      expect(net.agreedAttempts).toEqual([1]);
      expect(net.failedAttempts).toEqual([]);
    });
  }
});

describe('the slow and the absent', () => {
  for (const size of [2, 4, 7]) {
    test(`a slow tab of ${size} is waited for, in a later attempt (2)`, () => {
      const net = decided({ size, seed: size, readyAtTick: { 1: 3 } });
      expectKeys(net);
      // The second one is still open when it comes.
      expect(net.agreedAttempts.every((attempt) => attempt >= 2)).toBe(true);
    });

    test(`one of ${size} that never comes: TIMEOUT, with those who responded (5)`, () => {
      const net = decided({ size, seed: size, away: [0] });
      expect(net.result?.Result).toBe(ConsensusResult.TIMEOUT);
      expect(net.result?.ResponsedProducers).toEqual(net.producers.slice(1));
      expect(net.result && verifyBundle(net.result)).toBe(true);
      expect(net.agreedAttempts).toEqual([]);
    });

    test(`one of ${size} that refuses: FAILED, with its reason (5)`, () => {
      const net = decided({ size, seed: size, refusals: { 1: 'this engine is not known here' } });
      expect(net.result?.Result).toBe(ConsensusResult.FAIL);
      expect(net.result?.Resps.map(({ Refused }) => Refused)).toContain('this engine is not known here');
      expect(net.agreedAttempts).toEqual([]);
    });
  }

  test('0 is voted only after the tick: however slow the messages, what is under way in time counts (2)', () => {
    // No timer fires while anything can still arrive, so no proof may be left out.
    for (let seed = 1; seed <= 3; seed++) expect(decided({ size: 7, seed, breaks: 0.01 }).agreedAttempts).toEqual([1]);
  });
});

describe('crashes, restarts, loss', () => {
  for (const size of [1, 2, 3, 4, 7]) {
    test(`${size} producers and the owner crash at any point, and nobody contradicts itself`, () => {
      for (let seed = 1; seed <= 2; seed++) {
        const net = new HandoverNet({ size, seed, powerCuts: 0.01, breaks: 0.01, loss: 0.2, isSlow: seed % 2 === 0 });
        net.start();
        net.run(() => net.result !== undefined, STEP_LIMIT);
        net.settle();
        expect(net.published.size, `seed ${seed}`).toBe(1);
        if (net.result?.Result === ConsensusResult.SUCCESS) expectKeys(net);
        // Nobody lies, so the key generation cannot fail.
        else expect(net.result?.Result, `seed ${seed}`).toBe(ConsensusResult.TIMEOUT);
      }
    });
  }

  test('one that crashes before it knows the outcome completes the attempt that the others have completed (2)', () => {
    const net = new HandoverNet({ size: 4, seed: 8 });
    const hasBundle = (index: number): boolean => net.participant(index)?.status().bundle !== undefined;
    net.start();
    net.run(() => [0, 1, 2, 3].some(hasBundle), STEP_LIMIT);
    const late = [0, 1, 2, 3].filter((index) => !hasBundle(index));
    expect(late.length).toBeGreaterThan(0);
    for (const index of late) net.crash(index);
    for (const index of late) net.restart(index);
    net.settle();
    for (const index of late) expect(net.participant(index)?.status().bundle).toEqual(net.result);
    expect(net.agreedAttempts).toEqual([1]);
  });
});

const flipped: Lies['tamper'] = (_to, data, random) => {
  if (!random.chance(0.3)) return [data];
  const copy = data.slice();
  const place = random.int(copy.length);
  copy[place] = (copy[place] as number) ^ (1 + random.int(255));
  return [copy];
};
const LIARS: readonly (readonly [string, Lies])[] = [
  ['flips bytes', { tamper: flipped }],
  ['says random things', { tamper: (_to, data, random) => [random.bytes(random.int(80)), data] }],
  ['leaves messages out', { tamper: (_to, data, random) => (random.chance(0.5) ? [data] : []) }],
  ['talks to some only', { tamper: (to, data) => (to % 2 === 0 ? [data] : []) }],
  ['is two machines with one key', { isTwin: true }],
];

describe('one faulty producer', () => {
  for (const [what, lies] of LIARS) {
    test(`${what}: no attempt has two outcomes, no honest producer is blamed`, () => {
      for (let seed = 1; seed <= 3; seed++) {
        const net = new HandoverNet({ size: 4, seed, lies: { [seed]: lies }, isSlow: true, breaks: 0.01 });
        net.start();
        net.run(() => net.result !== undefined, STEP_LIMIT);
        net.settle();
        expect(net.published.size).toBe(1);
        if (net.result?.Result === ConsensusResult.SUCCESS) expectKeys(net);
      }
    });
  }

  test('shares that do not open: its dealing is left out, and the others make the key (3)', () => {
    const garbage: Lies = { encrypted: (receiver, share, random) => (receiver === 2 ? random.bytes(300) : share) };
    const net = decided({ size: 4, seed: 5, lies: { 1: garbage } });
    expectKeys(net);
    const generation = net.result && keyGenerationOf(net.result);
    expect(typeof generation === 'object' && [...generation.dealings.keys()]).toEqual([0, 2, 3]);
  });

  test('it accepts nobody: fewer than f+1 dealings, FAILED (5)', () => {
    const net = decided({ size: 4, seed: 6, lies: { 3: { decrypted: () => undefined } } });
    expect(net.result?.Result).toBe(ConsensusResult.FAIL);
    expect(net.result && verifyBundle(net.result)).toBe(true);
    expect(net.result && keyGenerationOf(net.result)).toBe('too-few');
    expect(net.result && verifyKeyGeneration(net.result)).toBe(false);
  });

  test('two responses to one request are proof of its fault', () => {
    const proven = Array.from({ length: 5 }, (_, index) => index + 1).flatMap((seed) => {
      const net = new HandoverNet({ size: 4, seed, lies: { 0: { isTwin: true } }, isSlow: true, breaks: 0.05 });
      net.start();
      net.run(() => net.result !== undefined, STEP_LIMIT);
      return net.evidence;
    });
    expect(proven.length).toBeGreaterThan(0);
    for (const { producer, kind, evidence } of proven) {
      expect([producer, kind]).toEqual([0, 'conflicting-response']);
      const [one, other] = evidence.map((bytes) => ChangeConsensusResp.decode(bytes)) as [
        ChangeConsensusResp,
        ChangeConsensusResp,
      ];
      expect(verifyResponse(one) && verifyResponse(other)).toBe(true);
      expect(one.Req).toEqual(other.Req);
      expect(one.MsgHash).not.toEqual(other.MsgHash);
    }
  });
});

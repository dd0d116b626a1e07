import { beforeAll, describe, expect, test } from 'vitest';
import {
  encryptedSharesFor,
  initCrypto,
  initThreshold,
  keysFromBundle,
  verifyBundle,
  verifyKeyGeneration,
} from '../../crypto/index.ts';
import { ConsensusResult, faultyLimit } from '../../records/index.ts';
import { HandoverNet, type HandoverNetOptions, unbox } from './handover-net.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

const STEP_LIMIT = 200_000;

function decided(options: HandoverNetOptions): HandoverNet {
  const net = new HandoverNet(options);
  net.start();
  net.run(() => net.result !== undefined, STEP_LIMIT);
  return net;
}

/** Every producer gets working keys of one group key from the bundle alone. */
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
  const name = new TextEncoder().encode('a coin');
  const coins = Array.from({ length: producers.length - faultyLimit(producers.length) }, (_, first) => {
    const chosen = keys.slice(first, first + faultyLimit(producers.length) + 1);
    return keys[0]?.combineCoin(name, new Map(chosen.map((key, at) => [first + at, key?.coinShare(name) as Uint8Array])));
  });
  expect(new Set(coins).size).toBe(1);
}

describe('all is well', () => {
  for (let size = 1; size <= 7; size++) {
    test(`${size} producers agree in the first attempt, and each has its key`, () => {
      const net = decided({ size, seed: size });
      expectKeys(net);
      expect(net.agreedAttempts).toEqual([1]);
    });
  }
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, publicKeyOf, replaceSignatures, signHash, verifyHash } from '../crypto/index.ts';
import { idealSignatures } from './ideal-signatures.ts';
import { SeededRandom } from './random.ts';
import { flipped } from './virtual-net/strategies.ts';

describe('ideal signatures fail as real ones do', () => {
  const random = new SeededRandom(1);
  const [secret, other, hash, otherHash] = [random.bytes(32), random.bytes(32), random.bytes(32), random.bytes(32)];

  beforeAll(async () => {
    await initCrypto();
    replaceSignatures(idealSignatures);
  });
  afterAll(() => replaceSignatures());

  it('one is good for its hash and its key only, and the same every time', () => {
    const signature = signHash(hash, secret);
    expect(signHash(hash, secret)).toEqual(signature);
    expect(verifyHash(hash, signature, publicKeyOf(secret))).toBe(true);
    expect(verifyHash(otherHash, signature, publicKeyOf(secret))).toBe(false);
    expect(verifyHash(hash, signature, publicKeyOf(other))).toBe(false);
  });

  it('a changed one, and one that nobody made, is good for nobody', () => {
    const signature = signHash(hash, secret);
    for (let count = 0; count < 200; count++) {
      expect(verifyHash(hash, flipped(signature, random), publicKeyOf(secret))).toBe(false);
    }
    expect(verifyHash(hash, random.bytes(65), publicKeyOf(secret))).toBe(false);
  });

  it('keys are the real ones, and real signatures are back afterwards', () => {
    const [idealKey, ideal] = [publicKeyOf(secret), signHash(hash, secret)];
    replaceSignatures();
    expect(publicKeyOf(secret)).toBe(idealKey);
    expect(verifyHash(hash, ideal, idealKey)).toBe(false);
    expect(verifyHash(hash, signHash(hash, secret), idealKey)).toBe(true);
  });
});

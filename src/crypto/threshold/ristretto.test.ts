import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, LIMITS, sha256, toHex } from '../../records/index.ts';
import {
  add,
  IDENTITY,
  isElement,
  isScalar,
  multiply,
  multiplyBase,
  ORDER,
  subtract,
  sumOfProducts,
  toNumber,
  toScalar,
} from './group.ts';
import {
  type Ciphertext,
  combineDealings,
  ENCRYPTION_OVERHEAD_BYTES,
  ENCRYPTION_RANDOM_BYTES,
  initThreshold,
  makeDealing,
  type PublicKeys,
  RistrettoKeys,
  SHARE_BYTES,
  trustedDealerKeys,
} from './index.ts';
import { coefficientsAtZero } from './polynomial.ts';
import { shareElement } from './proofs.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const NAME = text('group, nonce, epoch, proposer, round');
const LABEL = text('group, nonce, epoch, proposer');
const PLAIN = text('a proposal');
const RANDOM = sha256(text('random bytes'));

type Shares = Map<number, Uint8Array>;

/** Some places of a list of shares. */
const pick = (shares: readonly Uint8Array[], indices: readonly number[]): Shares =>
  new Map(indices.map((index) => [index, shares[index] as Uint8Array]));

const places = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** All ways to choose `count` of `from`. */
function subsets(from: readonly number[], count: number): number[][] {
  if (count === 0) return [[]];
  return from.flatMap((first, at) => subsets(from.slice(at + 1), count - 1).map((rest) => [first, ...rest]));
}

function withElement(share: Uint8Array, element: Uint8Array): Uint8Array {
  return concatBytes(element, share.subarray(32));
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** The number plus ℓ, in 32 bytes: the same scalar to a library that reduces. */
const notReduced = (scalar: Uint8Array): Uint8Array => toScalar(toNumber(scalar) + ORDER);

/** Encodings that are no elements (RFC 9496, appendix A.3): not canonical, negative, not on the curve; and the identity; and points of small order of the curve below. */
const NO_ELEMENTS: readonly Uint8Array[] = [
  IDENTITY,
  // 2²⁵⁵ − 19, zero again; and with a 1, the identity of the curve below.
  ...[
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ],
  // Negative field elements.
  '0100000000000000000000000000000000000000000000000000000000000000',
  '01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20',
  // No square.
  '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
  '4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f',
  // The top bit set.
  `${'00'.repeat(31)}80`,
  // Edwards points of order 8, 4, 2 and 1, as Ed25519 writes them.
  ...[
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  ],
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((value) =>
  typeof value === 'string' ? Uint8Array.from(value.match(/../g) as string[], (byte) => Number.parseInt(byte, 16)) : value,
);

beforeAll(initThreshold);

describe('the group', () => {
  test('only canonical elements other than the identity are elements', () => {
    for (const bytes of NO_ELEMENTS) expect(isElement(bytes), toHex(bytes)).toBe(false);
    expect(isElement(multiplyBase(toScalar(1n)))).toBe(true);
    expect(isElement(new Uint8Array(31))).toBe(false);
    expect(isElement(new Uint8Array())).toBe(false);
  });

  test('only numbers below the order are scalars', () => {
    for (const value of [0n, 1n, ORDER - 1n]) expect(isScalar(toScalar(value))).toBe(true);
    for (const value of [ORDER, ORDER + 1n, (1n << 255n) + 5n, (1n << 256n) - 1n]) expect(isScalar(toScalar(value))).toBe(false);
    expect(isScalar(new Uint8Array(31))).toBe(false);
    expect(toNumber(toScalar(ORDER - 7n))).toBe(ORDER - 7n);
    expect(ORDER).toBe(ed25519.Point.Fn.ORDER);
  });

  test('products and sums take zero and the identity', () => {
    const element = multiplyBase(toScalar(5n));
    expect(multiply(toScalar(0n), element)).toStrictEqual(IDENTITY);
    expect(multiply(toScalar(3n), IDENTITY)).toStrictEqual(IDENTITY);
    expect(multiplyBase(toScalar(0n))).toStrictEqual(IDENTITY);
    expect(subtract(element, element)).toStrictEqual(IDENTITY);
    expect(add(element, IDENTITY)).toStrictEqual(element);
    expect(sumOfProducts([], [])).toStrictEqual(IDENTITY);
    expect(sumOfProducts([2n, ORDER - 1n].map(toScalar), [element, multiplyBase(toScalar(10n))])).toStrictEqual(IDENTITY);
  });
});

describe('every number of producers', () => {
  for (let producers = 2; producers <= LIMITS.producers; producers++) {
    test(`N = ${producers}: all shares verify, agree, and any f+1 give one coin and the plaintext`, () => {
      const keys = trustedDealerKeys(producers, text('seed'));
      const [first] = keys as [RistrettoKeys];
      const f = Math.floor((producers - 1) / 3);
      expect(keys.map(({ index, producers: count, faultyLimit }) => [index, count, faultyLimit])).toStrictEqual(
        places(producers).map((index) => [index, producers, f]),
      );
      const coinShares = keys.map((key) => key.coinShare(NAME));
      const ciphertext = first.readCiphertext(first.encrypt(PLAIN, LABEL, RANDOM), LABEL) as Ciphertext;
      const shares = keys.map((key) => key.decryptionShare(ciphertext));
      for (const index of places(producers)) {
        expect(first.verifyCoinShare(NAME, index, coinShares[index] as Uint8Array)).toBe(true);
        expect(first.verifyDecryptionShare(ciphertext, index, shares[index] as Uint8Array)).toBe(true);
      }
      const coin = first.combineCoin(NAME, pick(coinShares, places(producers)));
      // The lowest, the highest, and every window between.
      for (let start = 0; start + f < producers; start++) {
        const indices = places(f + 1).map((offset) => start + offset);
        expect((keys[start] as RistrettoKeys).combineCoin(NAME, pick(coinShares, indices))).toBe(coin);
        expect(first.decrypt(ciphertext, pick(shares, indices))).toStrictEqual({ plain: PLAIN });
      }
      for (const left of [0, f]) {
        const indices = places(producers - f).map((index) => index + left);
        expect(first.areCoinSharesConsistent(NAME, pick(coinShares, indices))).toBe(true);
        const swapped = pick(coinShares, indices);
        if (f > 0) {
          swapped.set(indices[0] as number, coinShares[indices[1] as number] as Uint8Array);
          swapped.set(indices[1] as number, coinShares[indices[0] as number] as Uint8Array);
          expect(first.areCoinSharesConsistent(NAME, swapped)).toBe(false);
        }
      }
      expect(first.areCoinSharesConsistent(NAME, pick(coinShares, places(producers)))).toBe(true);
    });
  }
});

describe('the coin', () => {
  let keys: RistrettoKeys[];
  let first: RistrettoKeys;
  let shares: Uint8Array[];
  const share = (index: number): Uint8Array => shares[index] as Uint8Array;
  beforeAll(() => {
    keys = trustedDealerKeys(7, text('seed'));
    first = keys[0] as RistrettoKeys;
    shares = keys.map((key) => key.coinShare(NAME));
  });

  test('is the same from every f+1 of 7, in any order of arrival, and at every producer', () => {
    const coins = subsets(places(7), 3).flatMap((indices) => [
      first.combineCoin(NAME, pick(shares, indices)),
      (keys[indices[0] as number] as RistrettoKeys).combineCoin(NAME, pick(shares, indices.toReversed())),
    ]);
    expect(new Set(coins).size).toBe(1);
  });

  test('falls on both sides', () => {
    const heads = places(100).filter((round) => {
      const name = text(`round ${round}`);
      return first.combineCoin(name, new Map(places(3).map((index) => [index, (keys[index] as RistrettoKeys).coinShare(name)])));
    });
    expect(heads.length).toBeGreaterThan(25);
    expect(heads.length).toBeLessThan(75);
  });

  test('a share is the same every time', () => {
    expect(first.coinShare(NAME)).toStrictEqual(first.coinShare(NAME.slice()));
    expect(share(0).length).toBe(SHARE_BYTES);
  });

  test('a share holds for its name and index only', () => {
    expect(first.verifyCoinShare(text('another name'), 1, share(1))).toBe(false);
    expect(first.verifyCoinShare(NAME.subarray(1), 1, share(1))).toBe(false);
    for (const index of [0, 2, 6, 7, -1, 1.5, Number.NaN, 1e9]) expect(first.verifyCoinShare(NAME, index, share(1))).toBe(false);
  });

  test('a share with any bit changed does not verify', () => {
    for (let bit = 0; bit < 8 * SHARE_BYTES; bit += 5) expect(first.verifyCoinShare(NAME, 1, flipped(share(1), bit))).toBe(false);
    for (const top of [255, 511, 767]) expect(first.verifyCoinShare(NAME, 1, flipped(share(1), top))).toBe(false);
  });

  test('a proof in another encoding, its scalars not reduced, does not verify', () => {
    const [challenge, response] = [share(1).subarray(32, 64), share(1).subarray(64)];
    const element = shareElement(share(1));
    expect(first.verifyCoinShare(NAME, 1, concatBytes(element, challenge, response))).toBe(true);
    expect(first.verifyCoinShare(NAME, 1, concatBytes(element, notReduced(challenge), response))).toBe(false);
    expect(first.verifyCoinShare(NAME, 1, concatBytes(element, challenge, notReduced(response)))).toBe(false);
    expect(first.verifyCoinShare(NAME, 1, concatBytes(element, toScalar(0n), toScalar(0n)))).toBe(false);
    expect(first.verifyCoinShare(NAME, 1, concatBytes(element, challenge, toScalar(0n)))).toBe(false);
  });

  test('what is no element does not verify and agrees with nothing', () => {
    for (const bytes of NO_ELEMENTS) {
      expect(first.verifyCoinShare(NAME, 1, withElement(share(1), bytes))).toBe(false);
      const all = pick(shares, places(7)).set(1, withElement(share(1), bytes));
      expect(first.areCoinSharesConsistent(NAME, all)).toBe(false);
      expect(() => first.combineCoin(NAME, all)).toThrow(RangeError);
    }
  });

  test('a decryption share, or a proof about the same element for another secret, is no coin share', () => {
    const other = keys[2] as RistrettoKeys;
    expect(first.verifyCoinShare(NAME, 1, withElement(share(1), shareElement(share(2))))).toBe(false);
    const ciphertext = first.readCiphertext(first.encrypt(PLAIN, NAME, RANDOM), NAME) as Ciphertext;
    expect(first.verifyCoinShare(NAME, 2, other.decryptionShare(ciphertext))).toBe(false);
    expect(first.verifyDecryptionShare(ciphertext, 2, share(2))).toBe(false);
  });

  test('arbitrary bytes are false everywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), fc.integer({ min: -2, max: 9 }), (bytes, index) => {
        expect(first.verifyCoinShare(NAME, index, bytes)).toBe(false);
        expect(first.areCoinSharesConsistent(NAME, pick(shares, places(7)).set(index, bytes))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  describe('checked together', () => {
    test('N−f or more agree; fewer prove nothing', () => {
      for (const indices of subsets(places(7), 5)) expect(first.areCoinSharesConsistent(NAME, pick(shares, indices))).toBe(true);
      expect(first.areCoinSharesConsistent(NAME, pick(shares, places(7)))).toBe(true);
      // Of f+2 = 4, two may be of the adversary and put all four on a polynomial of their liking.
      expect(first.areCoinSharesConsistent(NAME, pick(shares, places(4)))).toBe(false);
      expect(first.areCoinSharesConsistent(NAME, new Map())).toBe(false);
    });

    test('one bad share is seen at every place', () => {
      for (const index of places(5)) {
        const all = pick(shares, places(5)).set(index, share(6));
        expect(first.areCoinSharesConsistent(NAME, all)).toBe(false);
      }
      expect(first.areCoinSharesConsistent(NAME, pick(shares, places(4)).set(7, share(4)))).toBe(false);
      expect(first.areCoinSharesConsistent(NAME, pick(shares, places(4)).set(4.5, share(4)))).toBe(false);
    });

    test('two bad shares whose errors cancel in the combination are seen', () => {
      const chosen = [0, 1, 2];
      const [left, right] = coefficientsAtZero(chosen) as [Uint8Array, Uint8Array];
      // λ₀·(S₀ + λ₁·E) + λ₁·(S₁ − λ₀·E): the sum is right and both shares are wrong.
      const error = multiplyBase(toScalar(123_456n));
      const bad = pick(shares, places(5))
        .set(0, withElement(share(0), add(shareElement(share(0)), multiply(right, error))))
        .set(1, withElement(share(1), subtract(shareElement(share(1)), multiply(left, error))));
      const honest = sumOfProducts(
        coefficientsAtZero(chosen),
        chosen.map((index) => shareElement(share(index))),
      );
      expect(
        sumOfProducts(
          coefficientsAtZero(chosen),
          chosen.map((index) => shareElement(bad.get(index) as Uint8Array)),
        ),
      ).toStrictEqual(honest);
      expect(first.areCoinSharesConsistent(NAME, bad)).toBe(false);
      // Cancelling under every fixed code word that they could have foreseen: plain E and −E too.
      bad.set(0, withElement(share(0), add(shareElement(share(0)), error)));
      bad.set(1, withElement(share(1), subtract(shareElement(share(1)), error)));
      expect(first.areCoinSharesConsistent(NAME, bad)).toBe(false);
    });

    test('shares on a polynomial of a higher degree are seen', () => {
      // Errors E·x³ at every place: a polynomial too, but of degree 3.
      const error = multiplyBase(toScalar(99n));
      const bad = new Map(
        places(7).map((index) => [
          index,
          withElement(share(index), add(shareElement(share(index)), multiply(toScalar(BigInt((index + 1) ** 3)), error))),
        ]),
      );
      expect(first.areCoinSharesConsistent(NAME, bad)).toBe(false);
    });

    test('shares of another coin are of one polynomial: their proofs, not this test, tell them apart', () => {
      const foreign = keys.map((key) => key.coinShare(text('another coin')));
      expect(first.areCoinSharesConsistent(NAME, pick(foreign, places(5)))).toBe(true);
      expect(first.areCoinSharesConsistent(NAME, pick(shares, places(4)).set(4, foreign[4] as Uint8Array))).toBe(false);
    });
  });

  test('too few shares are a mistake of the caller', () => {
    expect(() => first.combineCoin(NAME, pick(shares, [0, 1]))).toThrow(RangeError);
  });
});

describe('encryption', () => {
  let keys: RistrettoKeys[];
  let first: RistrettoKeys;
  let bytes: Uint8Array;
  let ciphertext: Ciphertext;
  let shares: Uint8Array[];
  const share = (index: number): Uint8Array => shares[index] as Uint8Array;
  beforeAll(() => {
    keys = trustedDealerKeys(7, text('seed'));
    first = keys[0] as RistrettoKeys;
    bytes = first.encrypt(PLAIN, LABEL, RANDOM);
    ciphertext = first.readCiphertext(bytes, LABEL) as Ciphertext;
    shares = keys.map((key) => key.decryptionShare(ciphertext));
  });

  test('plaintexts of any length, also none, come out of every f+1', () => {
    for (const length of [0, 1, 15, 16, 100_000]) {
      const plain = new Uint8Array(length).fill(7);
      const sealed = first.encrypt(plain, LABEL, RANDOM);
      expect(sealed.length).toBe(length + ENCRYPTION_OVERHEAD_BYTES);
      const read = first.readCiphertext(sealed, LABEL) as Ciphertext;
      const parts = keys.map((key) => key.decryptionShare(read));
      for (const indices of subsets(places(7), 3).slice(0, length < 100 ? 35 : 2)) {
        expect(first.decrypt(read, pick(parts, indices))).toStrictEqual({ plain });
      }
    }
  });

  test('the same inputs give the same ciphertext; anything else another key', () => {
    expect(first.encrypt(PLAIN, LABEL, RANDOM)).toStrictEqual(bytes);
    const variants = [
      first.encrypt(text('a pr0posal'), LABEL, RANDOM),
      first.encrypt(PLAIN, NAME, RANDOM),
      first.encrypt(PLAIN, LABEL, sha256(RANDOM)),
    ];
    expect(new Set([bytes, ...variants].map((variant) => toHex(variant.subarray(0, 32)))).size).toBe(4);
    expect(() => first.encrypt(PLAIN, LABEL, new Uint8Array(ENCRYPTION_RANDOM_BYTES - 1))).toThrow(RangeError);
  });

  test('is read under its own label, by its own set, and unchanged only', () => {
    expect(first.readCiphertext(bytes, NAME)).toBeUndefined();
    expect(first.readCiphertext(bytes, new Uint8Array())).toBeUndefined();
    expect((trustedDealerKeys(7, text('other'))[0] as RistrettoKeys).readCiphertext(bytes, LABEL)).toBeUndefined();
    for (let bit = 0; bit < 8 * bytes.length; bit += 11) expect(first.readCiphertext(flipped(bytes, bit), LABEL)).toBeUndefined();
    for (const top of [255, 511, 767, 1023]) expect(first.readCiphertext(flipped(bytes, top), LABEL)).toBeUndefined();
    for (let length = 0; length < bytes.length; length += 3)
      expect(first.readCiphertext(bytes.subarray(0, length), LABEL)).toBeUndefined();
    expect(first.readCiphertext(concatBytes(bytes, new Uint8Array(1)), LABEL)).toBeUndefined();
  });

  test('no other encoding of its numbers, and no element that is none, is read', () => {
    const put = (at: number, part: Uint8Array) => concatBytes(bytes.subarray(0, at), part, bytes.subarray(at + part.length));
    expect(first.readCiphertext(put(64, notReduced(bytes.subarray(64, 96))), LABEL)).toBeUndefined();
    expect(first.readCiphertext(put(96, notReduced(bytes.subarray(96, 128))), LABEL)).toBeUndefined();
    for (const bad of NO_ELEMENTS) {
      expect(first.readCiphertext(put(0, bad), LABEL)).toBeUndefined();
      expect(first.readCiphertext(put(32, bad), LABEL)).toBeUndefined();
    }
  });

  test("another's key part cannot be used under a label of one's own", () => {
    const own = first.encrypt(PLAIN, NAME, RANDOM);
    expect(first.readCiphertext(concatBytes(bytes.subarray(0, 64), own.subarray(64)), NAME)).toBeUndefined();
    expect(first.readCiphertext(concatBytes(bytes.subarray(0, 128), own.subarray(128)), NAME)).toBeUndefined();
    expect(first.readCiphertext(concatBytes(bytes.subarray(0, 128), own.subarray(128)), LABEL)).toBeUndefined();
  });

  test('arbitrary bytes are no ciphertext and no share', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: -2, max: 9 }), (noise, index) => {
        expect(first.readCiphertext(noise, LABEL)).toBeUndefined();
        expect(first.verifyDecryptionShare(ciphertext, index, noise)).toBe(false);
        expect(first.decrypt(ciphertext, pick(shares, [1, 2]).set(0, noise))).toBe('bad-shares');
      }),
      { numRuns: 200 },
    );
  });

  test('a share holds for its ciphertext and index only, unchanged', () => {
    const other = first.readCiphertext(first.encrypt(PLAIN, LABEL, sha256(RANDOM)), LABEL) as Ciphertext;
    expect(first.verifyDecryptionShare(other, 1, share(1))).toBe(false);
    for (const index of [0, 2, 7, -1, 1.5]) expect(first.verifyDecryptionShare(ciphertext, index, share(1))).toBe(false);
    for (let bit = 0; bit < 8 * SHARE_BYTES; bit += 7) {
      expect(first.verifyDecryptionShare(ciphertext, 1, flipped(share(1), bit))).toBe(false);
    }
    for (const bad of NO_ELEMENTS) expect(first.verifyDecryptionShare(ciphertext, 1, withElement(share(1), bad))).toBe(false);
    expect(keys[1]?.decryptionShare(ciphertext)).toStrictEqual(share(1));
  });

  test('a bad share among those combined is noticed, whatever it is; other ones do not matter', () => {
    for (const bad of [
      share(2),
      withElement(share(1), shareElement(share(2))),
      new Uint8Array(),
      ...NO_ELEMENTS.map((element) => withElement(share(1), element)),
    ]) {
      expect(first.decrypt(ciphertext, pick(shares, [0, 1, 2]).set(1, bad))).toBe('bad-shares');
      expect(first.decrypt(ciphertext, pick(shares, [0, 1, 2]).set(5, bad))).toStrictEqual({ plain: PLAIN });
    }
    expect(first.decrypt(ciphertext, pick(shares, [0, 1]).set(7, share(2)))).toBe('bad-shares');
    expect(first.decrypt(ciphertext, pick(shares, [0, 1]).set(1.5, share(2)))).toBe('bad-shares');
    expect(() => first.decrypt(ciphertext, pick(shares, [0, 1]))).toThrow(RangeError);
  });
});

describe('keys that do not belong together are a mistake of the caller', () => {
  const share = (producers: number, index: number) => {
    const { dealing, shares } = makeDealing(producers, { requestHash: sha256(NAME), dealer: 'test' }, RANDOM);
    return { keys: combineDealings(producers, [dealing]) as PublicKeys, secret: shares[index] as Uint8Array };
  };

  test('another index, another share, a share of another encoding, keys that are no elements', () => {
    const { keys, secret } = share(4, 1);
    expect(() => new RistrettoKeys(keys, 1, secret)).not.toThrow();
    for (const index of [0, 2, 4, -1, 1.5]) expect(() => new RistrettoKeys(keys, index, secret)).toThrow(RangeError);
    expect(() => new RistrettoKeys(keys, 1, notReduced(secret))).toThrow(RangeError);
    expect(() => new RistrettoKeys(keys, 1, secret.subarray(1))).toThrow(RangeError);
    expect(() => new RistrettoKeys({ ...keys, groupKey: IDENTITY }, 1, secret)).toThrow(RangeError);
    expect(() => new RistrettoKeys({ ...keys, verificationKeys: keys.verificationKeys.slice(1, 2) }, 0, secret)).toThrow(
      RangeError,
    );
  });
});

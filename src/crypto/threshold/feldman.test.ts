import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, LIMITS, sha256 } from '../../records/index.ts';
import { IDENTITY, multiplyBase, ORDER, toNumber, toScalar } from './group.ts';
import {
  combineDealings,
  combineShares,
  DEALING_RANDOM_BYTES,
  type DealingName,
  dealingBytes,
  encodeKeyShare,
  initThreshold,
  makeDealing,
  type PublicKeys,
  RistrettoKeys,
  readKeyShare,
  verifyDealing,
  verifyDealtShare,
} from './index.ts';
import { prove } from './proofs.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const REQUEST_HASH = sha256(text('request'));
const named = (dealer: string): DealingName => ({ requestHash: REQUEST_HASH, dealer });
const deal = (producers: number, dealer: string) => makeDealing(producers, named(dealer), sha256(text(`random of ${dealer}`)));

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

beforeAll(initThreshold);

describe('key generation', () => {
  for (const producers of [2, 3, 4, 7, 10, LIMITS.producers]) {
    test(`N = ${producers}: dealings verify, their sum gives keys that work together`, () => {
      const f = Math.floor((producers - 1) / 3);
      const dealers = Array.from({ length: f + 2 }, (_, index) => `dealer ${index}`);
      const made = dealers.map((dealer) => deal(producers, dealer));
      made.forEach(({ dealing, shares }, index) => {
        expect(dealing.length).toBe(dealingBytes(producers));
        expect(verifyDealing(producers, named(dealers[index] as string), dealing)).toBe(true);
        shares.forEach((share, receiver) => {
          expect(verifyDealtShare(dealing, receiver, share)).toBe(true);
        });
      });
      const publicKeys = combineDealings(
        producers,
        made.map(({ dealing }) => dealing),
      ) as PublicKeys;
      const keys = Array.from(
        { length: producers },
        (_, index) => new RistrettoKeys(publicKeys, index, combineShares(made.map(({ shares }) => shares[index] as Uint8Array))),
      );
      const ciphertext = keys[0]?.encrypt(text('plain'), text('label'), sha256(text('random'))) as Uint8Array;
      const read = keys[1]?.readCiphertext(ciphertext, text('label'));
      const shares = new Map(keys.slice(-f - 1).map((key) => [key.index, key.decryptionShare(read as NonNullable<typeof read>)]));
      expect(keys[0]?.decrypt(read as NonNullable<typeof read>, shares)).toStrictEqual({ plain: text('plain') });
    });
  }

  test('a dealing is of one name, and of one number of producers', () => {
    const { dealing } = deal(7, 'a');
    expect(verifyDealing(7, named('b'), dealing)).toBe(false);
    expect(verifyDealing(7, { ...named('a'), requestHash: sha256(text('another')) }, dealing)).toBe(false);
    for (const producers of [2, 4, 10, 24]) expect(verifyDealing(producers, named('a'), dealing)).toBe(false);
    // 7, 8 and 9 producers tolerate the same number: the request names them, and its hash is in the proof.
    expect(verifyDealing(8, named('a'), dealing)).toBe(true);
  });

  test('nothing of a dealing can be changed, or exchanged for something of another', () => {
    const [a, b] = [deal(4, 'a').dealing, deal(4, 'b').dealing];
    for (let bit = 0; bit < 8 * a.length; bit += 3) expect(verifyDealing(4, named('a'), flipped(a, bit))).toBe(false);
    expect(verifyDealing(4, named('a'), b)).toBe(false);
    expect(verifyDealing(4, named('a'), concatBytes(a.subarray(0, 32), b.subarray(32, 64), a.subarray(64)))).toBe(false);
    expect(verifyDealing(4, named('a'), concatBytes(a.subarray(0, 32), IDENTITY, a.subarray(64)))).toBe(false);
    // The constant term of another, taken over.
    expect(verifyDealing(4, named('a'), concatBytes(b.subarray(0, 32), a.subarray(32)))).toBe(false);
    expect(verifyDealing(4, named('a'), a.subarray(0, -1))).toBe(false);
    const response = a.subarray(96);
    expect(verifyDealing(4, named('a'), concatBytes(a.subarray(0, 96), toScalar(toNumber(response) + ORDER)))).toBe(false);
  });

  test('each commitment is an element, whatever the dealer, who knows its own secret, proves around it (C-32)', () => {
    const secret = toScalar(5n);
    const constant = multiplyBase(secret);
    const dealing = (second: Uint8Array): Uint8Array => {
      const context = [REQUEST_HASH, text('a'), second];
      return concatBytes(constant, second, prove({ tag: 'sett/dealing/1', publicKey: constant, context }, secret));
    };
    expect(verifyDealing(4, named('a'), dealing(multiplyBase(toScalar(7n))))).toBe(true);
    for (const bad of [IDENTITY, new Uint8Array(32).fill(255)]) expect(verifyDealing(4, named('a'), dealing(bad))).toBe(false);
  });

  test('arbitrary bytes are no dealing and no share', () => {
    const { dealing } = deal(4, 'a');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), (noise) => {
        expect(verifyDealing(4, named('a'), noise)).toBe(false);
        expect(verifyDealtShare(dealing, 1, noise)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('a share is of one dealing and one receiver, in one encoding', () => {
    const { dealing, shares } = deal(4, 'a');
    const share = shares[1] as Uint8Array;
    for (const receiver of [0, 2, 3]) expect(verifyDealtShare(dealing, receiver, share)).toBe(false);
    expect(verifyDealtShare(deal(4, 'b').dealing, 1, share)).toBe(false);
    expect(verifyDealtShare(dealing, 1, toScalar(toNumber(share) + ORDER))).toBe(false);
    expect(verifyDealtShare(dealing, 1, toScalar(0n))).toBe(false);
  });

  test('a dealing whose sum with the others is nothing gives no keys', () => {
    const { dealing } = deal(2, 'a');
    const negative = concatBytes(multiplyBase(toScalar(ORDER - 5n)), dealing.subarray(32));
    const positive = concatBytes(multiplyBase(toScalar(5n)), dealing.subarray(32));
    expect(combineDealings(2, [positive, negative])).toBeUndefined();
  });

  test('the same random bytes give the same dealing, and another under another name', () => {
    const random = sha256(text('r'));
    const made = makeDealing(4, named('a'), random);
    expect(makeDealing(4, named('a'), random)).toStrictEqual(made);
    expect(makeDealing(4, named('b'), random).shares[0]).not.toStrictEqual(made.shares[0]);
    expect(() => makeDealing(4, named('a'), new Uint8Array(DEALING_RANDOM_BYTES + 1))).toThrow(RangeError);
    for (const producers of [0, 1, 25, 4.5]) expect(() => makeDealing(producers, named('a'), random)).toThrow(RangeError);
  });
});

describe('the message with a share', () => {
  const share = sha256(text('share')).map((byte, at) => (at === 31 ? 0 : byte));
  const expected = { requestHash: REQUEST_HASH, dealer: 'dealer', receiver: 'receiver' };
  const bytes = () => encodeKeyShare({ ...expected, share });

  test('is read by whom it is for (C-32)', () => {
    expect(readKeyShare(bytes(), expected)).toStrictEqual(share);
    expect(readKeyShare(bytes(), { ...expected, dealer: 'another' })).toBeUndefined();
    expect(readKeyShare(bytes(), { ...expected, receiver: 'another' })).toBeUndefined();
    expect(readKeyShare(bytes(), { ...expected, receiver: 'dealer', dealer: 'receiver' })).toBeUndefined();
    expect(readKeyShare(bytes(), { ...expected, requestHash: sha256(share) })).toBeUndefined();
  });

  test('is read unchanged only', () => {
    for (let bit = 0; bit < 8 * (bytes().length - 32); bit++)
      expect(readKeyShare(flipped(bytes(), bit), expected)).toBeUndefined();
    for (let length = 0; length < bytes().length; length++)
      expect(readKeyShare(bytes().subarray(0, length), expected)).toBeUndefined();
    expect(readKeyShare(concatBytes(bytes(), new Uint8Array(1)), expected)).toBeUndefined();
    expect(readKeyShare(encodeKeyShare({ ...expected, share: toScalar(ORDER) }), expected)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(readKeyShare(noise, expected)).toBeUndefined();
      }),
    );
  });
});

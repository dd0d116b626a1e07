import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { beforeAll, expect, test } from 'vitest';
import vectors from '../../../vectors/threshold.json' with { type: 'json' };
import { concatBytes, fromHex, toHex } from '../../records/index.ts';
import { toNumber } from './group.ts';
import { type Ciphertext, combineDealings, initThreshold, makeDealing, type PublicKeys, RistrettoKeys } from './index.ts';
import { coefficientsAtZero } from './polynomial.ts';

/** One of each, kept: what a group once wrote is read for ever. And computed a second time with another library. */

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const name = { requestHash: bytes(vectors.request_hash), dealer: vectors.dealer };
const { coin, encryption } = vectors;
const numbered = (shares: readonly string[]) => new Map(shares.map((share, index) => [index, bytes(share)]));

let publicKeys: PublicKeys;
let keys: RistrettoKeys[];
beforeAll(async () => {
  await initThreshold();
  publicKeys = combineDealings(4, [bytes(vectors.dealing)]) as PublicKeys;
  keys = vectors.secret_shares.map((share, index) => new RistrettoKeys(publicKeys, index, bytes(share)));
});

test('the dealing and the keys', () => {
  const { dealing, shares } = makeDealing(4, name, bytes(vectors.dealing_random));
  expect(toHex(dealing)).toBe(vectors.dealing);
  expect(shares.map(toHex)).toStrictEqual(vectors.secret_shares);
  expect(toHex(publicKeys.groupKey)).toBe(vectors.group_key);
  expect(publicKeys.verificationKeys.map(toHex)).toStrictEqual(vectors.verification_keys);
});

test('the coin', () => {
  expect(keys.map((key) => toHex(key.coinShare(text(coin.name))))).toStrictEqual(coin.shares);
  expect(keys[0]?.areCoinSharesConsistent(text(coin.name), numbered(coin.shares))).toBe(true);
  expect(keys[0]?.combineCoin(text(coin.name), numbered(coin.shares))).toBe(coin.value);
});

test('the ciphertext', () => {
  const made = keys[0]?.encrypt(text(encryption.plaintext), text(encryption.label), bytes(encryption.random)) as Uint8Array;
  expect(toHex(made)).toBe(encryption.ciphertext);
  const read = keys[0]?.readCiphertext(bytes(encryption.ciphertext), text(encryption.label)) as Ciphertext;
  expect(keys.map((key) => toHex(key.decryptionShare(read)))).toStrictEqual(encryption.shares);
  expect(keys[3]?.decrypt(read, numbered(encryption.shares))).toStrictEqual({ plain: text(encryption.plaintext) });
});

test('noble gives the same elements', () => {
  const { Point } = ristretto255;
  const framed = (...parts: Uint8Array[]) =>
    concatBytes(...parts.flatMap((part) => [Uint8Array.of(0, 0, part.length >> 8, part.length), part]));
  const secrets = vectors.secret_shares.map((share) => toNumber(bytes(share)));
  expect(secrets.map((secret) => Point.BASE.multiply(secret).toHex())).toStrictEqual(vectors.verification_keys);
  // From three pairs of shares the one secret, by Lagrange over bigints.
  const order = Point.Fn.ORDER;
  for (const [left, right] of [
    [0, 1],
    [1, 3],
    [3, 2],
  ] as const) {
    const [a, b] = coefficientsAtZero([left, right]).map(toNumber) as [bigint, bigint];
    const secret = (a * (secrets[left] as bigint) + b * (secrets[right] as bigint)) % order;
    expect(Point.BASE.multiply(secret).toHex()).toBe(vectors.group_key);
    const base = ristretto255_hasher.deriveToCurve?.(sha512(framed(text('sett/coin/base/1'), text(coin.name))));
    const value = base?.multiply(secret).toBytes() as Uint8Array;
    expect((sha512(framed(text('sett/coin/value/1'), text(coin.name), value))[0] as number) & 1).toBe(Number(coin.value));
    expect(coin.shares.map((share) => share.slice(0, 64))).toStrictEqual(secrets.map((share) => base?.multiply(share).toHex()));
  }
});

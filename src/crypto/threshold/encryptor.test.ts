import { ed25519 } from '@noble/curves/ed25519.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, sha256 } from '../../records/index.ts';
import { add, hashToElement, multiply, multiplyBase, sealOnce, subtract, taggedHash, toNumber, toScalar } from './group.ts';
import { type Ciphertext, combineDealings, initThreshold, makeDealing, type PublicKeys, RistrettoKeys } from './index.ts';
import { coefficientsAtZero } from './polynomial.ts';
import { prove, shareElement } from './proofs.ts';

/** What an encryptor can do who knows r and follows the form but not the rules: its ciphertexts carry a valid proof. */

const LABEL = new TextEncoder().encode('label');
const PLAIN = new TextEncoder().encode('plain');
const PRODUCERS = 4;

let keys: RistrettoKeys[];
let groupKey: Uint8Array;
const r = toScalar(0x1234_5678_9abc_def0n);

beforeAll(async () => {
  await initThreshold();
  const { dealing, shares } = makeDealing(PRODUCERS, { requestHash: sha256(LABEL), dealer: 'test' }, sha256(PLAIN));
  const publicKeys = combineDealings(PRODUCERS, [dealing]) as PublicKeys;
  groupKey = publicKeys.groupKey;
  keys = shares.map((share, index) => new RistrettoKeys(publicKeys, index, share));
});

/** A ciphertext of the form that readers take, its payload sealed as for `secret`, with `inside` as what should be r. */
function craft(secret: Uint8Array, inside: Uint8Array, commitTo = secret): Uint8Array {
  const u = multiplyBase(r);
  const second = hashToElement('sett/encryption/generator/1');
  const secondU = multiply(r, second);
  const key = taggedHash('sett/encryption/key/1', secret, u).subarray(0, 32);
  const commitment = taggedHash('sett/encryption/key/1', commitTo, u).subarray(32);
  const rest = concatBytes(commitment, sealOnce(key, concatBytes(inside, PLAIN)));
  const statement = {
    tag: 'sett/encryption/1',
    publicKey: u,
    equal: { base: second, image: secondU },
    context: [groupKey, LABEL, sha256(rest)],
  };
  return concatBytes(u, secondU, prove(statement, r), rest);
}

/** What each pair of producers reads. */
function readings(bytes: Uint8Array): unknown[] {
  const ciphertext = keys[0]?.readCiphertext(bytes, LABEL) as Ciphertext;
  const shares = keys.map((key) => key.decryptionShare(ciphertext));
  return [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ].map((pair) => keys[0]?.decrypt(ciphertext, new Map(pair.map((index) => [index, shares[index] as Uint8Array]))));
}

describe('a dishonest encryptor', () => {
  const secret = () => multiply(r, groupKey);
  const wrong = () => multiplyBase(toScalar(77n));

  test('crafted by the rules, it is read (so that the cases below fail for their own reason)', () => {
    expect(readings(craft(secret(), r))).toStrictEqual(new Array(4).fill({ plain: PLAIN }));
  });

  test('another r inside, another commitment, another key: unreadable, to all alike', () => {
    for (const bytes of [
      craft(secret(), toScalar(5n)),
      craft(secret(), new Uint8Array(32).fill(255)),
      craft(secret(), r, wrong()),
      craft(wrong(), r, secret()),
      craft(wrong(), r),
    ]) {
      expect(readings(bytes)).toStrictEqual(new Array(4).fill('unreadable'));
    }
  });

  test('with an accomplice among the producers, it cannot have different nodes read different things', () => {
    const ciphertext = keys[0]?.readCiphertext(craft(wrong(), r), LABEL) as Ciphertext;
    const honest = keys.map((key) => key.decryptionShare(ciphertext));
    // Producer 1 chooses its share so that it combines, with producer 0's, to the key that the encryptor committed to.
    const [left, right] = coefficientsAtZero([0, 1]) as [Uint8Array, Uint8Array];
    const missing = subtract(wrong(), multiply(left, shareElement(honest[0] as Uint8Array)));
    const bad = concatBytes(
      multiply(toScalar(ed25519.Point.Fn.inv(toNumber(right))), missing),
      (honest[1] as Uint8Array).subarray(32),
    );
    expect(add(multiply(left, shareElement(honest[0] as Uint8Array)), multiply(right, shareElement(bad)))).toStrictEqual(wrong());
    expect(
      keys[0]?.decrypt(
        ciphertext,
        new Map([
          [0, honest[0] as Uint8Array],
          [1, bad],
        ]),
      ),
    ).toBe('bad-shares');
    expect(
      keys[0]?.decrypt(
        ciphertext,
        new Map([
          [0, honest[0] as Uint8Array],
          [2, honest[2] as Uint8Array],
        ]),
      ),
    ).toBe('unreadable');
  });
});

import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, initHash, sha256 as ourSha256, toBase64Url, toHex } from '../records/index.ts';
import { ethAddress, initCrypto, isValidSecret, publicKeyOf, signHash, verifyHash } from './index.ts';

const ORDER = secp256k1.Point.Fn.ORDER;
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isValidSecret);
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });

const scalarBytes = (scalar: bigint): Uint8Array => fromHex(scalar.toString(16).padStart(64, '0')) as Uint8Array;
const scalarOf = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** The other signature that plain ECDSA takes for the same: s replaced by n − s, and v turned. */
function mirrored(signature: Uint8Array): Uint8Array {
  const copy = signature.slice();
  copy.set(scalarBytes(ORDER - scalarOf(signature.subarray(32, 64))), 32);
  copy[64] = 1 - (signature[64] as number);
  return copy;
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

// Every check holds before the WebAssembly is loaded (first round, on noble) and after (second round).
describe.each(['noble', 'WebAssembly'])('signatures with %s', (engine) => {
  test('is the engine in use from here on', async () => {
    if (engine === 'WebAssembly') await initCrypto();
    expect(toHex(ourSha256(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('what is signed verifies, by the signer only and for that hash only', () => {
    fc.assert(
      fc.property(secrets, secrets, hashes, fc.nat(255), (secret, otherSecret, hash, bit) => {
        const signature = signHash(hash, secret);
        const pubkey = publicKeyOf(secret);
        expect(signature).toHaveLength(65);
        expect(signHash(hash, secret)).toStrictEqual(signature);
        expect(verifyHash(hash, signature, pubkey)).toBe(true);
        const otherHash = withByte(hash, bit >> 3, (hash[bit >> 3] as number) ^ (1 << (bit & 7)));
        expect(verifyHash(otherHash, signature, pubkey)).toBe(false);
        if (toHex(secret) !== toHex(otherSecret)) expect(verifyHash(hash, signature, publicKeyOf(otherSecret))).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  test('no second signature of the same: high s, other v, flipped bits, other lengths', () => {
    fc.assert(
      fc.property(secrets, hashes, fc.nat(65 * 8 - 1), (secret, hash, bit) => {
        const signature = signHash(hash, secret);
        const pubkey = publicKeyOf(secret);
        expect(
          secp256k1.verify(mirrored(signature).subarray(0, 64), hash, secp256k1.getPublicKey(secret), {
            prehash: false,
            lowS: false,
          }),
        ).toBe(true);
        expect(verifyHash(hash, mirrored(signature), pubkey)).toBe(false);
        for (const v of [1 - (signature[64] as number), 2, 3, 27, 28, 255])
          expect(verifyHash(hash, withByte(signature, 64, v), pubkey)).toBe(false);
        expect(verifyHash(hash, withByte(signature, bit >> 3, (signature[bit >> 3] as number) ^ (1 << (bit & 7))), pubkey)).toBe(
          false,
        );
        expect(verifyHash(hash, signature.subarray(0, 64), pubkey)).toBe(false);
        expect(verifyHash(hash, new Uint8Array([...signature, 0]), pubkey)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  test('checking is total', () => {
    const pubkey = publicKeyOf(scalarBytes(1n));
    const edges = [0n, 1n, ORDER - 1n, ORDER, ORDER / 2n, ORDER / 2n + 1n, (1n << 256n) - 1n].map(scalarBytes);
    for (const r of edges) {
      for (const s of edges) {
        for (const v of [0, 1]) {
          for (const hash of edges) expect(typeof verifyHash(hash, new Uint8Array([...r, ...s, v]), pubkey)).toBe('boolean');
        }
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 66 }), fc.uint8Array({ maxLength: 66 }), fc.string(), (hash, signature, key) => {
        expect(verifyHash(hash, signature, key)).toBe(false);
        expect(verifyHash(hash, signature, pubkey)).toBe(false);
      }),
      { numRuns: 50 },
    );
    // x = 5 is on no point of the curve.
    expect(verifyHash(new Uint8Array(32), new Uint8Array(65), toBase64Url(new Uint8Array([2, ...scalarBytes(5n)])))).toBe(false);
  });
});

test('RFC 6979: the signature of "Satoshi Nakamoto" by the secret 1, known from other implementations', () => {
  expect(toHex(signHash(sha256(new TextEncoder().encode('Satoshi Nakamoto')), scalarBytes(1n)).subarray(0, 64))).toBe(
    '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
      '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  );
});

test('secrets', () => {
  expect(isValidSecret(scalarBytes(1n))).toBe(true);
  expect(isValidSecret(scalarBytes(ORDER - 1n))).toBe(true);
  for (const bad of [scalarBytes(0n), scalarBytes(ORDER), new Uint8Array(31), new Uint8Array(33), new Uint8Array()])
    expect(isValidSecret(bad)).toBe(false);
});

test('Ethereum addresses', () => {
  // Known everywhere: the address of the secret 1.
  expect(ethAddress(publicKeyOf(scalarBytes(1n)))).toBe('0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf');
  expect(ethAddress('')).toBeUndefined();
  expect(ethAddress(toBase64Url(new Uint8Array([2, ...scalarBytes(5n)])))).toBeUndefined();
});

test('both hash engines agree', async () => {
  await initHash();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (data) => void expect(ourSha256(data)).toStrictEqual(sha256(data))));
});

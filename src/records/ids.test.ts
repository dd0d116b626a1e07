import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ids from './ids.ts';

const { compareBytes, comparePubkeys, fromBase64, fromBase64Url, fromHex, isPublicKey, isUuid, toBase64, toBase64Url, toHex } =
  ids;

describe('text forms of bytes', () => {
  test('agree with another implementation and read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(toHex(bytes)).toBe(buffer.toString('hex'));
        expect(toBase64(bytes)).toBe(buffer.toString('base64'));
        expect(toBase64Url(bytes)).toBe(buffer.toString('base64url'));
        expect(fromHex(toHex(bytes))).toStrictEqual(bytes);
        expect(fromBase64(toBase64(bytes))).toStrictEqual(bytes);
        expect(fromBase64Url(toBase64Url(bytes))).toStrictEqual(bytes);
      }),
    );
  });

  test('one text for some bytes: a text that is read is the one that is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.base64String({ maxLength: 24 }), fc.string({ maxLength: 12 })), (text) => {
        const standard = fromBase64(text);
        if (standard !== undefined) expect(toBase64(standard)).toBe(text);
        const url = fromBase64Url(text);
        if (url !== undefined) expect(toBase64Url(url)).toBe(text);
      }),
    );
    for (const text of ['AB', 'A', 'AA==', 'A+', 'A/', 'é', 'AA\n']) expect(fromBase64Url(text)).toBeUndefined();
    for (const text of ['AAA', 'AB==', 'A===', '====', 'AA=A', 'AA-_']) expect(fromBase64(text)).toBeUndefined();
    for (const text of ['0', '0g', ' 00']) expect(fromHex(text)).toBeUndefined();
  });
});

test('UUIDs', () => {
  const uuid = ids.uuidFromBytes(new Uint8Array(16).fill(0xff));
  expect(uuid).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  expect(ids.uuidToText(ids.uuidToBytes(uuid) as Uint8Array)).toBe(uuid);
  expect(isUuid(uuid.toUpperCase())).toBe(false);
  expect(ids.uuidToBytes('no')).toBeUndefined();
});

test('public keys have one form', () => {
  const key = 'AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B';
  expect(isPublicKey(key)).toBe(true);
  for (const other of [`${key}=`, key.slice(1), `B${key.slice(1)}`, key.replace('A', 'E'), ''])
    expect(isPublicKey(other)).toBe(false);
});

test('keys are ordered by their bytes, not their text; the order is total', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 33 }), fc.uint8Array({ maxLength: 33 }), (a, b) => {
      expect(Math.sign(comparePubkeys(toBase64Url(a), toBase64Url(b)))).toBe(Math.sign(Buffer.compare(a, b)));
      expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(a, b)));
    }),
  );
  // '-' stands for 62 and 'A' for 0, but the character '-' comes first.
  expect(comparePubkeys('A-AA', 'AAAA')).toBeGreaterThan(0);
  expect(comparePubkeys('!', 'AAAA')).toBeGreaterThan(0);
  expect(comparePubkeys('AAAA', '!')).toBeLessThan(0);
  expect(comparePubkeys('!', '!!')).toBeLessThan(0);
});

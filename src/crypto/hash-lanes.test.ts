import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, sha256 } from '../records/index.ts';
import { hashEach } from './hash-lanes.ts';
import { initCrypto } from './keys.ts';

beforeAll(() => initCrypto());

const PREFIX = 0;
/** Bytes that differ from message to message, and from place to place. */
const messageOf = (sizeBytes: number, number: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, at) => Math.imul(at + 1, 2654435761 + number) >>> 24);
const expected = (messages: readonly Uint8Array[]) =>
  messages.map((message) => sha256(concatBytes(Uint8Array.of(PREFIX), message)));
const alike = (count: number, sizeBytes: number) => Array.from({ length: count }, (_, number) => messageOf(sizeBytes, number));

describe('several messages hashed at once', () => {
  it('gives the hash of each, for every length over three blocks', () => {
    for (let sizeBytes = 0; sizeBytes <= 192; sizeBytes++) {
      const messages = alike(4, sizeBytes);
      expect(hashEach(PREFIX, messages)).toEqual(expected(messages));
    }
  });

  it.each([4_030, 4_031, 4_086, 4_087, 4_094, 4_095, 4_096, 8_190, 8_191, 8_192, 50_001])(
    'gives the hash of each where %i bytes end about a chunk',
    (sizeBytes) => {
      const messages = alike(4, sizeBytes);
      expect(hashEach(PREFIX, messages)).toEqual(expected(messages));
    },
  );

  it.each([0, 1, 2, 3, 5, 7, 16, 24])('takes %i messages', (count) => {
    const messages = alike(count, 100);
    expect(hashEach(PREFIX, messages)).toEqual(expected(messages));
  });

  it('takes messages of different lengths, and after longer ones', () => {
    const messages = [5_000, 64, 63, 0, 9, 9].map(messageOf);
    expect(hashEach(PREFIX, messages)).toEqual(expected(messages));
  });
});

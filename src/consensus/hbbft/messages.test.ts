import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../records/index.ts';
import { decodeMessage, encodeMessage, type Message } from './messages.ts';

const PRODUCERS = 24;

const epoch = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const proposer = fc.nat({ max: PRODUCERS - 1 });
const round = fc.nat({ max: 0xffff });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const root = bytes(32);
const instance = { epoch, proposer };

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('value' as const, 'echo' as const),
    ...instance,
    root,
    branch: fc.nat({ max: 5 }).chain((hashes) => bytes(32 * hashes)),
    shard: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  fc.record({
    kind: fc.constantFrom('echo-hash' as const, 'can-decode' as const, 'want-shard' as const, 'ready' as const),
    ...instance,
    root,
  }),
  fc.record({ kind: fc.constantFrom('bval' as const, 'aux' as const), ...instance, round, value: fc.boolean() }),
  fc.record({ kind: fc.constant('conf' as const), ...instance, round, values: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('coin' as const), ...instance, round, share: fc.uint8Array({ minLength: 1, maxLength: 256 }) }),
  fc.record({ kind: fc.constant('term' as const), ...instance, value: fc.boolean() }),
  fc.record({ kind: fc.constant('decryption' as const), ...instance, share: fc.uint8Array({ minLength: 1, maxLength: 256 }) }),
  fc.record({
    kind: fc.constant('done' as const),
    epoch,
    signer: proposer,
    blockId: epoch,
    blockHash: root,
    signature: bytes(65),
  }),
  fc.record({ kind: fc.constant('hello' as const), epoch, started: epoch }),
  fc.record({ kind: fc.constant('wake' as const), epoch, trx: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
);

describe('messages', () => {
  test('what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeMessage(encodeMessage(message), PRODUCERS)).toEqual(message);
      }),
      { numRuns: 2_000 },
    );
  });

  test('decoding is total, and what it takes encodes back or differs in a varint only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const message = decodeMessage(data, PRODUCERS);
        if (message) expect(encodeMessage(message).length).toBeLessThanOrEqual(data.length);
      }),
      { numRuns: 5_000 },
    );
  });

  test('cut and changed messages give a message or nothing', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.nat({ max: 255 }), (message, place, byte) => {
        const data = encodeMessage(message);
        decodeMessage(data.subarray(0, place % data.length), PRODUCERS);
        data[place % data.length] = byte;
        decodeMessage(data, PRODUCERS);
      }),
      { numRuns: 5_000 },
    );
  });

  test('a producer that the configuration does not have, bytes too many, and oversize are refused', () => {
    const term: Message = { kind: 'term', epoch: 1, proposer: 4, value: true };
    expect(decodeMessage(encodeMessage(term), 4)).toBeUndefined();
    expect(decodeMessage(new Uint8Array([...encodeMessage(term), 0]), 5)).toBeUndefined();
    expect(
      decodeMessage(encodeMessage({ kind: 'coin', epoch: 1, proposer: 0, round: 2, share: new Uint8Array(257) }), 4),
    ).toBeUndefined();
    const trx = new Uint8Array(LIMITS.trxDataBytes + LIMITS.trxOverheadBytes + 1);
    expect(decodeMessage(encodeMessage({ kind: 'wake', epoch: 1, trx }), 4)).toBeUndefined();
  });

  test('a vote takes a few bytes', () => {
    expect(encodeMessage({ kind: 'bval', epoch: 100, proposer: 3, round: 0, value: true })).toHaveLength(5);
    expect(encodeMessage({ kind: 'bval', epoch: 1_000, proposer: 3, round: 0, value: true })).toHaveLength(6);
  });
});

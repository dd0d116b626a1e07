import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Field, LIMITS, type Message, parseExact, RecordError, stringifyExact } from './index.ts';
import * as schema from './schema.ts';

const { Block, BlocksBundle, ChainSendTrxRuleListItem, ReqBlock, Seal, Trx } = schema;
const RECORDS = Object.values(schema) as unknown as Message<object>[];

// ------------------------------------------------------------------------------------------- arbitrary records from their descriptions

const INT64 = 1n << 63n;

function arbitraryRecord(message: Message<object>): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(message.fields.map((field) => [field.name, arbitraryField(field)])), {
    noNullPrototype: true,
  });
}

function arbitraryField(field: Field<unknown>): fc.Arbitrary<unknown> {
  const one = arbitraryValue(field);
  if (field.repeated) return fc.array(one, { maxLength: Math.min(3, field.maxItems) });
  return field.kind === 'message' ? fc.option(one, { nil: undefined }) : one;
}

function arbitraryValue(field: Field<unknown>): fc.Arbitrary<unknown> {
  const maxLength = Math.min(field.maxBytes, 200);
  switch (field.kind) {
    case 'text':
      return fc.oneof(
        fc.string({ maxLength: Math.min(maxLength, 40) }),
        fc.string({ unit: 'binary', maxLength: Math.floor(Math.min(maxLength, 100) / 4) }),
      );
    case 'bytes':
      return field.exactBytes === undefined
        ? fc.uint8Array({ maxLength })
        : fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ minLength: field.exactBytes, maxLength: field.exactBytes }));
    case 'flag':
      return fc.boolean();
    case 'unsigned':
    case 'signed':
      return fc.oneof(
        fc.integer({ min: Math.max(field.min, -5), max: 300 }),
        fc.maxSafeInteger().filter((n) => n >= field.min && n <= field.max),
        fc.constantFrom(field.min, field.max),
      );
    case 'signedBig':
      return fc.oneof(fc.bigInt({ min: -INT64, max: INT64 - 1n }), fc.constantFrom(-INT64, -1n, 0n, 1n, INT64 - 1n));
    case 'unsignedBig':
      return fc.oneof(fc.bigInt({ min: 0n, max: 2n * INT64 - 1n }), fc.constantFrom(0n, 2n * INT64 - 1n));
    case 'enumeration':
      return fc.constantFrom(...field.members);
    case 'message':
      return arbitraryRecord(field.message as Message<object>);
  }
}

/** What a decoder does with bytes: a record, or the code of a RecordError. Anything else fails the test. */
function outcome(message: Message<object>, bytes: Uint8Array): object | string {
  try {
    return message.decode(bytes);
  } catch (error) {
    if (error instanceof RecordError) return error.code;
    throw error;
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RecordError) return error.code;
    throw error;
  }
  return 'none';
}

const bytesOf = (...parts: (number | string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)));

describe.each(RECORDS.map((message) => [message.name, message] as const))('%s', (_name, message) => {
  test('decoding undoes encoding, and encodings are canonical', () => {
    fc.assert(
      fc.property(arbitraryRecord(message), (record) => {
        const encoded = message.encode(record);
        const decoded = message.decode(encoded);
        expect(decoded).toStrictEqual(record);
        expect(message.encode(decoded)).toStrictEqual(encoded);
        expect(message.equals(decoded, record)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('JSON keeps every value exactly', () => {
    fc.assert(
      fc.property(arbitraryRecord(message), (record) => {
        expect(message.fromJson(parseExact(stringifyExact(message.toJson(record))))).toStrictEqual(record);
      }),
      { numRuns: 60 },
    );
  });

  test('the decoder is total on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void outcome(message, bytes)),
      { numRuns: 200 },
    );
  });

  test('the decoder is total on damaged encodings, and reads no half records', () => {
    fc.assert(
      fc.property(
        arbitraryRecord(message),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (record, changes, cut) => {
          const encoded = message.encode(record);
          const bytes = encoded.slice(0, encoded.length - (cut % (encoded.length + 1)));
          for (const [place, byte] of changes) if (bytes.length > 0) bytes[place % bytes.length] = byte;
          const result = outcome(message, bytes);
          // Whatever was accepted is a record with an encoding of its own that means the same.
          if (typeof result === 'object') expect(message.decode(message.encode(result))).toStrictEqual(result);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('fromJson is total on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...message.fields), (value, field) => {
        codeOf(() => message.fromJson(value));
        codeOf(() => message.fromJson({ [field.name]: value }));
      }),
      { numRuns: 100 },
    );
  });
});

describe('encoding', () => {
  test('defaults are omitted, so a record of defaults is empty', () => {
    for (const message of RECORDS) expect(message.encode(message.create({}))).toHaveLength(0);
  });

  test('fields ascend, negative integers take ten bytes, repeated numbers are packed', () => {
    expect(ReqBlock.encode(ReqBlock.create({ FromBlock: 300, BlksRequested: -1 }))).toStrictEqual(
      bytesOf([0x10, 0xac, 0x02, 0x18], Array<number>(9).fill(0xff), [0x01]),
    );
    expect(ChainSendTrxRuleListItem.encode({ Action: 1, Pubkey: 'k', Type: [0, 7] })).toStrictEqual(
      bytesOf([8, 1, 26, 1], 'k', [34, 2, 0, 7]),
    );
    expect(ChainSendTrxRuleListItem.decode(bytesOf([34, 1, 7, 32, 1])).Type).toStrictEqual([7, 1]);
  });

  test('what no reader would accept is refused', () => {
    const trx = Trx.create({});
    expect(codeOf(() => Trx.encode({ ...trx, Data: new Uint8Array(LIMITS.trxDataBytes + 1) }))).toBe('too-large');
    expect(codeOf(() => Trx.encode({ ...trx, TimeStamp: INT64 }))).toBe('out-of-range');
    expect(codeOf(() => Trx.encode({ ...trx, Nonce: 0.5 }))).toBe('out-of-range');
    expect(codeOf(() => Trx.encode({ ...trx, Nonce: 2 ** 53 }))).toBe('out-of-range');
    expect(codeOf(() => Trx.encode({ ...trx, SenderSign: new Uint8Array(64) }))).toBe('wrong-length');
    expect(codeOf(() => Trx.encode({ ...trx, Type: 8 as never }))).toBe('unknown-enum');
    expect(codeOf(() => Trx.encode({ ...trx, TrxId: '\ud800' }))).toBe('bad-text');
    // A refusal leaves nothing behind in the encoder.
    expect(Trx.encode(trx)).toHaveLength(0);
  });

  test('records own their memory', () => {
    const encoded = Trx.encode(Trx.create({ Data: Uint8Array.of(1, 2, 3) }));
    expect(encoded.buffer.byteLength).toBe(encoded.length);
    const buffer = Buffer.from(encoded);
    const trx = Trx.decode(buffer);
    buffer.fill(0);
    expect(trx.Data).toStrictEqual(Uint8Array.of(1, 2, 3));
    expect(trx.Data.buffer.byteLength).toBe(3);
  });
});

test('records that follow each other keep what each says, alike or not', () => {
  const texts = [
    'group-one',
    'group-one',
    'group-two',
    'größer',
    'group-two',
    'a'.repeat(44),
    `${'a'.repeat(43)}b`,
    '',
    'group-two',
  ];
  const bundle = { Trxs: texts.map((GroupId) => Trx.create({ GroupId, TrxId: GroupId })) };
  expect(schema.HBTrxBundle.decode(schema.HBTrxBundle.encode(bundle)).Trxs.map(({ GroupId, TrxId }) => [GroupId, TrxId])).toEqual(
    texts.map((text) => [text, text]),
  );
});

describe('decoding refuses', () => {
  const cases: [string, string, Uint8Array][] = [
    ['a field cut off', 'truncated', bytesOf([0x0a, 5], 'abc')],
    ['a varint cut off', 'truncated', bytesOf([0x28, 0x80])],
    ['a tag cut off', 'truncated', bytesOf([0x80])],
    ['trailing garbage', 'malformed', bytesOf([0x28, 1, 0])],
    ['a varint over 64 bits', 'malformed', bytesOf([0x28], Array<number>(9).fill(0xff), [2])],
    ['a field number out of range', 'malformed', bytesOf([0xf8, 0xff, 0xff, 0xff, 0xff, 1, 1])],
    ['a wrong wire type', 'malformed', bytesOf([0x08, 1])],
    ['a field given twice', 'malformed', bytesOf([0x28, 1, 0x28, 1])],
    ['a group', 'malformed', bytesOf([0x7b, 0x7c])],
    ['bad UTF-8', 'bad-text', bytesOf([0x0a, 2, 0xc3, 0x28])],
    ['UTF-8 of half a surrogate pair', 'bad-text', bytesOf([0x0a, 3, 0xed, 0xa0, 0x80])],
    ['overlong UTF-8', 'bad-text', bytesOf([0x0a, 2, 0xc0, 0x80])],
    ['an unknown enumeration value', 'unknown-enum', bytesOf([0x10, 8])],
    ['an integer beyond 2^53', 'out-of-range', bytesOf([0x48], Array<number>(7).fill(0x80), [0x10])],
    ['a signature of the wrong length', 'wrong-length', bytesOf([0x5a, 2, 1, 2])],
  ];
  test.each(cases)('%s', (_what, code, bytes) => {
    expect(outcome(Trx as unknown as Message<object>, bytes)).toBe(code);
  });

  test('too long a field, from its length alone', () => {
    const data = new Uint8Array(LIMITS.trxDataBytes + 1);
    const length = [0x81, 0xe0, 0x12];
    expect(outcome(Trx as unknown as Message<object>, bytesOf([0x22], length, [...data]))).toBe('too-large');
  });

  test('a crowd of empty records that would take more memory than their bytes', () => {
    const bytes = new Uint8Array(2 * 100_000);
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 0x32;
    expect(outcome(Block as unknown as Message<object>, bytes)).toBe('too-large');
  });

  test('more seals than there can be producers', () => {
    const seals = Array.from({ length: LIMITS.producers + 1 }, () => [0x6a, 0]).flat();
    expect(outcome(Block as unknown as Message<object>, bytesOf(seals))).toBe('too-large');
  });

  test('and names the field', () => {
    const bundle = BlocksBundle.encode({ Blocks: [Block.create({ Seals: [Seal.create({ ProducerPubkey: 'k' })] })] });
    bundle[bundle.length - 1] = 0xff;
    expect(() => BlocksBundle.decode(bundle)).toThrow(
      expect.objectContaining({ code: 'bad-text', field: 'Seal.ProducerPubkey' }),
    );
  });
});

describe('decoding accepts', () => {
  test('fields in any order, non-minimal varints and unknown fields; the hash is over our own encoding', () => {
    const strange = bytesOf([0x48, 0x85, 0x00, 0x78, 1, 0x82, 0x01, 1, 0, 0x99, 0x01], Array<number>(8).fill(0), [0x0a, 1], 'x');
    const trx = Trx.decode(strange);
    expect(trx).toStrictEqual(Trx.create({ TrxId: 'x', Nonce: 5 }));
    expect(Trx.encodeHashed(trx)).toStrictEqual(bytesOf([0x0a, 1], 'x', [0x48, 5]));
  });
});

test('a hash leaves out exactly what the design says', () => {
  const leftOut = Object.fromEntries(
    RECORDS.map(
      (message) => [message.name, message.fields.filter((field) => !field.hashed).map((field) => field.name)] as const,
    ).filter(([, names]) => names.length > 0),
  );
  expect(leftOut).toStrictEqual({
    Trx: ['ResendCount', 'SenderSign', 'StorageType'],
    Block: ['BlockHash', 'ProducerSign', 'Evidence', 'Seals'],
    ConsensusContract: ['ContractHash', 'OwnerSign'],
    ChangeConsensusReq: ['MsgHash', 'SenderSign'],
    ChangeConsensusResp: ['MsgHash', 'SenderSign'],
    AnnounceItem: ['Hash', 'Signature'],
    ChainConfigItem: ['OwnerSignature'],
    AppConfigItem: ['OwnerSign'],
  });
});

describe('JSON', () => {
  test('times are strings, other integers numerals, bytes base64, defaults absent', () => {
    const trx = Trx.create({ TrxId: 'x', Type: 2, Data: Uint8Array.of(255, 0), TimeStamp: 1682358865812642130n, Nonce: 3 });
    expect(stringifyExact(Trx.toJson(trx))).toBe(
      '{"TrxId":"x","Type":2,"Data":"/wA=","TimeStamp":"1682358865812642130","Nonce":3}',
    );
  });

  test('nanoseconds beyond 2^53 are exact both ways, as numerals too', () => {
    expect(stringifyExact({ last_update: 1682364196836412069n, list: [1n, undefined, 'a'], none: undefined })).toBe(
      '{"last_update":1682364196836412069,"list":[1,null,"a"]}',
    );
    expect(
      parseExact('{"a":1682364196836412069,"b":-9223372036854775808,"c":5,"d":1e30,"e":"1682364196836412069"}'),
    ).toStrictEqual({
      a: 1682364196836412069n,
      b: -INT64,
      c: 5,
      d: 1e30,
      e: '1682364196836412069',
    });
    expect(Trx.fromJson(parseExact('{"Expired":1682358895812642420}')).Expired).toBe(1682358895812642420n);
    expect(codeOf(() => Trx.fromJson(JSON.parse('{"Expired":1682358895812642420}')))).toBe('out-of-range');
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, LIMITS, sha256, toHex } from '../../records/index.ts';
import { type MultiplyShards, multiplyBySimd, multiplyByTable } from './code.ts';
import { inverse, inverted, multiply, product } from './field.ts';
import { encodeShards, joinShards, reconstruct, shardBytesOf } from './index.ts';
import { kernelModule } from './kernel.ts';

/** Repeatable bytes without pattern. */
function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** One page of memory. */
const KERNEL = [
  '0061736d01000000010a0160067f7f7f7f7f7f00030201000503010001071402066d656d6f7279020007636f6d62696e6500000afc0101f90102047f',
  '057b200420056a21090340fd0c00000000000000000000000000000000210dfd0c00000000000000000000000000000000210e200021062003210720',
  '02210803402007fd000000210b2007fd000010210c2006fd000000210a200b200afd0c0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0ffd4efd0e200c200a41',
  '04fd6dfd0efd51200dfd51210d2006fd000010210a200b200afd0c0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0ffd4efd0e200c200a4104fd6dfd0efd5120',
  '0efd51210e200620016a2106200741206a2107200841016b22080d000b2004200dfd0b00002004200efd0b0010200041206a2100200441206a220420',
  '09490d000b0b',
].join('');

const counts = fc
  .integer({ min: 1, max: LIMITS.producers })
  .chain((dataShards) =>
    fc.record({ dataShards: fc.constant(dataShards), parityShards: fc.integer({ min: 0, max: LIMITS.producers - dataShards }) }),
  );

describe('the field', () => {
  test('multiplication agrees with the schoolbook', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        let expected = 0;
        for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) expected ^= a << bit;
        for (let bit = 15; bit >= 8; bit--) if ((expected >> bit) & 1) expected ^= 0x11d << (bit - 8);
        expect(multiply(a, b)).toBe(expected);
      }
    }
  });

  test('every element but zero has an inverse', () => {
    for (let a = 1; a < 256; a++) expect(multiply(a, inverse(a))).toBe(1);
  });

  test('a matrix times its inverse is one; a singular matrix has none', () => {
    const cauchy = Array.from({ length: 9 }, (_, row) =>
      Uint8Array.from({ length: 9 }, (_, column) => inverse((9 + row) ^ column)),
    );
    expect(product(cauchy, inverted(cauchy))).toStrictEqual(
      cauchy.map((_, row) => Uint8Array.from({ length: 9 }, (_, column) => Number(row === column))),
    );
    // The first pivot is not in the first row.
    const swap = [Uint8Array.of(0, 1), Uint8Array.of(1, 0)];
    expect(inverted(swap)).toStrictEqual(swap);
    expect(() => inverted([Uint8Array.of(1, 2), Uint8Array.of(1, 2)])).toThrow(RangeError);
  });
});

describe('the kernel', () => {
  test('is the module that it was: its bytes change only with its source', () => {
    expect(toHex(kernelModule(1))).toBe(KERNEL);
    expect(WebAssembly.validate(kernelModule(10_000_000))).toBe(true);
  });

  test('gives what the tables give, at any length and alignment', () => {
    const bySimd = multiplyBySimd() as MultiplyShards;
    expect(bySimd).toBeDefined();
    for (const length of [1, 15, 16, 17, 4096, 8191, 8192, 8193, 20_000]) {
      for (const [rowCount, columnCount] of [
        [1, 1],
        [3, 5],
        [14, 10],
        [23, 1],
        [1, 23],
        [12, 12],
      ] as const) {
        const rows = Array.from({ length: rowCount }, (_, row) => noise(columnCount, row));
        const backing = noise(columnCount * length + 1, length);
        const inputs = rows[0]?.map((_, column) => column) ?? [];
        const shards = [...inputs].map((column) => backing.subarray(1 + column * length, 1 + (column + 1) * length));
        const outputs = () => rows.map(() => new Uint8Array(length).fill(0xee));
        const [expected, actual] = [outputs(), outputs()];
        multiplyByTable(rows, shards, expected);
        bySimd(rows, shards, actual);
        expect(actual.map(toHex)).toStrictEqual(expected.map(toHex));
      }
    }
  });
});

describe('the code', () => {
  test('gives the same shards as ever (k = 2, m = 2, and N = 7)', () => {
    expect(encodeShards(fromHex('00010203040506') as Uint8Array, 2, 2).map(toHex)).toStrictEqual([
      '000000070001',
      '020304050600',
      'f501f78e028e',
      '018f027a03f4',
    ]);
    const shards = encodeShards(noise(100_000), 3, 4);
    expect(toHex(sha256(Uint8Array.from(shards.flatMap((shard) => [...shard]))))).toBe(
      'bc18d5d298a6ac6e2b6ad9321c461afdbde7ee231d8dd287cfd5b01e014e58b3',
    );
  });

  test('any k of n shards give all n, and the data', () => {
    const subset = counts.chain(({ dataShards, parityShards }) => {
      const all = Array.from({ length: dataShards + parityShards }, (_, index) => index);
      return fc.record({
        dataShards: fc.constant(dataShards),
        parityShards: fc.constant(parityShards),
        present: fc.subarray(all, { minLength: dataShards }),
        data: fc.uint8Array({ maxLength: 3000 }),
      });
    });
    fc.assert(
      fc.property(subset, ({ dataShards, parityShards, present, data }) => {
        const shards = encodeShards(data, dataShards, parityShards);
        expect(shards[0]?.length).toBe(shardBytesOf(data.length, dataShards));
        const given = shards.map((shard, index) => (present.includes(index) ? shard.slice() : undefined));
        const whole = reconstruct(given, dataShards, parityShards) as Uint8Array[];
        expect(whole).toStrictEqual(shards);
        // What was given and is right comes back as the same object.
        for (const index of present) expect(whole[index]).toBe(given[index]);
        expect(joinShards(whole, dataShards)).toStrictEqual(data);
      }),
      { numRuns: 500 },
    );
  });

  test('every k of n at N = 4 and 7', () => {
    for (const [dataShards, parityShards] of [
      [2, 2],
      [3, 4],
    ] as const) {
      const shards = encodeShards(noise(500), dataShards, parityShards);
      for (let mask = 0; mask < 1 << shards.length; mask++) {
        const given = shards.map((shard, index) => ((mask >> index) & 1 ? shard : undefined));
        const enough = given.filter((shard) => shard).length >= dataShards;
        expect(reconstruct(given, dataShards, parityShards)).toStrictEqual(enough ? shards : undefined);
      }
    }
  });

  test('shards of no code word give, from different subsets, results that cannot all have the proposer’s root', () => {
    const shards = encodeShards(noise(500), 2, 2);
    (shards[3] as Uint8Array)[7] = 1 ^ ((shards[3] as Uint8Array)[7] as number);
    const first = reconstruct(shards, 2, 2) as Uint8Array[];
    // The extra shard is not taken over: the whole differs from what was committed to, also for who has all of it.
    expect(first[3]).not.toStrictEqual(shards[3]);
    const other = reconstruct([undefined, undefined, shards[2], shards[3]], 2, 2) as Uint8Array[];
    expect(other.slice(2)).toStrictEqual(shards.slice(2));
    expect(other.slice(0, 2)).not.toStrictEqual(shards.slice(0, 2));
  });

  test('unequal or empty shards give nothing', () => {
    const shards = encodeShards(noise(50), 2, 2);
    expect(reconstruct([shards[0], (shards[1] as Uint8Array).subarray(1), undefined, undefined], 2, 2)).toBeUndefined();
    expect(reconstruct([shards[0], shards[1], undefined, new Uint8Array()], 2, 2)).toBeUndefined();
    expect(reconstruct([new Uint8Array(), new Uint8Array(), undefined, undefined], 2, 2)).toBeUndefined();
  });

  test('numbers of shards that no set has are a mistake of the caller', () => {
    for (const [dataShards, parityShards] of [
      [0, 2],
      [1, -1],
      [20, 5],
      [1.5, 1],
      [Number.NaN, 1],
    ] as const) {
      expect(() => encodeShards(noise(5), dataShards, parityShards)).toThrow(RangeError);
    }
    expect(() => reconstruct([noise(5)], 1, 1)).toThrow(RangeError);
  });
});

describe('joining', () => {
  test('any shards whatever: the data they carry, in its only form, or nothing', () => {
    const shards = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 40 })).chain(([count, length]) =>
      fc.array(
        fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.map((byte, at) => (at < 3 ? 0 : byte))),
        { minLength: count, maxLength: count },
      ),
    );
    fc.assert(
      fc.property(shards, (given) => {
        const data = joinShards(given, given.length);
        if (data) expect(encodeShards(data, given.length, 0)).toStrictEqual(given);
      }),
      { numRuns: 2000 },
    );
  });

  test('refuses another length, padding that is not zero, and shards too few or unequal', () => {
    const make = () => encodeShards(noise(9), 3, 0).map((shard) => shard.slice());
    expect(joinShards(make(), 3)).toStrictEqual(noise(9));
    const changed = (shard: number, at: number, byte: number) => {
      const shards = make();
      (shards[shard] as Uint8Array)[at] = byte;
      return joinShards(shards, 3);
    };
    expect(changed(0, 3, 6)).toBeUndefined();
    expect(changed(0, 3, 200)).toBeUndefined();
    expect(changed(0, 0, 255)).toBeUndefined();
    expect(changed(2, 4, 1)).toBeUndefined();
    expect(joinShards(make().slice(1), 3)).toBeUndefined();
    expect(joinShards([...make().slice(1), noise(4)], 3)).toBeUndefined();
    expect(joinShards([Uint8Array.of(0, 0, 0)], 1)).toBeUndefined();
    expect(joinShards([], 0)).toBeUndefined();
  });
});

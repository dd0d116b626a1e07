import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../records/index.ts';
import { Curve, MAX_TERMS } from './curve.ts';
import { type CurveKernel, curveKernelModule, FIELD_BYTES, LIMB_BITS, SCRATCH_BYTES } from './curve-kernel.ts';
import { add, generator, hashToElement, IDENTITY, isElement, multiply, ORDER, subtract, toScalar } from './group.ts';
import { initThreshold } from './index.ts';

/** The kernel against bigints, the sums against libsodium (one constant-time product after the other) and noble. */

const P = 2n ** 255n - 19n;
const modulo = (value: bigint): bigint => ((value % P) + P) % P;

/** Numbers with long runs of ones and zeros too: carries. */
const number = (bound: bigint) =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: bound - 1n }),
    fc.bigInt({ min: 0n, max: 40n }),
    fc.bigInt({ min: bound - 40n, max: bound - 1n }),
    fc.tuple(fc.nat(254), fc.nat(254)).map(([high, low]) => modulo((1n << BigInt(high)) - (1n << BigInt(low))) % bound),
  );

let curve: Curve;
beforeAll(async () => {
  await initThreshold();
  curve = await Curve.load();
});

describe('the kernel', () => {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(curveKernelModule(SCRATCH_BYTES + 16 * FIELD_BYTES)));
  const kernel = instance.exports as unknown as CurveKernel;
  const limbs = new BigInt64Array(kernel.memory.buffer);
  const [a, b, out] = [SCRATCH_BYTES, SCRATCH_BYTES + FIELD_BYTES, SCRATCH_BYTES + 2 * FIELD_BYTES];
  const starts = LIMB_BITS.map((_, limb) => BigInt(LIMB_BITS.slice(0, limb).reduce((sum, bits) => sum + bits, 0)));
  const read = (address: number): bigint =>
    modulo(starts.reduce((sum, start, limb) => sum + (limbs[address / 8 + limb] as bigint) * 2n ** start, 0n));
  const write = (address: number, values: readonly bigint[]) => {
    limbs.set(values, address / 8);
  };
  const isNarrow = (address: number): boolean =>
    LIMB_BITS.every((bits, limb) => {
      const value = limbs[address / 8 + limb] as bigint;
      const bound = (101n * (1n << BigInt(bits - 1))) / 100n;
      return value <= bound && value >= -bound;
    });
  /** Limbs as large as an argument's may be, of either sign: 1.65 times the bits of its place, and often just that. */
  const wide = fc.tuple(
    ...LIMB_BITS.map((bits) => {
      const bound = (165n << BigInt(bits)) / 100n;
      return fc.oneof(fc.bigInt({ min: -bound, max: bound }), fc.constantFrom(bound, -bound));
    }),
  );

  test('multiplies, squares, adds and subtracts, with limbs as large as they may be', () => {
    fc.assert(
      fc.property(wide, wide, fc.integer({ min: 1, max: 20 }), (left, right, count) => {
        write(a, left);
        write(b, right);
        const [x, y] = [read(a), read(b)];
        kernel.multiply(out, a, b);
        expect(read(out)).toBe(modulo(x * y));
        expect(isNarrow(out)).toBe(true);
        kernel.square(out, a);
        expect(read(out)).toBe(modulo(x * x));
        expect(isNarrow(out)).toBe(true);
        kernel.squareRepeatedly(out, a, count);
        let power = x;
        for (let time = 0; time < count; time++) power = modulo(power * power);
        expect(read(out)).toBe(power);
        kernel.add(out, a, b);
        expect(read(out)).toBe(modulo(x + y));
        kernel.subtract(out, a, b);
        expect(read(out)).toBe(modulo(x - y));
        // Results in the place of arguments.
        kernel.multiply(a, a, b);
        expect(read(a)).toBe(modulo(x * y));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('sums of products', () => {
  const element = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((seed) => hashToElement('test', seed));

  test('are what libsodium adds up', () => {
    const terms = fc.array(fc.tuple(number(ORDER), element), { maxLength: MAX_TERMS });
    fc.assert(
      fc.property(terms, (pairs) => {
        const scalars = pairs.map(([scalar]) => toScalar(scalar));
        const elements = pairs.map(([, point]) => point);
        const expected = elements
          .map((point, index) => multiply(scalars[index] as Uint8Array, point))
          .reduce((sum, term) => add(sum, term), IDENTITY);
        expect(toHex(curve.sumOfProducts(scalars, elements))).toBe(toHex(expected));
      }),
      { numRuns: 400 },
    );
  });

  test('a single product is what noble says, at every kind of scalar', () => {
    fc.assert(
      fc.property(number(ORDER), (scalar) => {
        const expected = ristretto255.Point.BASE.multiplyUnsafe(scalar).toHex();
        expect(toHex(curve.sumOfProducts([toScalar(scalar)], [generator()]))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('the same element many times, its opposite, the identity, nothing', () => {
    fc.assert(
      fc.property(element, number(ORDER), (point, scalar) => {
        const [k, rest] = [toScalar(scalar), toScalar((ORDER - scalar) % ORDER)];
        const opposite = subtract(IDENTITY, point);
        expect(curve.sumOfProducts([k, rest], [point, point])).toStrictEqual(IDENTITY);
        expect(curve.sumOfProducts([k, k], [point, opposite])).toStrictEqual(IDENTITY);
        expect(curve.sumOfProducts([k, k, k], [point, opposite, point])).toStrictEqual(curve.sumOfProducts([k], [point]));
        expect(curve.sumOfProducts([k, k], [point, IDENTITY])).toStrictEqual(multiply(k, point));
      }),
      { numRuns: 100 },
    );
    expect(curve.sumOfProducts([], [])).toStrictEqual(IDENTITY);
    expect(curve.sumOfProducts([toScalar(0n)], [generator()])).toStrictEqual(IDENTITY);
    expect(curve.sumOfProducts([toScalar(5n)], [IDENTITY])).toStrictEqual(IDENTITY);
  });

  test('what decodes agrees with libsodium', () => {
    fc.assert(
      fc.property(number(P), (value) => {
        // Below p and even: the form that only its being on the curve decides about.
        const even = value % 2n === 0n ? value : modulo(-value);
        const bytes = toScalar(even);
        const isPoint = isElement(bytes) || even === 0n;
        const decode = () => curve.sumOfProducts([toScalar(1n)], [bytes]);
        if (isPoint) expect(decode()).toStrictEqual(bytes);
        else expect(decode).toThrow(RangeError);
      }),
      { numRuns: 1000 },
    );
  });

  test('more terms than there are producers are a mistake of the caller', () => {
    const many = new Array<Uint8Array>(MAX_TERMS + 1).fill(generator());
    expect(() => curve.sumOfProducts(many, many)).toThrow(RangeError);
    expect(ORDER).toBe(ed25519.Point.Fn.ORDER);
  });
});

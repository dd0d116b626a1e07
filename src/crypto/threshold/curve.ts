import { equalBytes, LIMITS } from '../../records/index.ts';
import { type CurveKernel, curveKernelModule, FIELD_BYTES, LIMB_BITS, POINT_BYTES, SCRATCH_BYTES } from './curve-kernel.ts';

/**
 * Sums of products in ristretto255 (RFC 9496), of public values: all doublings are done once for the whole sum (Straus 1964), and
 * encodings are decoded once. Three times as fast as one constant-time product after the other; not for secrets.
 */

/** A sum has at most this many terms: a share of each producer. */
export const MAX_TERMS = LIMITS.producers;
const ENCODED_BYTES = 32;
/** Digits of a scalar to the base 16, from −7 to 8. */
const DIGITS = 64;
/** Multiples of a point that are kept: 1 to 8 times. */
const TABLE_ENTRIES = 8;
const TABLE_BYTES = TABLE_ENTRIES * POINT_BYTES;

const P = 2n ** 255n - 19n;
/** Constants of RFC 9496, 4.1. */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SQRT_M1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
const INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578n;

export class Curve {
  readonly #kernel: CurveKernel;
  /** The memory by 32-bit words. All limbs that are read here are narrow: their low word is their value. */
  readonly #words: Int32Array;
  #free = SCRATCH_BYTES;
  readonly #zero: number;
  readonly #one: number;
  readonly #d: number;
  readonly #doubleD: number;
  readonly #sqrtM1: number;
  readonly #invsqrtAMinusD: number;
  /** Field elements for intermediate results: `#root` is of inverseSquareRoot alone. */
  readonly #values: readonly number[];
  readonly #root: readonly number[];
  readonly #point: number;
  readonly #sum: number;
  readonly #tables: number;

  /** Loads the kernel; needs no more than `'wasm-unsafe-eval'` of a Content Security Policy. */
  static async load(): Promise<Curve> {
    const memoryBytes = SCRATCH_BYTES + 32 * FIELD_BYTES + MAX_TERMS * TABLE_BYTES;
    const module = await WebAssembly.compile(curveKernelModule(memoryBytes));
    const { exports } = await WebAssembly.instantiate(module);
    return new Curve(exports as unknown as CurveKernel);
  }

  private constructor(kernel: CurveKernel) {
    this.#kernel = kernel;
    this.#words = new Int32Array(kernel.memory.buffer);
    [this.#zero, this.#one, this.#d, this.#doubleD] = [0n, 1n, D, (2n * D) % P].map((value) => this.#constant(value)) as [
      number,
      number,
      number,
      number,
    ];
    this.#sqrtM1 = this.#constant(SQRT_M1);
    this.#invsqrtAMinusD = this.#constant(INVSQRT_A_MINUS_D);
    this.#values = Array.from({ length: 10 }, () => this.#allocate(FIELD_BYTES));
    this.#root = Array.from({ length: 5 }, () => this.#allocate(FIELD_BYTES));
    this.#point = this.#allocate(POINT_BYTES);
    this.#sum = this.#allocate(POINT_BYTES);
    this.#tables = this.#allocate(MAX_TERMS * TABLE_BYTES);
  }

  /**
   * Σ scalars[i] · elements[i]; scalars below the order, at most {@link MAX_TERMS}. Throws RangeError for more, and for bytes that are no element:
   * what comes from a peer is checked before (not every encoding that is none is noticed here).
   */
  sumOfProducts(scalars: readonly Uint8Array[], elements: readonly Uint8Array[]): Uint8Array {
    if (elements.length > MAX_TERMS)
      throw new RangeError(`${elements.length} terms in a sum, and at most ${MAX_TERMS} are computed`);
    const kernel = this.#kernel;
    elements.forEach((element, index) => {
      this.#makeTable(element, this.#tables + index * TABLE_BYTES);
    });
    const digits = scalars.map(digitsOf);
    this.#setIdentity(this.#sum);
    let isStarted = false;
    for (let at = DIGITS - 1; at >= 0; at--) {
      // Doubling nothing: small scalars skip it.
      if (isStarted) for (let bit = 0; bit < 4; bit++) kernel.doublePoint(this.#sum, this.#sum);
      digits.forEach((list, index) => {
        const digit = list[at] as number;
        if (digit === 0) return;
        isStarted = true;
        const cached = this.#tables + index * TABLE_BYTES + (Math.abs(digit) - 1) * POINT_BYTES;
        if (digit > 0) kernel.addCached(this.#sum, this.#sum, cached);
        else kernel.subtractCached(this.#sum, this.#sum, cached);
      });
    }
    return this.#encode(this.#sum);
  }

  #makeTable(element: Uint8Array, table: number): void {
    if (!this.#decode(this.#point, element)) throw new RangeError('what is no element of the group came into a sum');
    this.#kernel.cachePoint(table, this.#point, this.#doubleD);
    for (let entry = 1; entry < TABLE_ENTRIES; entry++) {
      this.#kernel.addCached(this.#point, this.#point, table);
      this.#kernel.cachePoint(table + entry * POINT_BYTES, this.#point, this.#doubleD);
    }
  }

  #setIdentity(point: number): void {
    this.#words.fill(0, point / 4, (point + POINT_BYTES) / 4);
    this.#words[(point + FIELD_BYTES) / 4] = 1;
    this.#words[(point + 2 * FIELD_BYTES) / 4] = 1;
  }

  /** RFC 9496, 4.3.1; false for what is no square, negative or zero there. */
  #decode(point: number, element: Uint8Array): boolean {
    const kernel = this.#kernel;
    const [s, square, u1, u2, u2Square, v, product, root, denominatorX, denominatorY] = this.#values as Ten;
    const [x, y, z, t] = partsOf(point);
    this.#put(s, element);
    kernel.square(square, s);
    kernel.subtract(u1, this.#one, square);
    kernel.add(u2, this.#one, square);
    kernel.square(u2Square, u2);
    kernel.square(v, u1);
    kernel.multiply(v, v, this.#d);
    kernel.add(v, v, u2Square);
    this.#negate(v);
    kernel.multiply(product, v, u2Square);
    const isSquare = this.#inverseSquareRoot(root, product);
    kernel.multiply(denominatorX, root, u2);
    kernel.multiply(denominatorY, root, denominatorX);
    kernel.multiply(denominatorY, denominatorY, v);
    kernel.add(s, s, s);
    kernel.multiply(x, s, denominatorX);
    if (this.#isNegative(x)) this.#negate(x);
    kernel.multiply(y, u1, denominatorY);
    kernel.add(z, this.#zero, this.#one);
    kernel.multiply(t, x, y);
    return isSquare && !this.#isNegative(t) && this.#valueOf(y).some((byte) => byte !== 0);
  }

  /** RFC 9496, 4.3.2. */
  #encode(point: number): Uint8Array {
    const kernel = this.#kernel;
    const [u1, u2, product, root, denominator1, denominator2, inverse, rotatedX, rotatedY, enchanted] = this.#values as Ten;
    const [x, y, z, t] = partsOf(point);
    kernel.add(u1, z, y);
    kernel.subtract(u2, z, y);
    kernel.multiply(u1, u1, u2);
    kernel.multiply(u2, x, y);
    kernel.square(product, u2);
    kernel.multiply(product, product, u1);
    this.#inverseSquareRoot(root, product);
    kernel.multiply(denominator1, root, u1);
    kernel.multiply(denominator2, root, u2);
    kernel.multiply(inverse, denominator1, denominator2);
    kernel.multiply(inverse, inverse, t);
    kernel.multiply(rotatedX, y, this.#sqrtM1);
    kernel.multiply(rotatedY, x, this.#sqrtM1);
    kernel.multiply(enchanted, denominator1, this.#invsqrtAMinusD);
    kernel.multiply(product, t, inverse);
    const isRotated = this.#isNegative(product);
    const [finalX, finalY, denominator] = isRotated ? [rotatedX, rotatedY, enchanted] : [x, y, denominator2];
    kernel.multiply(product, finalX, inverse);
    if (this.#isNegative(product)) kernel.add(u1, z, finalY);
    else kernel.subtract(u1, z, finalY);
    kernel.multiply(u1, u1, denominator);
    if (this.#isNegative(u1)) this.#negate(u1);
    return this.#valueOf(u1);
  }

  /** 1/√value, or 1/√(√−1 · value) where value is no square, the one that is not negative; 0 for 0. Whether it is a square (0 is not). RFC 9496, 4.2. */
  #inverseSquareRoot(out: number, value: number): boolean {
    const kernel = this.#kernel;
    const [cube, seventh, check] = this.#root.slice(2) as [number, number, number];
    kernel.square(cube, value);
    kernel.multiply(cube, cube, value);
    kernel.square(seventh, cube);
    kernel.multiply(seventh, seventh, value);
    this.#raise(out, seventh);
    kernel.multiply(out, out, cube);
    kernel.square(check, out);
    kernel.multiply(check, check, value);
    // A fourth root of 1, or 0.
    const isOne = this.#isEqual(check, this.#one);
    kernel.add(cube, check, this.#one);
    const isMinusOne = this.#isEqual(cube, this.#zero);
    if (!isOne) {
      kernel.add(cube, check, this.#sqrtM1);
      if (isMinusOne || this.#isEqual(cube, this.#zero)) kernel.multiply(out, out, this.#sqrtM1);
    }
    if (this.#isNegative(out)) this.#negate(out);
    return isOne || isMinusOne;
  }

  /** value^((p − 5) / 8) = value^(2²⁵² − 3). `value` is not `out`. */
  #raise(out: number, value: number): void {
    const kernel = this.#kernel;
    const [power, longer] = this.#root as [number, number];
    // Exponents 2^n − 1 for n = 2, 4, 5, 10 …: the power of n + m is the one of n, squared m times, times the one of m.
    kernel.square(out, value);
    kernel.multiply(out, out, value);
    kernel.squareRepeatedly(power, out, 2);
    kernel.multiply(power, power, out);
    kernel.square(power, power);
    kernel.multiply(power, power, value);
    const double = (count: number) => {
      kernel.squareRepeatedly(longer, power, count);
      kernel.multiply(power, longer, power);
    };
    double(5);
    // 10 is needed once more, for 50 = 40 + 10; 50 for 250 = 200 + 50.
    kernel.add(out, power, this.#zero);
    double(10);
    double(20);
    kernel.squareRepeatedly(longer, power, 10);
    kernel.multiply(power, longer, out);
    kernel.add(out, power, this.#zero);
    double(50);
    double(100);
    kernel.squareRepeatedly(longer, power, 50);
    kernel.multiply(power, longer, out);
    kernel.squareRepeatedly(power, power, 2);
    kernel.multiply(out, power, value);
  }

  #negate(value: number): void {
    this.#kernel.subtract(value, this.#zero, value);
  }

  #isEqual(left: number, right: number): boolean {
    return equalBytes(this.#valueOf(left), this.#valueOf(right));
  }

  #isNegative(value: number): boolean {
    return ((this.#valueOf(value)[0] as number) & 1) === 1;
  }

  #allocate(bytes: number): number {
    const address = this.#free;
    this.#free += bytes;
    return address;
  }

  #constant(value: bigint): number {
    const address = this.#allocate(FIELD_BYTES);
    this.#put(
      address,
      Uint8Array.from({ length: ENCODED_BYTES }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn)),
    );
    return address;
  }

  /** 255 bits, little-endian. */
  #put(address: number, bytes: Uint8Array): void {
    for (let limb = 0, start = 0; limb < LIMB_BITS.length; limb++) {
      const bits = LIMB_BITS[limb] as number;
      let value = 0;
      // At most five bytes hold a limb: as a sum, because shifts end at 32 bits.
      for (let at = (start + bits - 1) >> 3; at >= start >> 3; at--) value = value * 256 + (bytes[at] as number);
      this.#words[address / 4 + 2 * limb] = Math.floor(value / 2 ** (start & 7)) % 2 ** bits;
      this.#words[address / 4 + 2 * limb + 1] = 0;
      start += bits;
    }
  }

  /** The only encoding below p of an element whose limbs are at most twice as large as narrow ones. Plain loops: a sum needs a dozen of these for each term. */
  #valueOf(address: number): Uint8Array {
    const words = this.#words;
    const first = address / 4;
    // How often p goes into it, from the carry out of the highest limb when 19 is added (ref10).
    let quotient = (19 * (words[first + 18] as number) + 2 ** 24) >> 25;
    for (let limb = 0; limb < LIMB_BITS.length; limb++) {
      quotient = ((words[first + 2 * limb] as number) + quotient) >> (LIMB_BITS[limb] as number);
    }
    const encoded = new Uint8Array(ENCODED_BYTES);
    let carry = 19 * quotient;
    let pending = 0;
    let pendingBits = 0;
    let at = 0;
    for (let limb = 0; limb < LIMB_BITS.length; limb++) {
      const bits = LIMB_BITS[limb] as number;
      const sum = (words[first + 2 * limb] as number) + carry;
      carry = sum >> bits;
      // Fewer than 8 bits wait and at most 26 come: together they may need more than 31, so the lowest byte leaves by itself.
      const value = sum - carry * 2 ** bits;
      encoded[at++] = pending | (value << pendingBits);
      pending = value >>> (8 - pendingBits);
      for (pendingBits += bits - 8; pendingBits >= 8; pendingBits -= 8) {
        encoded[at++] = pending;
        pending >>>= 8;
      }
    }
    encoded[at] = pending;
    return encoded;
  }
}

type Ten = readonly [number, number, number, number, number, number, number, number, number, number];

function partsOf(point: number): readonly [x: number, y: number, z: number, t: number] {
  return [point, point + FIELD_BYTES, point + 2 * FIELD_BYTES, point + 3 * FIELD_BYTES];
}

/** Digits to the base 16, lowest first, each from −7 to 8, of a number below 2²⁵³. */
function digitsOf(scalar: Uint8Array): Int8Array {
  const digits = new Int8Array(DIGITS);
  let carry = 0;
  for (let at = 0; at < DIGITS; at++) {
    const digit = (((scalar[at >> 1] as number) >> (4 * (at & 1))) & 15) + carry;
    carry = digit > 8 ? 1 : 0;
    digits[at] = digit - 16 * carry;
  }
  return digits;
}

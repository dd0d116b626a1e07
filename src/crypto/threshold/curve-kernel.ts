import { assemble, branchIf, type Code, call, END, type FunctionCode, get, I32, I64, LOOP, set, tee } from '../assembler.ts';

/**
 * Arithmetic on the curve below ristretto255 (edwards25519) as WebAssembly: for public values only, since those who use it branch on them.
 *
 * A field element, modulo p = 2²⁵⁵ − 19, is 10 signed limbs of 64 bits in memory, which count 26 and 25 bits in turn ("ref10", Bernstein et
 * al., 2011). A *narrow* element, as `multiply` and the squares give it, has limbs within 1.01 · 2²⁵ and 1.01 · 2²⁴; sums and differences are not
 * carried, and what goes into a product is at most 3 narrow ones added up: within 1.65 times 2²⁶ and 2²⁵, so that nothing overflows.
 *
 * A point is X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z. A *cached* point, made for adding, is Y+X, Y−X, 2Z, 2dT. The formulas (Hisil,
 * Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008) hold for all points, the neutral one and equal ones too.
 */

const LIMBS = 10;
export const FIELD_BYTES = 8 * LIMBS;
export const POINT_BYTES = 4 * FIELD_BYTES;
export const LIMB_BITS: readonly number[] = Array.from({ length: LIMBS }, (_, limb) => (limb % 2 === 0 ? 26 : 25));
/** The lowest bytes of the memory are the kernel's own. */
export const SCRATCH_BYTES = 8 * FIELD_BYTES;

/** Arguments are addresses in `memory`, the result's first; it may be one of the arguments. */
export interface CurveKernel {
  readonly memory: WebAssembly.Memory;
  multiply(out: number, left: number, right: number): void;
  square(out: number, value: number): void;
  /** value^(2^count), count above 0. */
  squareRepeatedly(out: number, value: number, count: number): void;
  add(out: number, left: number, right: number): void;
  subtract(out: number, left: number, right: number): void;
  doublePoint(out: number, point: number): void;
  addCached(out: number, point: number, cached: number): void;
  subtractCached(out: number, point: number, cached: number): void;
  /** `out` is no argument here. `doubleD`: the field element 2d. */
  cachePoint(out: number, point: number, doubleD: number): void;
}

const limbs = Array.from({ length: LIMBS }, (_, limb) => limb);

/** Numbers for locals, from the first that is free. */
function numbering(first: number): { ten: () => number[]; one: () => number; used: () => number } {
  let next = first;
  const one = () => next++;
  return { one, ten: () => limbs.map(one), used: () => next - first };
}

/** Brings the limbs `sums` of a product down to narrow ones and stores them at the address in local 0 (ref10's order of carries). */
function carryAndStore(sums: readonly number[], carry: number): Code {
  const step = (limb: number): Code => {
    const bits = LIMB_BITS[limb] as number;
    const own = sums[limb] as number;
    const next = sums[(limb + 1) % LIMBS] as number;
    // Rounded, so that limbs stay small either side of 0. What leaves the highest limb counts 2²⁵⁵ = 19.
    return [
      ...[
        ...get(own),
        ...I64.constant(2 ** (bits - 1)),
        ...I64.ADD,
        ...I64.constant(bits),
        ...I64.SHIFT_RIGHT_SIGNED,
        ...set(carry),
      ],
      ...[
        ...get(next),
        ...get(carry),
        ...(limb === LIMBS - 1 ? [...I64.constant(19), ...I64.MULTIPLY] : []),
        ...I64.ADD,
        ...set(next),
      ],
      ...[...get(own), ...get(carry), ...I64.constant(bits), ...I64.SHIFT_LEFT, ...I64.SUBTRACT, ...set(own)],
    ];
  };
  return [
    ...[0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0].flatMap(step),
    ...limbs.flatMap((limb) => [...get(0), ...get(sums[limb] as number), ...I64.store(8 * limb)]),
  ];
}

const loadAll = (address: number, locals: readonly number[]): Code =>
  locals.flatMap((local, limb) => [...get(address), ...I64.load(8 * limb), ...set(local)]);

const timesAll = (from: readonly number[], factor: number, to: readonly number[]): Code =>
  from.flatMap((local, limb) => [...get(local), ...I64.constant(factor), ...I64.MULTIPLY, ...set(to[limb] as number)]);

/**
 * Limb i times limb j goes to limb i+j: times 2 where both are odd (25 + 25 bits make one less than the 51 of an even limb's place), and times 19
 * where it wraps around.
 */
function multiplyCode(): FunctionCode {
  const numbers = numbering(3);
  const [left, leftDouble, right, right19, sums] = [numbers.ten(), numbers.ten(), numbers.ten(), numbers.ten(), numbers.ten()];
  const carry = numbers.one();
  const term = (i: number, j: number): Code => [
    ...get((i % 2 === 1 && j % 2 === 1 ? leftDouble : left)[i] as number),
    ...get((i + j >= LIMBS ? right19 : right)[j] as number),
    ...I64.MULTIPLY,
  ];
  const body = [
    ...[...loadAll(1, left), ...loadAll(2, right), ...timesAll(left, 2, leftDouble), ...timesAll(right, 19, right19)],
    ...limbs.flatMap((k) => [
      ...limbs.flatMap((i) => [...term(i, (k - i + LIMBS) % LIMBS), ...(i > 0 ? I64.ADD : [])]),
      ...set(sums[k] as number),
    ]),
    ...carryAndStore(sums, carry),
  ];
  return { name: 'multiply', parameters: 3, locals: [[numbers.used(), I64.type]], body };
}

/** The same with equal terms put together. `factor` is multiplied before the carries, so that the result is narrow; with 2, of narrow values only. */
function squareCode(name: string, factor: 1 | 2): FunctionCode {
  const numbers = numbering(2);
  const [value, double, value19, value38, sums] = [numbers.ten(), numbers.ten(), numbers.ten(), numbers.ten(), numbers.ten()];
  const carry = numbers.one();
  const term = (i: number, j: number): Code => {
    const isOdd = i % 2 === 1 && j % 2 === 1;
    const right = i + j >= LIMBS ? (isOdd ? value38 : value19) : isOdd ? double : value;
    return [...get((i === j ? value : double)[i] as number), ...get(right[j] as number), ...I64.MULTIPLY];
  };
  const pairs = (k: number) =>
    limbs.flatMap((i) => limbs.filter((j) => j >= i && (i + j) % LIMBS === k).map((j) => [i, j] as const));
  const body = [
    ...[...loadAll(1, value), ...timesAll(value, 2, double), ...timesAll(value, 19, value19), ...timesAll(value, 38, value38)],
    ...limbs.flatMap((k) => [
      ...pairs(k).flatMap(([i, j], at) => [...term(i, j), ...(at > 0 ? I64.ADD : [])]),
      ...(factor === 2 ? [...I64.constant(1), ...I64.SHIFT_LEFT] : []),
      ...set(sums[k] as number),
    ]),
    ...carryAndStore(sums, carry),
  ];
  return { name, parameters: 2, locals: [[numbers.used(), I64.type]], body };
}

/** Where a field element lies: at an offset from the address in a local, or in the scratch memory. */
interface Place {
  readonly base: Code;
  readonly offset: number;
}
const part = (local: number, index: number): Place => ({ base: get(local), offset: index * FIELD_BYTES });
const scratch = (index: number): Place => ({ base: I32.constant(0), offset: index * FIELD_BYTES });

const limbwise = (out: Place, left: Place, right: Place, operation: Code): Code =>
  limbs.flatMap((limb) => [
    ...out.base,
    ...[...left.base, ...I64.load(left.offset + 8 * limb)],
    ...[...right.base, ...I64.load(right.offset + 8 * limb)],
    ...[...operation, ...I64.store(out.offset + 8 * limb)],
  ]);
const add = (out: Place, left: Place, right: Place): Code => limbwise(out, left, right, I64.ADD);
const subtract = (out: Place, left: Place, right: Place): Code => limbwise(out, left, right, I64.SUBTRACT);

/** Functions that others call, by their place in the module. */
const [MULTIPLY, SQUARE, SQUARE_DOUBLED] = [0, 1, 2];
const addressOf = ({ base, offset }: Place): Code => [...base, ...I32.constant(offset), ...I32.ADD];
const multiply = (out: Place, left: Place, right: Place): Code => [...[out, left, right].flatMap(addressOf), ...call(MULTIPLY)];
const square = (out: Place, value: Place): Code => [...[out, value].flatMap(addressOf), ...call(SQUARE)];
const squareDoubled = (out: Place, value: Place): Code => [...[out, value].flatMap(addressOf), ...call(SQUARE_DOUBLED)];

/** X = E·F, Y = G·H, Z = F·G, T = E·H: the end of both formulas. */
const finishPoint = (e: Place, f: Place, g: Place, h: Place): Code => [
  ...multiply(part(0, 0), e, f),
  ...multiply(part(0, 1), g, h),
  ...multiply(part(0, 2), f, g),
  ...multiply(part(0, 3), e, h),
];

/** With A = X², B = Y², C = 2Z²: E = (X+Y)² − A − B, F = C − (B−A), G = B − A, H = A + B; all four coordinates negated, which is the same point. */
function doublePointCode(): FunctionCode {
  const [a, b, c, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6].map(scratch) as [Place, Place, Place, Place, Place, Place, Place];
  const [x, y, z] = [part(1, 0), part(1, 1), part(1, 2)];
  const body = [
    ...[...square(a, x), ...square(b, y), ...squareDoubled(c, z)],
    ...[...add(e, x, y), ...square(e, e), ...add(h, a, b), ...subtract(e, e, h)],
    ...[...subtract(g, b, a), ...subtract(f, c, g)],
    ...finishPoint(e, f, g, h),
  ];
  return { name: 'doublePoint', parameters: 2, locals: [], body };
}

/** Adds a cached point or, with its first two parts exchanged and the sign of the last turned, subtracts it. */
function addCachedCode(name: string, isSubtraction: boolean): FunctionCode {
  const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(scratch) as [
    Place,
    Place,
    Place,
    Place,
    Place,
    Place,
    Place,
    Place,
  ];
  const [x, y, z, t] = [part(1, 0), part(1, 1), part(1, 2), part(1, 3)];
  const [sum, difference] = isSubtraction ? [part(2, 1), part(2, 0)] : [part(2, 0), part(2, 1)];
  const body = [
    ...[...subtract(a, y, x), ...multiply(a, a, difference)],
    ...[...add(b, y, x), ...multiply(b, b, sum)],
    ...[...multiply(c, t, part(2, 3)), ...multiply(d, z, part(2, 2))],
    ...[...subtract(e, b, a), ...add(h, b, a)],
    ...(isSubtraction ? [...add(f, d, c), ...subtract(g, d, c)] : [...subtract(f, d, c), ...add(g, d, c)]),
    ...finishPoint(e, f, g, h),
  ];
  return { name, parameters: 3, locals: [], body };
}

function cachePointCode(): FunctionCode {
  const [x, y, z, t] = [part(1, 0), part(1, 1), part(1, 2), part(1, 3)];
  const body = [
    ...[...add(part(0, 0), y, x), ...subtract(part(0, 1), y, x), ...add(part(0, 2), z, z)],
    ...multiply(part(0, 3), t, part(2, 0)),
  ];
  return { name: 'cachePoint', parameters: 3, locals: [], body };
}

function squareRepeatedlyCode(): FunctionCode {
  const count = 2;
  const body = [
    ...[...get(0), ...get(1), ...call(SQUARE)],
    // From the second time on the value is the result so far.
    ...[...get(0), ...set(1)],
    ...[...get(count), ...I32.constant(1), ...I32.SUBTRACT, ...tee(count), ...branchIf(0)],
  ];
  return { name: 'squareRepeatedly', parameters: 3, locals: [], body: [...LOOP, ...body, ...END] };
}

export function curveKernelModule(memoryBytes: number): Uint8Array<ArrayBuffer> {
  const [out, left, right] = [part(0, 0), part(1, 0), part(2, 0)];
  return assemble(memoryBytes, [
    multiplyCode(),
    squareCode('square', 1),
    squareCode('squareDoubled', 2),
    squareRepeatedlyCode(),
    { name: 'add', parameters: 3, locals: [], body: add(out, left, right) },
    { name: 'subtract', parameters: 3, locals: [], body: subtract(out, left, right) },
    doublePointCode(),
    addCachedCode('addCached', false),
    addCachedCode('subtractCached', true),
    cachePointCode(),
  ]);
}

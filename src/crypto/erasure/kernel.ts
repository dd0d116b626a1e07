/**
 * The inner loop of the erasure code as WebAssembly with SIMD, put together here from its instructions: 32 bytes of a shard at a time, each
 * multiplied by a constant of GF(2⁸) by looking up its two halves in tables of 16 products (Plank, Greenan, Miller, "Screaming Fast
 * Galois Field Arithmetic Using Intel SIMD Instructions", FAST 2013).
 *
 *     combine(inputs, stride, count, tables, output, length):
 *       for x in 0, 32, … below length:
 *         output[x … x+31] = Σ over j below count of  tables[j].low[v & 15] ^ tables[j].high[v >> 4],  v = inputs[j·stride + x …]
 */

/** Bytes of the tables of one constant: its products with 0…15, then with 0, 16, … 240. */
export const TABLE_BYTES = 32;
export const VECTOR_BYTES = 16;
/** Lengths are rounded up to this. */
export const ROUND_BYTES = 2 * VECTOR_BYTES;
const PAGE_BYTES = 65_536;

export interface Kernel {
  readonly memory: Uint8Array;
  /** All numbers are byte addresses and lengths in `memory`, except `count`; `length` is a multiple of {@link ROUND_BYTES} and not 0, nor is `count`. */
  combine(inputs: number, stride: number, count: number, tables: number, output: number, length: number): void;
}

/** Instructions, by the names of the WebAssembly text format (core specification 2.0, chapter 5.4). */
const get = (local: number): readonly number[] => [0x20, local];
const set = (local: number): readonly number[] => [0x21, local];
const tee = (local: number): readonly number[] => [0x22, local];
const LOOP = [0x03, 0x40];
const END = [0x0b];
const branchIf = (depth: number): readonly number[] => [0x0d, depth];
/** A constant below 64, so that its signed LEB128 form is one byte. */
const i32 = (value: number): readonly number[] => [0x41, value];
const ADD = [0x6a];
const SUB = [0x6b];
const LESS_UNSIGNED = [0x49];
const simd = (opcode: number): readonly number[] => [0xfd, ...unsigned(opcode)];
/** Alignment is a hint (2⁰: none); `offset` below 128. */
const load = (offset = 0): readonly number[] => [...simd(0x00), 0, offset];
const store = (offset = 0): readonly number[] => [...simd(0x0b), 0, offset];
const vector = (byte: number): readonly number[] => [...simd(0x0c), ...new Array<number>(16).fill(byte)];
const SWIZZLE = simd(0x0e);
const AND = simd(0x4e);
const XOR = simd(0x51);
const SHIFT_RIGHT_EACH_BYTE = simd(0x6d);

const I32 = 0x7f;
const V128 = 0x7b;

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

const section = (id: number, body: readonly number[]): number[] => [id, ...unsigned(body.length), ...body];
const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];

/** The body of `combine`: two vectors a round, so that tables are loaded once for both. No loop runs less than once: see {@link Kernel}. */
function combineBody(): number[] {
  // Parameters, then locals.
  const [inputs, stride, count, tables, output, length] = [0, 1, 2, 3, 4, 5];
  const [source, table, left, end] = [6, 7, 8, 9];
  const [value, lowTable, highTable] = [10, 11, 12];
  const sums = [13, 14];
  const accumulate = (sum: number, offset: number) => [
    ...[...get(source), ...load(offset), ...set(value)],
    ...[...get(lowTable), ...get(value), ...vector(0x0f), ...AND, ...SWIZZLE],
    ...[...get(highTable), ...get(value), ...i32(4), ...SHIFT_RIGHT_EACH_BYTE, ...SWIZZLE],
    ...[...XOR, ...get(sum), ...XOR, ...set(sum)],
  ];
  return [
    ...[...get(output), ...get(length), ...ADD, ...set(end)],
    ...LOOP,
    ...sums.flatMap((sum) => [...vector(0), ...set(sum)]),
    ...[...get(inputs), ...set(source)],
    ...[...get(tables), ...set(table)],
    ...[...get(count), ...set(left)],
    ...LOOP,
    ...[...get(table), ...load(), ...set(lowTable)],
    ...[...get(table), ...load(VECTOR_BYTES), ...set(highTable)],
    ...sums.flatMap((sum, index) => accumulate(sum, index * VECTOR_BYTES)),
    ...[...get(source), ...get(stride), ...ADD, ...set(source)],
    ...[...get(table), ...i32(TABLE_BYTES), ...ADD, ...set(table)],
    ...[...get(left), ...i32(1), ...SUB, ...tee(left)],
    ...branchIf(0),
    ...END,
    ...sums.flatMap((sum, index) => [...get(output), ...get(sum), ...store(index * VECTOR_BYTES)]),
    ...[...get(inputs), ...i32(ROUND_BYTES), ...ADD, ...set(inputs)],
    ...[...get(output), ...i32(ROUND_BYTES), ...ADD, ...tee(output)],
    ...[...get(end), ...LESS_UNSIGNED],
    ...branchIf(0),
    ...END,
    ...END,
  ];
}

/** The module: one memory of so many pages and one function, both exported. */
export function kernelModule(pages: number): Uint8Array<ArrayBuffer> {
  const locals = [2, 4, I32, 5, V128];
  const body = [...locals, ...combineBody()];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 6, I32, I32, I32, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('combine'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Undefined where WebAssembly or its SIMD instructions are not to be had (or the Content Security Policy lacks `'wasm-unsafe-eval'`). */
export function loadKernel(memoryBytes: number): Kernel | undefined {
  try {
    const module = new WebAssembly.Module(kernelModule(Math.ceil(memoryBytes / PAGE_BYTES)));
    const { memory, combine } = new WebAssembly.Instance(module).exports as {
      memory: WebAssembly.Memory;
      combine: Kernel['combine'];
    };
    // The memory never grows, so this view stays valid.
    return { memory: new Uint8Array(memory.buffer), combine };
  } catch {
    return undefined;
  }
}

import { assemble, branchIf, type Code, END, get, I32, LOOP, set, tee, V128 } from '../assembler.ts';

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

export interface Kernel {
  readonly memory: Uint8Array;
  /** All numbers are byte addresses and lengths in `memory`, except `count`; `length` is a multiple of {@link ROUND_BYTES} and not 0, nor is `count`. */
  combine(inputs: number, stride: number, count: number, tables: number, output: number, length: number): void;
}

/** The body of `combine`: two vectors a round, so that tables are loaded once for both. No loop runs less than once: see {@link Kernel}. */
function combineBody(): Code {
  // Parameters, then locals.
  const [inputs, stride, count, tables, output, length] = [0, 1, 2, 3, 4, 5];
  const [source, table, left, end] = [6, 7, 8, 9];
  const [value, lowTable, highTable] = [10, 11, 12];
  const sums = [13, 14];
  const accumulate = (sum: number, offset: number) => [
    ...[...get(source), ...V128.load(offset), ...set(value)],
    ...[...get(lowTable), ...get(value), ...V128.constant(0x0f), ...V128.AND, ...V128.SWIZZLE],
    ...[...get(highTable), ...get(value), ...I32.constant(4), ...V128.SHIFT_RIGHT, ...V128.SWIZZLE],
    ...[...V128.XOR, ...get(sum), ...V128.XOR, ...set(sum)],
  ];
  return [
    ...[...get(output), ...get(length), ...I32.ADD, ...set(end)],
    ...LOOP,
    ...sums.flatMap((sum) => [...V128.constant(0), ...set(sum)]),
    ...[...get(inputs), ...set(source)],
    ...[...get(tables), ...set(table)],
    ...[...get(count), ...set(left)],
    ...LOOP,
    ...[...get(table), ...V128.load(0), ...set(lowTable)],
    ...[...get(table), ...V128.load(VECTOR_BYTES), ...set(highTable)],
    ...sums.flatMap((sum, index) => accumulate(sum, index * VECTOR_BYTES)),
    ...[...get(source), ...get(stride), ...I32.ADD, ...set(source)],
    ...[...get(table), ...I32.constant(TABLE_BYTES), ...I32.ADD, ...set(table)],
    ...[...get(left), ...I32.constant(1), ...I32.SUBTRACT, ...tee(left)],
    ...branchIf(0),
    ...END,
    ...sums.flatMap((sum, index) => [...get(output), ...get(sum), ...V128.store(index * VECTOR_BYTES)]),
    ...[...get(inputs), ...I32.constant(ROUND_BYTES), ...I32.ADD, ...set(inputs)],
    ...[...get(output), ...I32.constant(ROUND_BYTES), ...I32.ADD, ...tee(output)],
    ...[...get(end), ...I32.LESS_UNSIGNED],
    ...branchIf(0),
    ...END,
  ];
}

/** The module: its memory, of so many bytes, and `combine`. */
export function kernelModule(memoryBytes: number): Uint8Array<ArrayBuffer> {
  const locals = [[4, I32.type] as const, [5, V128.type] as const];
  return assemble(memoryBytes, [{ name: 'combine', parameters: 6, locals, body: combineBody() }]);
}

/** Undefined where WebAssembly or its SIMD instructions are not to be had (or the Content Security Policy lacks `'wasm-unsafe-eval'`). */
export function loadKernel(memoryBytes: number): Kernel | undefined {
  try {
    const module = new WebAssembly.Module(kernelModule(memoryBytes));
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

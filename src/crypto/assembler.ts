/**
 * A small assembler for the kernels of this folder: WebAssembly put together from its instructions at load time, so that what runs is what
 * stands in the source. Instructions have the names of the text format (core specification 2.0, chapter 5); each is a list of bytes.
 */

export type Code = readonly number[];

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of numbers below 2³¹ either way. */
function signed(value: number): number[] {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
/** Without parameters and results. */
export const LOOP: Code = [0x03, 0x40];
export const END: Code = [0x0b];
export const branchIf = (depth: number): Code => [0x0d, depth];
/** `index`: place in the module's list of functions. */
export const call = (index: number): Code => [0x10, ...unsigned(index)];

export const I32 = {
  type: 0x7f,
  constant: (value: number): Code => [0x41, ...signed(value)],
  ADD: [0x6a],
  SUBTRACT: [0x6b],
  LESS_UNSIGNED: [0x49],
};

/** Memory operands: alignment is only a hint; `offset` is added to the address on the stack. */
export const I64 = {
  type: 0x7e,
  constant: (value: number): Code => [0x42, ...signed(value)],
  load: (offset: number): Code => [0x29, 3, ...unsigned(offset)],
  store: (offset: number): Code => [0x37, 3, ...unsigned(offset)],
  ADD: [0x7c],
  SUBTRACT: [0x7d],
  MULTIPLY: [0x7e],
  SHIFT_LEFT: [0x86],
  SHIFT_RIGHT_SIGNED: [0x87],
};

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

export const V128 = {
  type: 0x7b,
  load: (offset: number): Code => [...simd(0x00), 0, ...unsigned(offset)],
  store: (offset: number): Code => [...simd(0x0b), 0, ...unsigned(offset)],
  /** 16 times the same byte. */
  constant: (byte: number): Code => [...simd(0x0c), ...new Array<number>(16).fill(byte)],
  SWIZZLE: simd(0x0e),
  AND: simd(0x4e),
  XOR: simd(0x51),
  /** Of each of 16 unsigned bytes. */
  SHIFT_RIGHT: simd(0x6d),
  /** 16 bytes, each named by its place among the 32 of two vectors. */
  shuffle: (places: readonly number[]): Code => [...simd(0x0d), ...places],
  /** The bits of the first where the third has ones, else those of the second. */
  SELECT: simd(0x52),
};

/** A vector as four numbers of 32 bits. */
export const I32X4 = {
  ADD: simd(0xae),
  SHIFT_LEFT: simd(0xab),
  SHIFT_RIGHT_UNSIGNED: simd(0xad),
};

/** A function of so many i32 parameters, without result. Its locals, of one or more types, are numbered after the parameters. */
export interface FunctionCode {
  readonly name: string;
  readonly parameters: number;
  readonly locals: readonly (readonly [count: number, type: number])[];
  /** Without the last `end`. */
  readonly body: Code;
}

const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: Code): number[] => [id, ...sized(bytes)];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];

/** A module of these functions and one memory of so many bytes, all exported; the memory as `memory`. */
export function assemble(memoryBytes: number, functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const arities = [...new Set(functions.map(({ parameters }) => parameters))];
  const typeOf = (arity: number): Code => [0x60, ...unsigned(arity), ...new Array<number>(arity).fill(I32.type), 0];
  const bodyOf = ({ locals, body }: FunctionCode): Code =>
    sized([...vector(locals.map(([count, type]) => [...unsigned(count), type])), ...body, ...END]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(arities.map(typeOf))),
    ...section(3, vector(functions.map(({ parameters }) => unsigned(arities.indexOf(parameters))))),
    ...section(5, vector([[0, ...unsigned(Math.ceil(memoryBytes / PAGE_BYTES))]])),
    ...section(
      7,
      vector([[...text('memory'), 2, 0], ...functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)])]),
    ),
    ...section(10, vector(functions.map(bodyOf))),
  ]);
}

const PAGE_BYTES = 65_536;

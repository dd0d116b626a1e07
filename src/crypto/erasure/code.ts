import { LIMITS } from '../../records/index.ts';
import { type Matrix, products } from './field.ts';
import { type Kernel, loadKernel, ROUND_BYTES, TABLE_BYTES, VECTOR_BYTES } from './kernel.ts';

/** output[i] = Σ rows[i][j] · inputs[j], byte by byte, for shards of one length (not 0). The rows are at least one coefficient long. */
export type MultiplyShards = (rows: Matrix, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]) => void;

/** Bytes of each shard that are worked on at once: 24 inputs of it stay in a core's second-level cache. */
const CHUNK_BYTES = 8 * 1024;

const INPUTS_AT = 0;
const OUTPUT_AT = INPUTS_AT + LIMITS.producers * CHUNK_BYTES;
const TABLES_AT = OUTPUT_AT + CHUNK_BYTES;
const MEMORY_BYTES = TABLES_AT + LIMITS.producers * LIMITS.producers * TABLE_BYTES;

/** One lookup per byte: where there is no SIMD. */
export const multiplyByTable: MultiplyShards = (rows, inputs, outputs) => {
  rows.forEach((row, index) => {
    const output = outputs[index] as Uint8Array;
    output.fill(0);
    inputs.forEach((input, column) => {
      const product = products(row[column] as number);
      for (let at = 0; at < output.length; at++) output[at] = (output[at] as number) ^ (product[input[at] as number] as number);
    });
  });
};

/** Through the WebAssembly kernel; undefined where it does not load. */
export function multiplyBySimd(): MultiplyShards | undefined {
  const kernel = loadKernel(MEMORY_BYTES);
  return kernel && ((rows, inputs, outputs) => multiplyIn(kernel, rows, inputs, outputs));
}

function multiplyIn(kernel: Kernel, rows: Matrix, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void {
  const { memory } = kernel;
  const count = inputs.length;
  rows.forEach((row, index) => {
    row.forEach((coefficient, column) => {
      const at = TABLES_AT + (index * count + column) * TABLE_BYTES;
      const product = products(coefficient);
      for (let half = 0; half < VECTOR_BYTES; half++) {
        memory[at + half] = product[half] as number;
        memory[at + VECTOR_BYTES + half] = product[half << 4] as number;
      }
    });
  });
  const totalBytes = (inputs[0] as Uint8Array).length;
  for (let start = 0; start < totalBytes; start += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, totalBytes - start);
    // Bytes past the end come from earlier chunks: what they give is not copied out.
    const padded = Math.ceil(length / ROUND_BYTES) * ROUND_BYTES;
    inputs.forEach((input, column) => {
      memory.set(input.subarray(start, start + length), INPUTS_AT + column * CHUNK_BYTES);
    });
    outputs.forEach((output, index) => {
      kernel.combine(INPUTS_AT, CHUNK_BYTES, count, TABLES_AT + index * count * TABLE_BYTES, OUTPUT_AT, padded);
      output.set(memory.subarray(OUTPUT_AT, OUTPUT_AT + length), start);
    });
  }
}

let multiply: MultiplyShards | undefined;

/** The fastest there is, chosen at the first use. */
export const multiplyShards: MultiplyShards = (rows, inputs, outputs) => {
  multiply ??= multiplyBySimd() ?? multiplyByTable;
  multiply(rows, inputs, outputs);
};

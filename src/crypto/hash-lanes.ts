import { concatBytes, sha256 } from '../records/index.ts';
import { BLOCK_BYTES, FREE_AT, type HashKernel, INITIAL_STATE, LANES, loadHashKernel, STATE_AT } from './hash-lanes-kernel.ts';

/** Bytes of each message that are worked on at once. */
const CHUNK_BYTES = 4 * 1024;
const MEMORY_BYTES = FREE_AT + LANES * CHUNK_BYTES;
/** What SHA-256 appends at least: a one, and the length in 8 bytes. */
const PADDING_BYTES = 9;
const DIGEST_WORDS = 8;

let kernel: HashKernel | 'none' | undefined;

/** SHA-256(prefix ‖ message) of each, for messages of one length four at a time where there is SIMD. `prefix`: one byte. */
export function hashEach(prefix: number, messages: readonly Uint8Array[]): Uint8Array[] {
  kernel ??= loadHashKernel(MEMORY_BYTES) ?? 'none';
  const alone = (message: Uint8Array) => sha256(concatBytes(Uint8Array.of(prefix), message));
  const lengthBytes = messages[0]?.length;
  const hashes: Uint8Array[] = [];
  for (let first = 0; first < messages.length; first += LANES) {
    const group = messages.slice(first, first + LANES);
    const isFit = kernel !== 'none' && group.length > 1 && group.every(({ length }) => length === lengthBytes);
    hashes.push(...(isFit ? hashGroup(kernel as HashKernel, prefix, group) : group.map(alone)));
  }
  return hashes;
}

/** Two to four messages of one length. */
function hashGroup(kernel: HashKernel, prefix: number, group: readonly Uint8Array[]): Uint8Array[] {
  const { words, memory } = kernel;
  const lengthBytes = 1 + (group[0] as Uint8Array).length;
  const totalBytes = Math.ceil((lengthBytes + PADDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  INITIAL_STATE.forEach((word, index) => {
    words.fill(word, STATE_AT / 4 + LANES * index, STATE_AT / 4 + LANES * (index + 1));
  });
  for (let start = 0; start < totalBytes; start += CHUNK_BYTES) {
    const size = Math.min(CHUNK_BYTES, totalBytes - start);
    group.forEach((message, lane) => {
      const at = FREE_AT + lane * CHUNK_BYTES;
      if (start === 0) memory[at] = prefix;
      const from = Math.max(start - 1, 0);
      const part = message.subarray(from, start + size - 1);
      const partAt = at + from + 1 - start;
      memory.set(part, partAt);
      const end = at + size;
      const free = Math.max(partAt + part.length, at);
      if (free >= end) return;
      memory.fill(0, free, end);
      if (lengthBytes >= start) memory[at + lengthBytes - start] = 0x80;
      if (start + size === totalBytes) new DataView(memory.buffer).setBigUint64(end - 8, BigInt(lengthBytes) * 8n);
    });
    kernel.compress(FREE_AT, CHUNK_BYTES, size / BLOCK_BYTES);
  }
  return group.map((_, lane) => {
    const hash = new Uint8Array(4 * DIGEST_WORDS);
    for (let index = 0; index < DIGEST_WORDS; index++) {
      const word = words[STATE_AT / 4 + LANES * index + lane] as number;
      hash[4 * index] = word >>> 24;
      hash[4 * index + 1] = word >>> 16;
      hash[4 * index + 2] = word >>> 8;
      hash[4 * index + 3] = word;
    }
    return hash;
  });
}

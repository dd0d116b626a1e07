import { equalBytes, LIMITS } from '../../records/index.ts';
import { multiplyShards } from './code.ts';
import { inverse, inverted, type Matrix, product } from './field.ts';

/**
 * Systematic Reed–Solomon code over GF(2⁸): data shards as they are, then parity shards by a Cauchy matrix, every square part of which has
 * an inverse (Blömer et al., "An XOR-Based Erasure-Resilient Coding Scheme", 1995), so that any `dataShards` of all shards give
 * the rest. For reliable broadcast: N−2f data and 2f parity shards, N at most 24.
 */

/** Length of the data, before it, big-endian: what tells data from padding. */
const LENGTH_BYTES = 4;

/**
 * Splits `data` (any length, 0 too, below 2³² bytes) into `dataShards` equal shards and adds `parityShards`. All are views of one new buffer;
 * each has ⌈(4 + length) / dataShards⌉ bytes. Throws RangeError for numbers of shards that no producer set has.
 */
export function encodeShards(data: Uint8Array, dataShards: number, parityShards: number): Uint8Array[] {
  demandCounts(dataShards, parityShards);
  const shardBytes = shardBytesOf(data.length, dataShards);
  const buffer = new Uint8Array(shardBytes * (dataShards + parityShards));
  new DataView(buffer.buffer).setUint32(0, data.length);
  buffer.set(data, LENGTH_BYTES);
  const shards = Array.from({ length: dataShards + parityShards }, (_, index) =>
    buffer.subarray(index * shardBytes, (index + 1) * shardBytes),
  );
  multiplyShards(parityMatrix(dataShards, parityShards), shards.slice(0, dataShards), shards.slice(dataShards));
  return shards;
}

/** Bytes of each shard of so much data. */
export function shardBytesOf(dataBytes: number, dataShards: number): number {
  return Math.ceil((LENGTH_BYTES + dataBytes) / dataShards);
}

/**
 * All shards, data and parity, from the first `dataShards` that are there. Of further ones nothing is used: every shard is what those
 * first ones imply, so that a root computed over the result is the proposer's only if its shards were of one code word, whichever
 * shards a node happened to get. A shard that was given and is right is the given object itself: its leaf hash need not be computed again.
 * Undefined where too few are there, or they are empty or of unequal length. Throws RangeError as {@link encodeShards} does.
 */
export function reconstruct(
  shards: readonly (Uint8Array | undefined)[],
  dataShards: number,
  parityShards: number,
): Uint8Array[] | undefined {
  demandCounts(dataShards, parityShards);
  const total = dataShards + parityShards;
  if (shards.length !== total) throw new RangeError(`${shards.length} places for ${total} shards`);
  const used: number[] = [];
  for (let index = 0; index < total && used.length < dataShards; index++) if (shards[index]) used.push(index);
  if (used.length < dataShards) return undefined;
  const inputs = used.map((index) => shards[index] as Uint8Array);
  const shardBytes = (inputs[0] as Uint8Array).length;
  if (shardBytes === 0 || shards.some((shard) => shard && shard.length !== shardBytes)) return undefined;

  const others = Array.from({ length: total }, (_, index) => index).filter((index) => !used.includes(index));
  const buffer = new Uint8Array(shardBytes * others.length);
  const computed = others.map((_, place) => buffer.subarray(place * shardBytes, (place + 1) * shardBytes));
  multiplyShards(rowsFrom(used, others, dataShards, parityShards), inputs, computed);

  const whole = shards.slice();
  others.forEach((index, place) => {
    const given = shards[index];
    const implied = computed[place] as Uint8Array;
    whole[index] = given && equalBytes(given, implied) ? given : implied;
  });
  return whole as Uint8Array[];
}

/** The data of the data shards. Undefined where they do not have the form that {@link encodeShards} gives: one form per data. */
export function joinShards(shards: readonly Uint8Array[], dataShards: number): Uint8Array | undefined {
  const parts = shards.slice(0, dataShards);
  const shardBytes = parts[0]?.length ?? 0;
  if (parts.length !== dataShards || parts.some((part) => part.length !== shardBytes)) return undefined;
  const joined = new Uint8Array(shardBytes * dataShards);
  if (joined.length < LENGTH_BYTES) return undefined;
  parts.forEach((part, index) => {
    joined.set(part, index * shardBytes);
  });
  const dataBytes = new DataView(joined.buffer).getUint32(0);
  if (shardBytesOf(dataBytes, dataShards) !== shardBytes) return undefined;
  const end = LENGTH_BYTES + dataBytes;
  return joined.subarray(end).some((byte) => byte !== 0) ? undefined : joined.subarray(LENGTH_BYTES, end);
}

function demandCounts(dataShards: number, parityShards: number): void {
  const valid = Number.isInteger(dataShards) && Number.isInteger(parityShards) && dataShards >= 1 && parityShards >= 0;
  if (!valid || dataShards + parityShards > LIMITS.producers) {
    throw new RangeError(
      `${dataShards} data shards and ${parityShards} parity shards: at least 1 and 0, at most ${LIMITS.producers} in all`,
    );
  }
}

/** Cauchy: 1 / (x − y) with x = dataShards + row, y = column, all different. */
function parityMatrix(dataShards: number, parityShards: number): Matrix {
  return Array.from({ length: parityShards }, (_, row) =>
    Uint8Array.from({ length: dataShards }, (_, column) => inverse((dataShards + row) ^ column)),
  );
}

/** What gives the shards `wanted` from the shards `used`. */
function rowsFrom(used: readonly number[], wanted: readonly number[], dataShards: number, parityShards: number): Matrix {
  const parity = parityMatrix(dataShards, parityShards);
  const rowOf = (index: number): Uint8Array =>
    index < dataShards
      ? Uint8Array.from({ length: dataShards }, (_, column) => (column === index ? 1 : 0))
      : (parity[index - dataShards] as Uint8Array);
  if (used.every((index) => index < dataShards)) return wanted.map(rowOf);
  return product(wanted.map(rowOf), inverted(used.map(rowOf)));
}

import { StoreError } from '../node/ports.ts';

/**
 * How values lie in an object store. A value up to {@link ROW_BYTES} is one record under its string key. A longer one is split: its
 * string key holds the size as a number, and the pieces follow under the keys `[key, 0]`, `[key, 1]` … IndexedDB orders arrays after
 * every string, so ranges over strings never meet a piece.
 */

/** Records of 64 KiB and more are several times slower in Chromium than the same bytes in records of 32 to 48 KiB. */
export const ROW_BYTES = 48 * 1024;

/** The smallest array: greater than every string, smaller than the key of every piece. */
export const AFTER_STRINGS: IDBValidKey = [];

/** What stands under a string key: the value, or the size in bytes of one that was split. */
export type Head = Uint8Array | number;

export interface SplitValue {
  readonly head: Head;
  /** Empty for a value that was not split. */
  readonly pieces: readonly Uint8Array[];
}

/** Takes a copy, since the caller may use its array again before the transaction starts (and IndexedDB would clone a view's whole buffer). */
export function split(value: Uint8Array): SplitValue {
  if (value.length <= ROW_BYTES) return { head: Uint8Array.from(value), pieces: [] };
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < value.length; offset += ROW_BYTES)
    pieces.push(Uint8Array.from(value.subarray(offset, offset + ROW_BYTES)));
  return { head: value.length, pieces };
}

/** The inverse of {@link split}; throws StoreError `failed` if a piece is missing. */
export function join(sizeBytes: number, pieces: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    if (offset + piece.length > sizeBytes) break;
    value.set(piece, offset);
    offset += piece.length;
  }
  if (offset !== sizeBytes || pieces.length !== Math.ceil(sizeBytes / ROW_BYTES)) {
    throw new StoreError(
      'failed',
      `A stored value is damaged: ${offset} of ${sizeBytes} bytes are there. Restore this profile from a backup.`,
    );
  }
  return value;
}

/** The pieces of every key from `firstKey` to `lastKey`, both included. */
export function piecesRange(firstKey: string, lastKey: string = firstKey): IDBKeyRange {
  return IDBKeyRange.bound([firstKey], [lastKey, []]);
}

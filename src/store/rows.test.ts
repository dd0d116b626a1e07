import { describe, expect, it } from 'vitest';
import { join, ROW_BYTES, split } from './rows.ts';

const value = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);

describe('rows', () => {
  it('splits only what is longer than a row, and joins it again', () => {
    for (const sizeBytes of [0, 1, ROW_BYTES]) expect(split(value(sizeBytes))).toEqual({ head: value(sizeBytes), pieces: [] });
    for (const [sizeBytes, count] of [
      [ROW_BYTES + 1, 2],
      [2 * ROW_BYTES, 2],
      [2 * ROW_BYTES + 1, 3],
    ] as const) {
      const { head, pieces } = split(value(sizeBytes));
      expect(head).toBe(sizeBytes);
      expect(pieces).toHaveLength(count);
      // IndexedDB clones a view's whole buffer.
      for (const piece of pieces) expect(piece.buffer.byteLength).toBe(piece.length);
      expect(join(sizeBytes, pieces)).toEqual(value(sizeBytes));
    }
  });

  it('says that a value is damaged rather than giving a part of it', () => {
    const { pieces } = split(value(3 * ROW_BYTES));
    const damaged = [
      pieces.slice(1),
      pieces.slice(0, 2),
      [],
      [...pieces, value(1)],
      [pieces[0], pieces[1], value(1)] as Uint8Array[],
    ];
    for (const some of damaged) expect(() => join(3 * ROW_BYTES, some)).toThrow(expect.objectContaining({ code: 'failed' }));
  });
});

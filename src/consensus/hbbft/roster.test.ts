import { describe, expect, test } from 'vitest';
import { count, has, indicesOf, only, roster } from './roster.ts';

describe('sets of producers', () => {
  test('count, has and indicesOf agree', () => {
    for (const indices of [[], [0], [23], [0, 1, 2], [1, 5, 22, 23], Array.from({ length: 24 }, (_, index) => index)]) {
      const set = indices.reduce((sum, index) => sum | only(index), 0);
      expect(count(set)).toBe(indices.length);
      expect(indicesOf(set)).toEqual(indices);
      for (let index = 0; index < 24; index++) expect(has(set, index)).toBe(indices.includes(index));
    }
  });

  test('f and N−f, and who the others are', () => {
    expect([1, 2, 3, 4, 6, 7, 10, 24].map((size) => roster(size, 0).faulty)).toEqual([0, 0, 0, 1, 1, 2, 3, 7]);
    expect(roster(7, 2)).toEqual({ size: 7, faulty: 2, quorum: 5, self: 2, others: 0b1111011 });
    for (const [size, self] of [
      [0, 0],
      [25, 0],
      [4, 4],
      [4, -1],
    ] as const) {
      expect(() => roster(size, self)).toThrow(RangeError);
    }
  });
});

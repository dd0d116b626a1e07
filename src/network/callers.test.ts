import { expect, test } from 'vitest';
import { Callers } from './callers.ts';

test('a caller has so many streams open, and opens so many a second; others are not concerned', () => {
  const callers = new Callers({ open: 2, burst: 3, perSecond: 1 });
  expect([callers.enter('a', 0), callers.enter('a', 0), callers.enter('a', 0)]).toEqual([true, true, false]);
  expect(callers.enter('b', 0)).toBe(true);
  callers.leave('a');
  expect(callers.enter('a', 0)).toBe(true);
  callers.leave('a');
  expect(callers.enter('a', 0)).toBe(false);
  expect(callers.enter('a', 1_000)).toBe(true);
});

test('a caller that left is forgotten with its last stream', () => {
  const callers = new Callers({ open: 2, burst: 2, perSecond: 0 });
  callers.enter('a', 0);
  callers.enter('a', 0);
  callers.disconnected('a');
  callers.leave('a');
  expect(callers.enter('a', 0)).toBe(false);
  callers.leave('a');
  callers.disconnected('a');
  expect(callers.enter('a', 0)).toBe(true);
});

import { expect, it } from 'vitest';
import { affordableSockets } from './open-files.ts';

it('gives each port as many sockets as wished, or its part of what the system allows', () => {
  expect(affordableSockets(1_500, 1, undefined)).toBe(1_500);
  expect(affordableSockets(1_500, 1, 4_096)).toBe(1_500);
  expect(affordableSockets(1_500, 1, 1_024)).toBe(864);
  expect(affordableSockets(1_000, 2, 1_024)).toBe(432);
  expect(affordableSockets(1_500, 1, 10)).toBe(1);
});

import { expect, test } from 'vitest';
import { outcomeOf, progressOf, ringPlaces, stagesOf } from './epoch-picture.ts';

const proposal = {
  broadcast: { phase: 'echoing', echoes: 2, readies: 0 },
  agreement: { round: 0, decided: undefined },
  decryption: { phase: 'unneeded', shares: 0 },
} as const;
const delivered = { phase: 'delivered', echoes: 4, readies: 4 } as const;

test('each stage fills by what is needed of it, not by what could come', () => {
  expect(stagesOf(proposal, 4)).toEqual({ broadcast: 2 / 6, agreement: 0, decryption: 0 });
  const many = { ...proposal, broadcast: { phase: 'ready', echoes: 4, readies: 4 } as const };
  expect(stagesOf(many, 4).broadcast).toBe(1);
  expect(stagesOf({ ...proposal, broadcast: { ...proposal.broadcast, phase: 'failed' } }, 4).broadcast).toBe(0);
  const opening = {
    broadcast: delivered,
    agreement: { round: 1, decided: true },
    decryption: { phase: 'waiting', shares: 1 },
  } as const;
  expect(stagesOf(opening, 4)).toEqual({ broadcast: 1, agreement: 1, decryption: 0.5 });
  expect(progressOf({ broadcast: 1, agreement: 1, decryption: 1 })).toBe(1);
});

test('a proposal is in or out once that is decided, and nobody guesses before', () => {
  expect(outcomeOf({ ...proposal, agreement: { round: 2, decided: true } }, false)).toBe('in');
  expect(outcomeOf({ ...proposal, agreement: { round: 2, decided: false } }, true)).toBe('out');
  expect(outcomeOf(proposal, false)).toBe('running');
  expect(outcomeOf(proposal, true)).toBe('done');
  expect(outcomeOf({ ...proposal, broadcast: { phase: 'silent', echoes: 0, readies: 0 } }, false)).toBe('silent');
});

test('places on the ring begin at the top and go clockwise', () => {
  expect(ringPlaces(1, 100, 50)).toEqual([{ x: 100, y: 50 }]);
  expect(ringPlaces(4, 100, 50)).toEqual([
    { x: 100, y: 50 },
    { x: 150, y: 100 },
    { x: 100, y: 150 },
    { x: 50, y: 100 },
  ]);
});

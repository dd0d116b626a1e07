import { expect, test } from 'vitest';
import { type ChangeForm, changeFormOf, changeMeaning, changeProblem, changeRequestOf, producersToAsk } from './change-form.ts';

const EPOCH = 40;
const now = { producers: ['A', 'B'], intervalMs: 1000, encryption: 0, engine: 'hbbft' };
const form = changeFormOf(now);
const wrong = (part: Partial<ChangeForm>) => changeProblem({ ...form, ...part }, EPOCH)?.code;

test('the form opens with what is now, and asks for it without a change', () => {
  expect(changeProblem(form, EPOCH)).toBeUndefined();
  const request = changeRequestOf(form, EPOCH, false);
  expect(request).toMatchObject({
    producers: ['A', 'B'],
    intervalMs: 1000,
    encryption: 0,
    engine: 'hbbft',
    tickMs: 10_000,
    ticks: 10,
  });
  expect(request.recovery).toBe(false);
  expect(changeRequestOf(form, EPOCH, true).recovery).toBe(true);
  expect(request.startFromEpoch).toBeGreaterThan(EPOCH);
  expect(changeRequestOf(changeFormOf({ ...now, encryption: 7 }), EPOCH, false).encryption).toBe(7);
  expect(changeRequestOf(changeFormOf({ ...now, encryption: 1 }), EPOCH, false).encryption).toBe(1);
});

test('each field is held to its limits before anything is signed', () => {
  expect(wrong({ producers: [] })).toBe('empty');
  expect(wrong({ producers: Array.from({ length: 25 }, (_, index) => String(index)) })).toBe('tooMany');
  for (const interval of ['499', '', '1.5', '-1000', 'soon', '1e3', '3600001']) expect(wrong({ interval })).toBe('interval');
  expect(wrong({ interval: ' 500 ' })).toBeUndefined();
  expect(wrong({ encryption: 'some', encryptionEvery: '1' })).toBe('encryption');
  expect(wrong({ encryption: 'some', encryptionEvery: '4294967296' })).toBe('encryption');
  expect(wrong({ encryption: 'some', encryptionEvery: '2' })).toBeUndefined();
  expect(wrong({ tick: '999' })).toBe('tick');
  expect(wrong({ ticks: '9' })).toBe('ticks');
  expect(wrong({ ticks: '101' })).toBe('ticks');
  expect(wrong({ start: String(EPOCH) })).toBe('start');
  expect(wrong({ start: String(EPOCH + 1) })).toBeUndefined();
  expect(changeRequestOf({ ...form, start: '100' }, EPOCH, false).startFromEpoch).toBe(100);
});

test('what a choice means: who comes, who goes, who is missing, how many may fail', () => {
  const meaning = (producers: readonly string[]) =>
    changeMeaning({ ...form, producers }, { producers: ['A', 'B'], ownerPubkey: 'A', isHere: (pubkey) => pubkey !== 'D' });
  expect(meaning(['A', 'C', 'D', 'E'])).toEqual({
    producers: 4,
    faulty: 1,
    needed: 3,
    added: ['C', 'D', 'E'],
    leftOut: ['B'],
    missing: ['D'],
    isOwnerOut: false,
    agreementMs: 100_000,
  });
  expect(meaning(['B'])).toMatchObject({ producers: 1, faulty: 0, needed: 1, isOwnerOut: true, leftOut: ['A'] });
  expect(meaning(['A', 'B', 'C'])).toMatchObject({ faulty: 0, needed: 3 });
  expect(meaning([])).toMatchObject({ producers: 0, needed: 0, isOwnerOut: false });
});

test('the form opens with those who produce now; a recovery leaves out who is gone, and none that is here without its log', () => {
  const producers = [
    { pubkey: 'A', link: 'self', hasLostLog: false },
    { pubkey: 'B', link: 'away', hasLostLog: false },
    { pubkey: 'C', link: 'away', hasLostLog: true },
    { pubkey: 'D', link: 'connected', hasLostLog: false },
  ] as const;
  const choosable = new Set(['A', 'B', 'C']);
  expect(producersToAsk(producers, choosable, false)).toEqual(['A', 'B', 'C']);
  expect(producersToAsk(producers, choosable, true)).toEqual(['A', 'C']);
});

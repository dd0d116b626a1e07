import { expect, test } from 'vitest';
import type { ChangeView, GroupView } from '../../node/view.ts';
import { isRecoveryUnderWay, renewalOf } from './renewal.ts';

function offer(producers: number, lost: number, change?: Partial<ChangeView>) {
  const views = Array.from({ length: producers }, (_, index) => ({ pubkey: String(index), hasLostLog: index < lost }));
  const consensus = { producers: views, sealsNeeded: producers - Math.floor((producers - 1) / 3) };
  return renewalOf({ consensus, change } as unknown as GroupView);
}

test('nothing is offered while no producer says that its log is gone', () => {
  expect(offer(4, 0)).toBeUndefined();
});

test('a renewal is a change while enough are left to order one, and a recovery from then on (C-13)', () => {
  expect(offer(4, 1)).toMatchObject({ by: 'change', able: 3, needed: 3, lost: [{ pubkey: '0' }] });
  expect(offer(4, 2)).toMatchObject({ by: 'recovery', able: 2, needed: 3 });
  expect(offer(3, 1)).toMatchObject({ by: 'recovery', able: 2, needed: 3 });
  expect(offer(1, 1)).toMatchObject({ by: 'recovery', able: 0, needed: 1 });
  expect(offer(7, 2)?.by).toBe('change');
});

test('it cannot be asked for while a change is open, but a recovery can until one is (C-29, C-35)', () => {
  const open = { phase: 'agreeing', recovery: false } as const;
  expect(offer(4, 1, open)?.canAsk).toBe(false);
  expect(offer(4, 2, open)?.canAsk).toBe(true);
  expect(offer(4, 2, { ...open, recovery: true })?.canAsk).toBe(false);
  expect(offer(4, 1, { phase: 'done', recovery: false })?.canAsk).toBe(true);
});

test('a recovery that came to nothing keeps no other from being asked for, though nobody orders its result (C-35)', () => {
  const ending = { phase: 'ending', recovery: true } as const;
  expect(offer(4, 2, { ...ending, result: 'TIMEOUT' })?.canAsk).toBe(true);
  expect(offer(4, 2, { ...ending, result: 'FAILED' })?.canAsk).toBe(true);
  expect(offer(4, 2, { ...ending, result: 'SUCCESS' })?.canAsk).toBe(false);
  expect(isRecoveryUnderWay({ ...ending, result: 'SUCCESS', phase: 'done' } as ChangeView)).toBe(false);
  expect(isRecoveryUnderWay(undefined)).toBe(false);
});

import { expect, test } from 'vitest';
import type { GroupView } from '../../node/view.ts';
import { groupState } from './group-state.ts';

function stateOf(part: { online: number; members: number; producing: GroupView['producing']; sinceMs?: number }) {
  const { online, members, producing, sinceMs } = part;
  const missing = [{ pubkey: 'D', ...(sinceMs !== undefined && { sinceMs }) }];
  const availability = { producers: 4, online, needed: 3, isPaused: online < 3, missing: online < 4 ? missing : [] };
  return groupState({ availability, producing, members: Array.from({ length: members }) } as unknown as GroupView);
}

test('too few producers pause a group for everybody who has heard of somebody (N-12)', () => {
  expect(stateOf({ online: 2, members: 1, producing: 'working' })).toBe('paused');
  expect(stateOf({ online: 0, members: 3, producing: 'idle' })).toBe('paused');
  expect(stateOf({ online: 3, members: 3, producing: 'resting' })).toBe('resting');
  expect(stateOf({ online: 3, members: 3, producing: 'working' })).toBe('working');
  expect(stateOf({ online: 3, members: 3, producing: 'idle' })).toBe('watching');
});

test('whoever has heard of nobody does not call the group paused', () => {
  expect(stateOf({ online: 0, members: 0, producing: 'idle' })).toBe('looking');
  expect(stateOf({ online: 1, members: 0, producing: 'working' })).toBe('looking');
});

test('whoever has heard of them before, and of nobody now, does', () => {
  expect(stateOf({ online: 1, members: 0, producing: 'working', sinceMs: 1 })).toBe('paused');
});

test('a node that has stopped producing says that first', () => {
  expect(stateOf({ online: 1, members: 2, producing: 'stopped' })).toBe('stopped');
});

import type { GroupView } from '../../node/view.ts';

/**
 * How a group is doing, in one word: `paused` too few producers; `stopped` this node's producer has stopped; `looking` nobody heard of yet;
 * `working` and `resting` as a producer sees it; `watching` as a user does.
 */
export type GroupState = 'paused' | 'stopped' | 'looking' | 'working' | 'resting' | 'watching';

export function groupState({ availability, producing, members }: GroupView): GroupState {
  if (producing === 'stopped') return 'stopped';
  if (availability.isPaused) return isUnheard(availability, members) ? 'looking' : 'paused';
  if (producing === 'idle') return 'watching';
  return producing;
}

/** Nobody at all has been heard of: that says something of this node, and nothing of the producers. */
function isUnheard({ missing }: GroupView['availability'], members: GroupView['members']): boolean {
  return members.length === 0 && missing.every(({ sinceMs }) => sinceMs === undefined);
}

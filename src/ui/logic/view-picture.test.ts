import { describe, expect, it } from 'vitest';
import { replicaOf, replicaProgress, viewOfJson } from './view-picture.ts';

const producers = ['A', 'B', 'C', 'D'].map((pubkey) => ({ pubkey }));
const json = {
  view: 5,
  primary: 'B',
  is_changing: false,
  view_changes: ['D'],
  block_id: 12,
  phase: 'prepared',
  prepared: ['A', 'B', 'C'],
  committed: ['C'],
} as const;

describe('the picture of a view', () => {
  it('takes keys for indices', () => {
    expect(viewOfJson(json, producers)).toEqual({
      ...{ view: 5, primary: 1, isChanging: false, viewChanges: [3], blockId: 12 },
      ...{ phase: 'prepared', prepared: [0, 1, 2], committed: [2] },
    });
  });

  it('says of each replica how far it is', () => {
    const replicas = producers.map((_, index) => replicaOf(viewOfJson(json, producers), index));
    expect(replicas.map(replicaProgress)).toEqual([0.5, 0.5, 1, 0]);
    expect(replicas.map(({ isPrimary }) => isPrimary)).toEqual([false, true, false, false]);
    // Nobody waits for a view that has begun.
    expect(replicas.some(({ wantsView }) => wantsView)).toBe(false);
    const changing = viewOfJson({ ...json, is_changing: true }, producers);
    expect(replicaOf(changing, 3).wantsView).toBe(true);
  });
});

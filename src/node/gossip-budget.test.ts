import { describe, expect, it } from 'vitest';
import { GossipBudget } from './gossip-budget.ts';

/** Signature checks that an author gets who wants a thousand a second for ten seconds. */
function flood(budget: GossipBudget, author: string, bundle: number): number {
  let taken = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += bundle) if (budget.takeChecks(author, bundle, nowMs)) taken += bundle;
  return taken;
}

describe('GossipBudget', () => {
  it('bounds what one author costs, in large messages and in small ones', () => {
    for (const bundle of [1, 10, 140]) expect(flood(new GossipBudget(0), 'flood', bundle)).toBeLessThanOrEqual(516 + 10 * 305);
  });

  it('leaves each author its own share while another takes all that is shared', () => {
    const budget = new GossipBudget(0);
    let honest = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
      budget.takeChecks('flood', 140, nowMs);
      budget.takeChecks('flood', 1, nowMs);
      if (nowMs % 200 === 0) honest += budget.takeChecks('honest', 1, nowMs) ? 1 : 0;
    }
    expect(honest).toBe(50);
  });

  it('bounds what a crowd of authors costs, and leaves those whom the group needs their own', () => {
    const budget = new GossipBudget(0);
    let crowd = 0;
    let producer = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
      for (let index = 0; index < 60; index++) crowd += budget.takeChecks(`author ${nowMs % 100} ${index}`, 1, nowMs) ? 1 : 0;
      if (nowMs % 100 === 0) producer += budget.takeChecks('producer', 1, nowMs, true) ? 1 : 0;
    }
    expect(crowd).toBeLessThanOrEqual(2_500 + 10 * 900);
    expect(producer).toBe(100);
  });

  it('bounds what an author tells of itself', () => {
    const budget = new GossipBudget(0);
    let told = 0;
    for (let count = 0; count < 1_000; count++) told += budget.takeBroadcast('a', 0) ? 1 : 0;
    expect(told).toBe(40);
    expect(budget.takeBroadcast('b', 0)).toBe(true);
  });
});

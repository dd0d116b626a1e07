import { describe, expect, it } from 'vitest';
import { Tally } from './tally.ts';

describe('Tally', () => {
  it('counts what each key has, and keeps none that has nothing', () => {
    const tally = new Tally();
    tally.add('a');
    tally.add('a', 2);
    tally.add('b');
    tally.add('c', 0);
    expect([tally.of('a'), tally.of('b'), tally.of('c')]).toEqual([3, 1, 0]);
    tally.takeAway('b');
    tally.takeAway('d');
    expect([...tally.keys()]).toEqual(['a']);
  });

  it('says who has most, the one that was there first of several', () => {
    const tally = new Tally();
    expect(tally.most()).toBeUndefined();
    for (const key of ['a', 'b', 'c', 'b', 'c']) tally.add(key);
    expect(tally.most()).toEqual({ key: 'b', amount: 2 });
  });
});

import { describe, expect, it } from 'vitest';
import { CUT_OFF_POINTS, Reputation } from './reputation.ts';

const MINUTE_MS = 60_000;

function setUp() {
  const time = { nowMs: 0 };
  const cutOff: string[] = [];
  const reputation = new Reputation(
    () => time.nowMs,
    (peer, reason) => cutOff.push(`${peer}: ${reason}`),
  );
  const penalizeFully = (peer: string) => {
    for (let point = 0; point < CUT_OFF_POINTS; point++) reputation.penalize(peer, 'rubbish');
  };
  return { time, cutOff, reputation, penalizeFully };
}

describe('Reputation', () => {
  it('cuts a peer off once it has enough points, and tells once', () => {
    const { reputation, cutOff, penalizeFully } = setUp();
    for (let point = 1; point < CUT_OFF_POINTS; point++) reputation.penalize('a', 'rubbish');
    expect(reputation.isCutOff('a')).toBe(false);
    reputation.penalize('a', 'rubbish');
    expect(reputation.isCutOff('a')).toBe(true);
    penalizeFully('a');
    expect(cutOff).toEqual(['a: rubbish']);
    expect(reputation.isCutOff('b')).toBe(false);
  });

  it('forgives with time', () => {
    const { reputation, time } = setUp();
    reputation.penalize('a', 'rubbish', 8);
    time.nowMs = 2 * MINUTE_MS;
    expect(reputation.points('a')).toBeCloseTo(4);
    reputation.penalize('a', 'rubbish', 5);
    expect(reputation.isCutOff('a')).toBe(false);
  });

  it('cuts off for longer each time', () => {
    const { reputation, time, penalizeFully } = setUp();
    penalizeFully('a');
    time.nowMs += 5 * MINUTE_MS;
    expect(reputation.isCutOff('a')).toBe(false);
    penalizeFully('a');
    time.nowMs += 9 * MINUTE_MS;
    expect(reputation.isCutOff('a')).toBe(true);
    time.nowMs += 1 * MINUTE_MS;
    expect(reputation.isCutOff('a')).toBe(false);
  });

  it('remembers a bounded number of peers, those that are cut off longest', () => {
    const { reputation, penalizeFully } = setUp();
    penalizeFully('bad');
    reputation.penalize('old', 'rubbish');
    for (let index = 0; index < 2_000; index++) reputation.penalize(`peer ${index}`, 'rubbish');
    expect(reputation.isCutOff('bad')).toBe(true);
    expect(reputation.points('old')).toBe(0);
    expect(reputation.points('peer 1999')).toBe(1);
  });
});

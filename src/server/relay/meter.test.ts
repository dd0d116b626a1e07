import { describe, expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { Meter } from './meter.ts';
import { Refusals } from './refusals.ts';

describe('Meter', () => {
  it('ignores what is over the limit, drops who goes on, and leaves others alone', () => {
    const dropped: string[] = [];
    const meter = new Meter(
      () => 0,
      (peer) => dropped.push(peer),
    );
    for (let index = 0; index < RELAY_LIMITS.gossipMessages.burst; index++) expect(meter.allows('a', 1)).toBe(true);
    for (let index = 1; index < RELAY_LIMITS.excessMessages; index++) expect(meter.allows('a', 1)).toBe(false);
    expect(dropped).toEqual([]);
    meter.allows('a', 1);
    meter.allows('a', 1);
    expect(dropped).toEqual(['a']);
    expect(meter.allows('b', 1)).toBe(true);
  });

  it('counts bytes as well as messages', () => {
    const meter = new Meter(
      () => 0,
      () => {},
    );
    expect(meter.allows('a', RELAY_LIMITS.gossipBytes.burst)).toBe(true);
    expect(meter.allows('a', 1)).toBe(false);
  });
});

describe('Refusals', () => {
  it('end after a while', () => {
    const time = { nowMs: 0 };
    const refusals = new Refusals(() => time.nowMs);
    refusals.add('a');
    expect(refusals.has('a')).toBe(true);
    expect(refusals.has('b')).toBe(false);
    time.nowMs = RELAY_LIMITS.refusedMs;
    expect(refusals.has('a')).toBe(false);
  });
});

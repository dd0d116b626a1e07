import { describe, expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { Meter } from './meter.ts';
import { Refusals } from './refusals.ts';

function setUp(addresses: Record<string, string> = {}) {
  const dropped: string[] = [];
  const time = { nowMs: 0 };
  const meter = new Meter({
    nowMs: () => time.nowMs,
    drop: (peer) => dropped.push(peer),
    addressOf: (peer) => addresses[peer] ?? peer,
  });
  return { dropped, time, meter };
}

describe('Meter', () => {
  it('ignores what is over the limit, drops who goes on, and leaves others alone', () => {
    const { meter, dropped } = setUp();
    for (let index = 0; index < RELAY_LIMITS.gossipMessages.burst; index++) expect(meter.allows('a', 'a', 1)).toBe(true);
    for (let index = 1; index < RELAY_LIMITS.excessMessages; index++) expect(meter.allows('a', 'a', 1)).toBe(false);
    expect(dropped).toEqual([]);
    meter.allows('a', 'a', 1);
    meter.allows('a', 'a', 1);
    expect(dropped).toEqual(['a']);
    expect(meter.allows('b', 'b', 1)).toBe(true);
  });

  it('counts bytes as well as messages', () => {
    const { meter } = setUp();
    expect(meter.allows('a', 'a', RELAY_LIMITS.gossipBytes.burst)).toBe(true);
    expect(meter.allows('a', 'a', 1)).toBe(false);
  });

  it('never drops who only forwards what another says too much', () => {
    const { meter, dropped } = setUp();
    for (let index = 0; index < 3 * RELAY_LIMITS.gossipMessages.burst; index++) meter.allows('a', 'author', 1);
    expect(meter.allows('a', 'author', 1)).toBe(false);
    expect(dropped).toEqual([]);
  });

  it('bounds the authors that a peer brings, and goes on with those it knows', () => {
    const { meter, time, dropped } = setUp();
    const { burst, perSecond } = RELAY_LIMITS.newAuthors;
    for (let index = 0; index < burst; index++) expect(meter.allows('a', `author ${index}`, 1)).toBe(true);
    expect(meter.allows('a', 'one more', 1)).toBe(false);
    expect(meter.allows('a', 'author 0', 1)).toBe(true);
    expect(meter.allows('a', 'a', 1)).toBe(true);
    expect(meter.allows('b', 'one more', 1)).toBe(true);
    time.nowMs += 1_000;
    for (let index = 0; index < perSecond; index++) expect(meter.allows('a', `later ${index}`, 1)).toBe(true);
    expect(meter.allows('a', 'too late', 1)).toBe(false);
    expect(dropped).toEqual([]);
  });

  it('bounds the authors that all peers of one address bring', () => {
    const peers = Array.from({ length: 8 }, (_, index) => `peer ${index}`);
    const { meter } = setUp({ ...Object.fromEntries(peers.map((peer) => [peer, 'one address'])), other: 'another address' });
    let taken = 0;
    for (const peer of peers)
      for (let index = 0; index < 100; index++) taken += meter.allows(peer, `${peer} ${index}`, 1) ? 1 : 0;
    expect(taken).toBe(RELAY_LIMITS.newAuthorsPerAddress.burst);
    expect(meter.allows('other', 'somebody', 1)).toBe(true);
  });

  it('bounds how often a peer joins and leaves topics', () => {
    const { meter } = setUp();
    const { burst } = RELAY_LIMITS.subscriptions;
    for (let index = 0; index < burst; index++) expect(meter.allowsSubscription('a')).toBe(true);
    expect(meter.allowsSubscription('a')).toBe(false);
    expect(meter.allowsSubscription('b')).toBe(true);
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

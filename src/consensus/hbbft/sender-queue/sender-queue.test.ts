import { describe, expect, test } from 'vitest';
import { only, roster } from '../roster.ts';
import { SenderQueue } from './sender-queue.ts';

const AHEAD = 3;
const OTHERS = 0b1110;

/** A queue of producer 0 of 4, and what it sends: `<to> <first byte>`. */
function setUp(): { queue: SenderQueue; sent: string[]; outlet: { say(to: number | 'all', data: Uint8Array): void } } {
  const sent: string[] = [];
  return {
    queue: new SenderQueue(roster(4, 0), AHEAD),
    sent,
    outlet: { say: (to, data) => sent.push(`${to} ${data[0]}`) },
  };
}

const message = (number: number): Uint8Array => Uint8Array.of(number);

describe('what goes out to whom, and when', () => {
  test('nothing goes to a producer before it has said where it stands; then everything that is kept, in order', () => {
    const { queue, sent, outlet } = setUp();
    queue.post(1, OTHERS, message(1), outlet);
    queue.connect(2);
    queue.post(1, OTHERS, message(2), outlet);
    expect(sent).toEqual([]);
    expect(queue.greet(2, 1, outlet)).toBe(true);
    expect(sent).toEqual(['2 1', '2 2']);
  });

  test('once all are here a message goes out once, to all', () => {
    const { queue, sent, outlet } = setUp();
    for (const peer of [1, 2, 3]) {
      queue.connect(peer);
      queue.greet(peer, 1, outlet);
    }
    queue.post(1, OTHERS, message(1), outlet);
    queue.post(1, only(2), message(2), outlet);
    expect(sent).toEqual(['all 1', '2 2']);
  });

  test('messages of epochs that a producer is not ready for are held back until it is', () => {
    const { queue, sent, outlet } = setUp();
    queue.connect(1);
    queue.greet(1, 5, outlet);
    queue.post(5 + AHEAD, only(1), message(1), outlet);
    queue.post(6 + AHEAD, only(1), message(2), outlet);
    queue.post(7 + AHEAD, only(1), message(3), outlet);
    expect(sent).toEqual(['1 1']);
    queue.advance(1, 6, outlet);
    expect(sent).toEqual(['1 1', '1 2']);
    queue.advance(1, 6, outlet);
    queue.advance(1, 4, outlet);
    expect(sent).toHaveLength(2);
    queue.advance(1, 7, outlet);
    expect(sent).toEqual(['1 1', '1 2', '1 3']);
  });

  test('a new connection gets everything again, what is over apart', () => {
    const { queue, sent, outlet } = setUp();
    queue.connect(1);
    queue.greet(1, 1, outlet);
    queue.post(1, only(1), message(1), outlet);
    queue.post(2, only(1), message(2), outlet);
    queue.disconnect(1);
    queue.post(2, only(1), message(3), outlet);
    queue.forget(1);
    queue.connect(1);
    queue.greet(1, 2, outlet);
    expect(sent).toEqual(['1 1', '1 2', '1 2', '1 3']);
    expect(queue.keptBytes).toBe(2);
  });

  test('a second hello on one connection makes nothing go out', () => {
    const { queue, sent, outlet } = setUp();
    queue.post(1, only(1), message(1), outlet);
    queue.connect(1);
    expect(queue.greet(1, 1, outlet)).toBe(true);
    expect(queue.greet(1, 9, outlet)).toBe(false);
    expect(sent).toEqual(['1 1']);
  });

  test('what is of no epoch goes to whoever is connected, and is not kept', () => {
    const { queue, sent, outlet } = setUp();
    queue.connect(1);
    queue.connect(3);
    queue.announce(message(9), outlet);
    expect(sent).toEqual(['1 9', '3 9']);
    expect(queue.keptBytes).toBe(0);
    expect(queue.connected).toEqual([1, 3]);
  });

  test('oneself and strangers are no peers', () => {
    const { queue } = setUp();
    expect(() => queue.connect(0)).toThrow(RangeError);
    expect(() => queue.connect(4)).toThrow(RangeError);
  });
});

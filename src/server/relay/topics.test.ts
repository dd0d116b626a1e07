import { describe, expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { Topics } from './topics.ts';

const topic = (index: number) => `sett/1/${index.toString(16).padStart(64, '0')}`;

function setUp() {
  const time = { nowMs: 0 };
  const subscribed = new Set<string>();
  const topics = new Topics({
    subscribe: (name) => subscribed.add(name),
    unsubscribe: (name) => subscribed.delete(name),
    nowMs: () => time.nowMs,
  });
  return { time, subscribed, topics };
}

describe('Topics', () => {
  it('is in a topic while somebody is, and a while longer', () => {
    const { topics, subscribed, time } = setUp();
    topics.joined('a', topic(1));
    topics.joined('b', topic(1));
    topics.left('a', topic(1));
    topics.sweep();
    expect([...subscribed]).toEqual([topic(1)]);
    topics.gone('b');
    time.nowMs = RELAY_LIMITS.topicLingerMs - 1;
    topics.sweep();
    expect(topics.has(topic(1))).toBe(true);
    time.nowMs++;
    topics.sweep();
    expect(topics.has(topic(1))).toBe(false);
    expect([...subscribed]).toEqual([]);
  });

  it('stays in a topic whose subscriber comes back in time', () => {
    const { topics, subscribed, time } = setUp();
    topics.joined('a', topic(1));
    topics.gone('a');
    time.nowMs = 1_000;
    topics.joined('a', topic(1));
    time.nowMs = 10 * RELAY_LIMITS.topicLingerMs;
    topics.sweep();
    expect([...subscribed]).toEqual([topic(1)]);
  });

  it('serves groups only', () => {
    const { topics } = setUp();
    for (const name of ['', 'sett/1/x', `sett/2/${'0'.repeat(64)}`, `sett/1/${'A'.repeat(64)}`, `${topic(1)}0`, `x${topic(1)}`]) {
      expect(topics.mayJoin('a', name), name).toBe(false);
      topics.joined('a', name);
      expect(topics.has(name), name).toBe(false);
    }
  });

  it('knows who is in a topic', () => {
    const { topics } = setUp();
    topics.joined('a', topic(1));
    expect(topics.isIn('a', topic(1))).toBe(true);
    expect(topics.isIn('b', topic(1))).toBe(false);
    topics.left('a', topic(1));
    expect(topics.isIn('a', topic(1))).toBe(false);
  });

  it('limits the topics of a peer, and of all', () => {
    const { topics, subscribed } = setUp();
    for (let index = 0; index < RELAY_LIMITS.topicsPerPeer + 5; index++) topics.joined('greedy', topic(index));
    expect(subscribed.size).toBe(RELAY_LIMITS.topicsPerPeer);
    expect(topics.mayJoin('greedy', topic(0))).toBe(true);
    expect(topics.mayJoin('other', topic(100_000))).toBe(true);
    for (let index = 0; index < RELAY_LIMITS.topics; index++) topics.joined(`peer ${index}`, topic(1_000 + index));
    expect(subscribed.size).toBe(RELAY_LIMITS.topics);
    expect(topics.mayJoin('other', topic(100_000))).toBe(false);
    expect(topics.mayJoin('other', topic(0))).toBe(true);
  });
});

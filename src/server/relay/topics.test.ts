import { describe, expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { Topics } from './topics.ts';

const topic = (index: number) => `sett/1/${index.toString(16).padStart(64, '0')}`;

function setUp(addressOf: (peer: string) => string = (peer) => peer) {
  const time = { nowMs: 0 };
  const subscribed = new Set<string>();
  const topics = new Topics({
    subscribe: (name) => subscribed.add(name),
    unsubscribe: (name) => subscribed.delete(name),
    addressOf,
    nowMs: () => time.nowMs,
  });
  return { time, subscribed, topics };
}

describe('Topics', () => {
  it('is in a topic while somebody is, and a while longer', () => {
    const { topics, subscribed, time } = setUp();
    topics.join('a', topic(1));
    topics.join('b', topic(1));
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
    topics.join('a', topic(1));
    topics.gone('a');
    time.nowMs = 1_000;
    topics.join('a', topic(1));
    time.nowMs = 10 * RELAY_LIMITS.topicLingerMs;
    topics.sweep();
    expect([...subscribed]).toEqual([topic(1)]);
  });

  it('serves groups only', () => {
    const { topics } = setUp();
    for (const name of ['', 'sett/1/x', `sett/2/${'0'.repeat(64)}`, `sett/1/${'A'.repeat(64)}`, `${topic(1)}0`, `x${topic(1)}`]) {
      expect(topics.join('a', name), name).toBe(false);
      expect(topics.has(name), name).toBe(false);
    }
  });

  it('knows who is in a topic', () => {
    const { topics } = setUp();
    topics.join('a', topic(1));
    expect(topics.isIn('a', topic(1))).toBe(true);
    expect(topics.isIn('b', topic(1))).toBe(false);
    topics.left('a', topic(1));
    expect(topics.isIn('a', topic(1))).toBe(false);
  });

  it('limits the topics of a peer, and of an address', () => {
    const { topics, subscribed } = setUp((peer) => (peer.startsWith('office') ? 'office' : peer));
    for (let index = 0; index < RELAY_LIMITS.topicsPerPeer + 5; index++) topics.join('greedy', topic(index));
    expect(subscribed.size).toBe(RELAY_LIMITS.topicsPerPeer);
    expect(topics.join('greedy', topic(0))).toBe(true);
    expect(topics.join('other', topic(100_000))).toBe(true);
    const before = subscribed.size;
    for (let index = 0; index < RELAY_LIMITS.topicsPerAddress + 50; index++) topics.join(`office ${index}`, topic(1_000 + index));
    expect(subscribed.size - before).toBe(RELAY_LIMITS.topicsPerAddress);
    // What the office is in already takes nothing more of its share.
    expect(topics.join('office newcomer', topic(1_000))).toBe(true);
  });

  /** 33 peers of eight addresses take every topic, as far as the limits of addresses let them. */
  function fill({ topics }: Pick<ReturnType<typeof setUp>, 'topics'>): void {
    for (let index = 0; index < RELAY_LIMITS.topics; index++)
      topics.join(`attacker ${index % 8} ${Math.floor(index / 64)}`, topic(index));
  }
  const attackersAddress = (peer: string) => /^attacker \d/.exec(peer)?.[0] ?? peer;

  it('gives a newcomer a topic of the address that has most, the one that was silent longest', () => {
    const { topics, subscribed, time } = setUp(attackersAddress);
    fill({ topics });
    expect(subscribed.size).toBe(RELAY_LIMITS.topics);
    time.nowMs = 1_000;
    for (let index = 1; index < RELAY_LIMITS.topics; index++) topics.used(topic(index));
    expect(topics.join('honest', topic(100_000))).toBe(true);
    expect(topics.has(topic(0))).toBe(false);
    expect(subscribed.size).toBe(RELAY_LIMITS.topics);
    // Another member of the same group, and its reload, find the topic in place.
    expect(topics.join('friend', topic(100_000))).toBe(true);
    topics.gone('friend');
    expect(topics.join('friend', topic(100_000))).toBe(true);
  });

  it('keeps a group of several addresses while a greedy one can give way', () => {
    const { topics } = setUp(attackersAddress);
    topics.join('honest', topic(100_000));
    topics.join('friend', topic(100_000));
    fill({ topics });
    for (let index = 0; index < 50; index++) topics.join(`newcomer ${index}`, topic(200_000 + index));
    expect(topics.has(topic(100_000))).toBe(true);
  });

  it('takes what had to wait as soon as there is room, and nothing that was given up meanwhile', () => {
    const { topics, time } = setUp();
    for (let index = 0; index < RELAY_LIMITS.topics; index++) topics.join(`peer ${index}`, topic(index));
    expect(topics.join('late', topic(100_000))).toBe(false);
    expect(topics.join('fickle', topic(100_001))).toBe(false);
    topics.left('fickle', topic(100_001));
    expect(topics.sweep()).toEqual([]);
    topics.gone('peer 7');
    time.nowMs = RELAY_LIMITS.topicLingerMs;
    expect(topics.sweep()).toEqual([['late', topic(100_000)]]);
    expect(topics.isIn('late', topic(100_000))).toBe(true);
    expect(topics.isIn('fickle', topic(100_001))).toBe(false);
  });

  it('prefers a topic that nobody is in any more to none', () => {
    const { topics } = setUp();
    for (let index = 0; index < RELAY_LIMITS.topics; index++) topics.join(`peer ${index}`, topic(index));
    topics.gone('peer 7');
    expect(topics.join('late', topic(100_000))).toBe(true);
    expect(topics.has(topic(7))).toBe(false);
  });

  it('is quick about a crowd that waits', () => {
    const { topics } = setUp((peer) => `address ${Number(peer) % 10}`);
    for (let index = 0; index < 1_000 * RELAY_LIMITS.topicsPerPeer; index++) topics.join(String(index % 1_000), topic(index));
    const startMs = performance.now();
    topics.sweep();
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  it('tells those who are in a topic that it is given up', () => {
    const told: string[] = [];
    const topics: Topics = new Topics({
      subscribe: () => {},
      unsubscribe: (name) => told.push(...['greedy 0', 'new'].filter((peer) => topics.isIn(peer, name))),
      addressOf: (peer) => (peer.startsWith('greedy') ? `greedy ${Number(peer.slice(7)) % 8}` : peer),
      nowMs: () => 0,
    });
    for (let index = 0; index < RELAY_LIMITS.topics; index++) topics.join(`greedy ${index % 40}`, topic(index));
    expect(topics.join('new', topic(100_000))).toBe(true);
    expect(told).toEqual(['greedy 0']);
  });
});

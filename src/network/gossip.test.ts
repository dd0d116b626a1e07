import { type GossipSub, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { base58 } from '@scure/base';
import { describe, expect, it } from 'vitest';
import type { GossipVerdict } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { Gossip } from './gossip.ts';
import { Timers } from './timers.ts';

const TOPIC = 'topic';
const RELAY = 'relay';

/** Ids as libp2p's are: base58 of a multihash. */
const PEERS = { a: base58.encode(new Uint8Array(38).fill(1)), b: base58.encode(new Uint8Array(38).fill(2, 1)) };

const messageFrom = (author: string) => ({ topic: TOPIC, data: new Uint8Array(1), from: base58.decode(author) });

const id = (name: string) => ({ toString: () => name }) as Libp2pPeerId;

function message(from: string, data: Uint8Array = new Uint8Array(1)): Message {
  return { type: 'signed', from: id(from), topic: TOPIC, data } as Message;
}

function setUp() {
  const time = { nowMs: 0 };
  const packets: RPC[] = [];
  const streamsOutbound = new Map<string, unknown>();
  const pubsub = Object.assign(new EventTarget(), {
    topicValidators: new Map(),
    streamsOutbound,
    subscribe: () => {},
    unsubscribe: () => {},
    publish: async () => ({ recipients: [id('a'), id('b')] }),
    handleReceivedRpc: async (_from: Libp2pPeerId, packet: RPC) => void packets.push(packet),
  });
  const points = new Map<string, number>();
  const seen = { judged: 0, neighbours: [] as string[], identified: [] as string[], verdict: 'accept' as GossipVerdict | Error };
  const cutOff = new Set<string>();
  const connections: Connection[] = [];
  const timers = new Timers(
    () => time.nowMs,
    () => time.nowMs,
  );
  const gossip = new Gossip({
    pubsub: pubsub as unknown as GossipSub,
    isRelay: (peer) => peer === RELAY,
    isCutOff: (peer) => cutOff.has(peer),
    judge: () => {
      seen.judged++;
      if (seen.verdict instanceof Error) throw seen.verdict;
      return seen.verdict;
    },
    neighbours: (topic) => seen.neighbours.push(topic),
    penalize: (peer, _reason, amount = 1) => points.set(peer, (points.get(peer) ?? 0) + amount),
    connections: () => connections,
    identify: async (connection) => seen.identified.push(connection.remotePeer.toString()),
    timers,
    log: () => {},
  });
  gossip.subscribe(TOPIC);
  const validate = (neighbour: string, judged: Message): Promise<TopicValidatorResult> =>
    pubsub.topicValidators.get(TOPIC)(id(neighbour), judged);
  const subscriptions = (peer: string, subscribe: boolean) =>
    pubsub.dispatchEvent(
      new CustomEvent('subscription-change', { detail: { peerId: id(peer), subscriptions: [{ topic: TOPIC, subscribe }] } }),
    );
  const receive = (from: string, messages: { topic: string; data: Uint8Array }[]) =>
    pubsub.handleReceivedRpc(id(from), { subscriptions: [], messages } as RPC);
  return { time, packets, streamsOutbound, points, seen, cutOff, connections, gossip, validate, subscriptions, receive };
}

describe('Gossip', () => {
  it('asks the node and passes its verdict on', async () => {
    const { validate, seen, points } = setUp();
    expect(await validate('a', message('a'))).toBe(TopicValidatorResult.Accept);
    seen.verdict = 'ignore';
    expect(await validate('a', message('a'))).toBe(TopicValidatorResult.Ignore);
    expect(points.size).toBe(0);
  });

  it('holds a rejected message against who signed it, a little against who forwarded it, never against a relay', async () => {
    const { validate, seen, points } = setUp();
    seen.verdict = 'reject';
    expect(await validate(RELAY, message('author'))).toBe(TopicValidatorResult.Ignore);
    expect([...points]).toEqual([['author', 1]]);
    expect(await validate('author', message('author'))).toBe(TopicValidatorResult.Reject);
    expect([...points]).toEqual([['author', 2]]);
    expect(await validate('friend', message('author'))).toBe(TopicValidatorResult.Reject);
    expect(points.get('author')).toBe(3);
    expect(points.get('friend')).toBeLessThan(1);
  });

  it('judges nothing that is too large, unsigned, or of a peer that is cut off', async () => {
    const { validate, seen, cutOff } = setUp();
    expect(await validate('a', message('a', new Uint8Array(LIMITS.gossipBytes + 1)))).toBe(TopicValidatorResult.Reject);
    expect(await validate('a', { type: 'unsigned', topic: TOPIC, data: new Uint8Array(1) })).toBe(TopicValidatorResult.Reject);
    cutOff.add('bad');
    expect(await validate('a', message('bad'))).toBe(TopicValidatorResult.Ignore);
    expect(seen.judged).toBe(0);
    expect(await validate('a', message('a', new Uint8Array(LIMITS.gossipBytes)))).toBe(TopicValidatorResult.Accept);
  });

  it('ignores a message whose judging fails, and blames nobody', async () => {
    const { validate, seen, points } = setUp();
    seen.verdict = new Error('The disk is full.');
    expect(await validate('a', message('a'))).toBe(TopicValidatorResult.Ignore);
    expect(points.size).toBe(0);
  });

  it('takes out messages of other topics and floods, and blames only who floods with messages of its own', async () => {
    const { packets, points, receive, time } = setUp();
    const one = messageFrom(PEERS.a);
    await receive(PEERS.a, [one, { ...one, topic: 'another' }]);
    expect(packets.at(-1)?.messages).toEqual([one]);
    await receive(PEERS.a, Array(2_000).fill(one));
    expect(packets.at(-1)?.messages).toHaveLength(999);
    expect(points.get(PEERS.a)).toBeCloseTo(100.1);
    time.nowMs += 1_000;
    await receive(PEERS.a, [one]);
    expect(packets.at(-1)?.messages).toHaveLength(1);
    await receive(PEERS.b, Array(2_000).fill(one));
    expect(packets.at(-1)?.messages).toHaveLength(1_000);
    expect(points.get(PEERS.b)).toBe(undefined);
  });

  it('takes more from a relay, which carries everybody’s, and never blames it', async () => {
    const { packets, points, receive } = setUp();
    await receive(RELAY, Array(2_000).fill(messageFrom(PEERS.a)));
    expect(packets.at(-1)?.messages).toHaveLength(2_000);
    await receive(RELAY, Array(4_000).fill(messageFrom(PEERS.a)));
    expect(packets.at(-1)?.messages.length).toBeLessThan(100);
    expect(points.size).toBe(0);
  });

  it('hears who says little over a relay that some flood', async () => {
    const { packets, receive, time } = setUp();
    const flood = Array.from({ length: 100 }, (_, index) => messageFrom(base58.encode(Uint8Array.of(9, index, 9))));
    const quiet = messageFrom(PEERS.b);
    for (let second = 0; second < 30; second++) {
      // A hundred connections of a relay at their limit.
      for (let round = 0; round < 100; round++) await receive(RELAY, flood);
      await receive(RELAY, [quiet, quiet]);
      expect(packets.at(-1)?.messages, `second ${second}`).toHaveLength(2);
      time.nowMs += 1_000;
    }
  });

  it('takes only so many new authors from a neighbour, and goes on with those it has brought and with itself', async () => {
    const { packets, points, receive, time } = setUp();
    const authors = Array.from({ length: 300 }, (_, index) =>
      messageFrom(base58.encode(Uint8Array.of(9, index >> 8, index & 255, 9))),
    );
    await receive(PEERS.a, authors);
    const taken = packets.at(-1)?.messages ?? [];
    expect(taken).toEqual(authors.slice(0, 128));
    await receive(PEERS.a, [...authors, messageFrom(PEERS.a)]);
    expect(packets.at(-1)?.messages).toEqual([...taken, messageFrom(PEERS.a)]);
    time.nowMs += 1_000;
    await receive(PEERS.a, authors);
    expect(packets.at(-1)?.messages).toHaveLength(130);
    await receive(PEERS.b, authors.slice(200, 210));
    expect(packets.at(-1)?.messages).toHaveLength(10);
    expect(points.size).toBe(0);
  });

  it('tells of a neighbour at once, and again when it can be sent to', () => {
    const { gossip, seen, streamsOutbound, subscriptions } = setUp();
    subscriptions('a', true);
    expect(seen.neighbours).toEqual([TOPIC]);
    gossip.tick();
    expect(seen.neighbours).toHaveLength(1);
    streamsOutbound.set('a', {});
    gossip.tick();
    gossip.tick();
    expect(seen.neighbours).toHaveLength(2);
    subscriptions('b', true);
    gossip.disconnected('b');
    streamsOutbound.set('b', {});
    gossip.tick();
    expect(seen.neighbours).toHaveLength(3);
  });

  it('reattaches to a neighbour whose gossip stream broke, with growing waits', () => {
    const { gossip, seen, streamsOutbound, connections, time } = setUp();
    connections.push({ remotePeer: id('a') } as Connection);
    streamsOutbound.set('a', {});
    gossip.tick();
    streamsOutbound.delete('a');
    for (let second = 0; second < 4; second++) {
      gossip.tick();
      time.nowMs += 1_000;
    }
    expect(seen.identified).toEqual([]);
    for (let second = 0; second < 60; second++) {
      gossip.tick();
      time.nowMs += 1_000;
    }
    expect(seen.identified.length).toBeGreaterThanOrEqual(2);
    expect(seen.identified.length).toBeLessThanOrEqual(4);
  });

  it('publishes up to the limit and says so beyond', async () => {
    const { gossip } = setUp();
    expect(await gossip.publish(TOPIC, new Uint8Array(LIMITS.gossipBytes))).toBe(2);
    await expect(gossip.publish(TOPIC, new Uint8Array(LIMITS.gossipBytes + 1))).rejects.toMatchObject({ code: 'too-large' });
  });
});

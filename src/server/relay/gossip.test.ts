import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { expect, it } from 'vitest';
import { RELAY_LIMITS } from '../limits.ts';
import { guardGossip } from './gossip.ts';
import { Meter } from './meter.ts';
import { Topics } from './topics.ts';

const topic = (index: number) => `sett/1/${index.toString(16).padStart(64, '0')}`;

async function setUp() {
  const from = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
  const addressOf = (peer: string) => peer;
  const nowMs = () => 0;
  const topics = new Topics({ subscribe: () => {}, unsubscribe: () => {}, addressOf, nowMs });
  const meter = new Meter({ nowMs, drop: () => {}, addressOf });
  /** What gossipsub has seen of the peer. */
  const seen = new Set<string>();
  let passed = 0;
  const announced: string[] = [];
  const pubsub = {
    handleReceivedRpc: async (_from: PeerId, { subscriptions, messages }: RPC) => {
      passed += messages.length;
      for (const { topic: name = '', subscribe } of subscriptions) seen[subscribe ? 'add' : 'delete'](name);
    },
    sendSubscriptions: (_peer: string, names: string[]) => announced.push(...names),
  };
  const sweep = guardGossip(pubsub as unknown as GossipSub, topics, meter);
  const say = (subscribe: boolean, index: number) =>
    pubsub.handleReceivedRpc(from, { subscriptions: [{ subscribe, topic: topic(index) }], messages: [] });
  const gossip = (message: Partial<RPC.Message>) =>
    pubsub.handleReceivedRpc(from, {
      subscriptions: [],
      messages: [{ topic: topic(1), from: from.toMultihash().bytes, ...message }],
    });
  return { seen, announced, sweep, say, gossip, passed: () => passed };
}

it('takes a subscription that came too fast a little later, and always lets a peer leave', async () => {
  const { seen, announced, sweep, say } = await setUp();
  for (let index = 0; index < RELAY_LIMITS.subscriptions.burst; index++) {
    await say(true, index);
    await say(false, index);
  }
  expect(seen.size).toBe(0);
  await say(true, 1_000);
  await say(true, 1_001);
  await say(false, 1_001);
  expect(seen.size).toBe(0);
  announced.length = 0;
  sweep();
  expect([...seen]).toEqual([topic(1_000)]);
  expect(announced).toEqual([topic(1_000)]);
});

it('counts all of a message, whichever of its fields is long', async () => {
  const { say, gossip, passed } = await setUp();
  await say(true, 1);
  const part = new Uint8Array(RELAY_LIMITS.gossipBytes.burst / 4);
  for (const message of [{ data: part }, { key: part }, { signature: part }, { data: part.subarray(1_000) }])
    await gossip(message);
  expect(passed()).toBe(4);
  await gossip({ seqno: part.subarray(0, 1_000) });
  expect(passed()).toBe(4);
});

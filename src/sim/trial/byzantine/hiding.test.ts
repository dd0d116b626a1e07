import { expect, it } from 'vitest';
import { pbftMessages } from '../../../consensus/index.ts';
import { ProducerFrame } from '../../../node/index.ts';
import { Block, decodeOrNothing } from '../../../records/index.ts';
import { type SimulatedMachine, World } from '../../world.ts';
import { groupWithLiar } from './one-liar.ts';

const LIMIT_MS = 180_000;
/** Patience with the first primary lasts four. */
const GIVE_UP_MS = 8_000;

const holdsCommit = (data: Uint8Array): boolean =>
  (decodeOrNothing(ProducerFrame, data)?.Engine ?? []).some((bytes) => pbftMessages.decodeMessage(bytes, 4)?.kind === 'commit');

/**
 * The first primary alone has decided, by the commits of one honest producer and of the liar; the fourth has heard nothing. In the view change the liar hides
 * that it has a certificate, so that the honest one's is the only one.
 */
it('a producer that hides its certificate in a view change changes nothing: what is decided is carried over (P-9)', {
  timeout: 120_000,
}, async () => {
  const world = await World.create(7);
  const { network } = world;
  const { group, user, twist } = await groupWithLiar(world, 'pbft-hiding-certificates', 2);
  const { groupId, producers } = group;
  const [first, honest, liar, fourth] = producers as [SimulatedMachine, SimulatedMachine, SimulatedMachine, SimulatedMachine];
  const viewOf = ({ node }: SimulatedMachine) => node.view().groups[0];
  const areFinal = (): boolean =>
    producers.every((machine) => viewOf(machine)?.head.hash === viewOf(user)?.head.hash) && viewOf(user)?.ownPosts.length === 0;
  await world.settled(user.node.post(groupId, '{"number":1}'));
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);

  // Commits reach the first primary only; a stream keeps its order, so what follows them is held too.
  const height = (viewOf(user)?.head.blockId ?? 0) + 1;
  const held = new Set<string>();
  network.orderStreams = ({ from, to, data, deliver }) => {
    const stream = `${from} ${to}`;
    if (to !== first.peerId && holdsCommit(data)) held.add(stream);
    if (!held.has(stream)) world.time.plan(20, deliver);
  };
  network.split([[fourth.peerId]]);
  await world.settled(user.node.post(groupId, '{"number":2}'));
  const storedAt = ({ disk }: SimulatedMachine): Block | undefined => {
    const row = disk.peek('blocks', {}).map(({ value }) => Block.decode(value));
    return row.find(({ BlockId }) => BlockId === height);
  };
  expect(await world.runUntil(() => storedAt(first) !== undefined, LIMIT_MS)).toBe(true);
  const decided = storedAt(first) as Block;
  first.crash();
  network.orderStreams = undefined;
  // Alone, each gives up; then they hear each other's view changes.
  network.split([honest, liar, fourth].map(({ peerId }) => [peerId]));
  await world.run(GIVE_UP_MS);
  expect([honest, liar, fourth].map(storedAt)).toEqual([undefined, undefined, undefined]);
  network.split([]);
  expect(await world.runUntil(() => storedAt(fourth) !== undefined, LIMIT_MS)).toBe(true);
  expect(storedAt(fourth)?.BlockHash).toEqual(decided.BlockHash);
  expect(twist.deviations).toBeGreaterThan(0);
  await first.start();
  await world.settled(user.node.post(groupId, '{"number":3}'));
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
  for (const machine of producers) expect(viewOf(machine)?.problem).toBeUndefined();
});

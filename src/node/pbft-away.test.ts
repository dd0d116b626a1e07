import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceSignatures } from '../crypto/index.ts';
import { equalBytes, SyncResponse } from '../records/index.ts';
import { AnnouncedGroup, idealSignatures, type MachineTwist, type SimulatedMachine, World } from '../sim/index.ts';
import type { NetworkHandlers } from './ports.ts';

const LIMIT_MS = 180_000;
const HOUR_MS = 3_600_000;

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

/** Four producers under PBFT, the owner the first of them, and a user. */
async function groupIn(world: World): Promise<AnnouncedGroup> {
  const group = await AnnouncedGroup.create(world, 5);
  const { owner, groupId } = group;
  await world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys([0, 1, 2, 3]), { engine: 'pbft' })));
  await group.untilProducers([0, 1, 2, 3]);
  await group.postEverywhere();
  return group;
}

const viewOf = (group: AnnouncedGroup, machine: SimulatedMachine) => group.view(machine).consensus.view;

/** Of view 0: the keys are sorted in the configuration. */
function primaryOf(group: AnnouncedGroup): SimulatedMachine {
  const { producers } = group.view(group.owner);
  const primary = group.machines.find((machine) => group.view(machine).userPubkey === producers[0]);
  if (!primary) throw new Error('there is no primary');
  return primary;
}

function sleep({ network }: World, machine: SimulatedMachine): void {
  network.setAsleep(machine.peerId, true);
  machine.pause();
}

function wake({ network }: World, machine: SimulatedMachine): void {
  network.setAsleep(machine.peerId, false);
  machine.resume();
}

describe('tabs that sleep, under PBFT (P-11)', () => {
  it("the primary's is suspended: the others replace it; another one's too: the group waits; both wake: it goes on", async () => {
    const group = await groupIn(await World.create(1));
    const { world, groupId } = group;
    const primary = primaryOf(group);
    const [another, ...rest] = group.machines.slice(0, 4).filter((machine) => machine !== primary) as [SimulatedMachine];
    const user = group.machine(4);
    sleep(world, primary);
    await world.settled(user.node.post(groupId, '{"while":"the primary sleeps"}'));
    expect(await world.runUntil(() => group.view(user).ownPosts.length === 0, LIMIT_MS)).toBe(true);
    expect(viewOf(group, another)?.view).toBe(1);
    sleep(world, another);
    await world.settled(user.node.post(groupId, '{"while":"two sleep"}'));
    await world.run(HOUR_MS / 10);
    expect(group.view(user).ownPosts).toHaveLength(1);
    wake(world, primary);
    wake(world, another);
    await group.postEverywhere();
    // Who gave up alone while two slept waits for its view, and takes what the others decide meanwhile.
    for (const machine of [primary, another, ...rest]) expect(viewOf(group, machine)?.view).toBeGreaterThan(0);
  });

  it('all wake with timers that have run out long ago: nobody gives up on the primary', async () => {
    const group = await groupIn(await World.create(2));
    const { world, groupId } = group;
    const producers = group.machines.slice(0, 4);
    const user = group.machine(4);
    // Everybody waits for the primary, which sleeps first.
    sleep(world, primaryOf(group));
    await world.settled(user.node.post(groupId, '{"before":"they sleep"}'));
    await world.run(1_000);
    for (const machine of producers) sleep(world, machine);
    await world.run(HOUR_MS);
    for (const machine of producers) wake(world, machine);
    await group.postEverywhere();
    for (const machine of producers) expect(viewOf(group, machine)).toMatchObject({ view: 0, isChanging: false });
  });
});

/** What each member's first answers with blocks are made of, before it answers honestly. */
const LIES: readonly ((response: SyncResponse) => SyncResponse)[] = [
  (response) => withBlocks(response, (block) => ({ ...block, StateRoot: block.StateRoot.map((byte) => byte ^ 1) })),
  (response) => withBlocks(response, (block) => ({ ...block, Trxs: block.Trxs.slice(1) })),
  (response) => withBlocks(response, (block) => ({ ...block, Evidence: block.Evidence.slice(0, -1) })),
];
type Blocks = NonNullable<NonNullable<SyncResponse['Blocks']>['Blocks']>['Blocks'];

function withBlocks(response: SyncResponse, change: (block: Blocks[number]) => Blocks[number]): SyncResponse {
  const bundle = response.Blocks;
  const blocks = bundle?.Blocks?.Blocks ?? [];
  return { ...response, Blocks: bundle && { ...bundle, Blocks: { Blocks: blocks.map(change) } } };
}

/** A machine that lies to whoever asks it for blocks, each way once. */
function liar(counts: { lies: number }, isLying: () => boolean): MachineTwist {
  const left = [...LIES];
  return {
    keys: (own) => own,
    network: (host) =>
      new Proxy(host, {
        get: (_, name) => {
          const value: unknown = Reflect.get(host, name);
          if (name !== 'listen') return typeof value === 'function' ? value.bind(host) : value;
          return (handlers: NetworkHandlers) =>
            host.listen({
              ...handlers,
              request: async (data, from) => {
                const answer = await handlers.request(data, from);
                const response = SyncResponse.decode(answer);
                const lie = isLying() && response.Blocks?.Blocks?.Blocks?.length ? left.shift() : undefined;
                if (!lie) return answer;
                counts.lies += 1;
                return SyncResponse.encode(lie(response));
              },
            });
        },
      }),
  };
}

it('a joiner that everybody serves corrupt blocks first takes none of them, then the right ones (P-13, P-17)', async () => {
  const world = await World.create(3);
  const counts = { lies: 0 };
  let isLying = false;
  world.equip = (name) => (name === 'joiner' ? {} : { twist: liar(counts, () => isLying) });
  const group = await groupIn(world);
  const { groupId, owner } = group;
  for (let round = 0; round < 3; round++) await group.postEverywhere();
  isLying = true;
  const joiner = await world.addMachine('joiner');
  await world.settled(joiner.node.joinGroup(owner.node.seed(groupId)));
  const isThere = (): boolean => group.view(joiner).head.hash === group.view(owner).head.hash;
  expect(await world.runUntil(isThere, 10 * LIMIT_MS)).toBe(true);
  expect(counts.lies).toBeGreaterThanOrEqual(LIES.length);
  for (let blockId = 1; blockId <= group.view(owner).head.blockId; blockId++) {
    const taken = await world.settled(joiner.node.block(groupId, blockId));
    const known = await Promise.all(group.machines.map(({ node }) => world.settled(node.block(groupId, blockId))));
    for (const block of known) expect(taken).toMatchObject({ BlockHash: block.BlockHash, Trxs: block.Trxs });
    // Each may have decided by other votes.
    const isKnown = known.some(({ Evidence }) => equalBytes(taken.Evidence, Evidence));
    expect(taken.Evidence.length === 0 || isKnown).toBe(true);
  }
});

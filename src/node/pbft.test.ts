import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGoodEvidence } from '../consensus/index.ts';
import { replaceSignatures, verifyHash } from '../crypto/index.ts';
import type { Block } from '../records/index.ts';
import { AnnouncedGroup, idealSignatures, type SimulatedMachine, World } from '../sim/index.ts';
import type { WantedChange } from './service.ts';

const LIMIT_MS = 180_000;

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

/** Members that all announced themselves, some of whom produce under PBFT, by the real agreement. */
async function groupOf(members: number, seed: number, producers: readonly number[]): Promise<AnnouncedGroup> {
  const group = await AnnouncedGroup.create(await World.create(seed), members);
  await change(group, producers, { engine: 'pbft' });
  return group;
}

const running = (group: AnnouncedGroup): SimulatedMachine[] => group.machines.filter(({ isRunning }) => isRunning);
const stateOf = (group: AnnouncedGroup, place: number) => group.view(group.machine(place)).consensus;

async function change(group: AnnouncedGroup, places: readonly number[], over: Partial<WantedChange>): Promise<void> {
  const { world, owner, groupId } = group;
  const nonce = group.view(owner).consensus.nonce;
  await world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys(places), over)));
  const isThere = (): boolean => running(group).every((machine) => group.view(machine).consensus.nonce > nonce);
  expect(await world.runUntil(isThere, LIMIT_MS), `producers ${places}`).toBe(true);
}

/** Everybody who runs posts once; all of it becomes final everywhere. */
async function postEverywhere(group: AnnouncedGroup): Promise<void> {
  const { world, groupId } = group;
  const authors = running(group);
  const before = Math.max(...authors.map((machine) => group.view(machine).posts));
  for (const { name, node } of authors) await world.settled(node.post(groupId, JSON.stringify({ from: name, before })));
  const areFinal = (): boolean =>
    authors.every((machine) => {
      const { posts, ownPosts, problem } = group.view(machine);
      return posts >= before + authors.length && ownPosts.length === 0 && !problem;
    }) && group.heads.size === 1;
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
}

const primaryOf = (group: AnnouncedGroup): SimulatedMachine => {
  const { producers, view } = running(group)
    .map((machine) => group.view(machine).consensus)
    .find((consensus) => consensus.view) ?? { producers: [] };
  const key = producers[view?.primary ?? 0]?.pubkey;
  const primary = group.machines.find((machine) => group.view(machine).userPubkey === key);
  if (!primary) throw new Error('there is no primary');
  return primary;
};

const newestBlock = (group: AnnouncedGroup, machine: SimulatedMachine): Promise<Block> =>
  group.world.settled(machine.node.block(group.groupId, group.view(machine).head.blockId));

describe('a group under PBFT', () => {
  it('four producers of one make blocks that everybody takes, with the votes that decided them (P-8)', async () => {
    const group = await groupOf(5, 1, [0, 1, 2, 3]);
    await postEverywhere(group);
    const user = group.machine(4);
    expect(group.view(user)).toMatchObject({ role: 'user', consensus: { engine: 'pbft' } });
    const block = await newestBlock(group, user);
    expect(block.Seals.length).toBeGreaterThanOrEqual(3);
    const { producers } = group.view(user);
    const configuration = {
      ...group.view(user).consensus,
      groupId: group.groupId,
      producers,
      ownerPubkey: '',
      startEpoch: 0,
      rulesVersion: '1',
    };
    const isGood = (each: Block): boolean =>
      isGoodEvidence(each, configuration, (index, hash, sign) => verifyHash(hash, sign, producers[index] ?? ''));
    expect(isGood(block)).toBe(true);
    expect(isGood({ ...block, BlockHash: new Uint8Array(32) })).toBe(false);
    expect(isGood({ ...block, Evidence: block.Evidence.slice(0, -1) })).toBe(false);
  });

  it('goes on when the primary is gone: another view, whose primary orders what waits (P-9, P-11)', async () => {
    const group = await groupOf(5, 2, [0, 1, 2, 3]);
    await postEverywhere(group);
    const first = primaryOf(group);
    first.crash();
    await postEverywhere(group);
    const next = primaryOf(group);
    expect(next).not.toBe(first);
    await first.start();
    await postEverywhere(group);
    expect(group.view(first).consensus.view?.view).toBe(group.view(next).consensus.view?.view);
  });

  it('all producers lose power and go on where their logs say (P-7)', async () => {
    const group = await groupOf(4, 3, [0, 1, 2, 3]);
    await postEverywhere(group);
    for (let round = 0; round < 3; round++) {
      const { world, groupId } = group;
      for (const { node } of group.machines) await world.settled(node.post(groupId, JSON.stringify({ round })));
      await world.run(500 + 330 * round);
      for (const machine of group.machines) machine.crash();
      for (const machine of group.machines) await machine.start();
      const areFinal = (): boolean =>
        group.machines.every((machine) => group.view(machine).ownPosts.length === 0) && group.heads.size === 1;
      expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
    }
    await postEverywhere(group);
  });

  it('swaps its engine while it runs, both ways, with the same producers and with others (P-14, C-27)', async () => {
    const group = await groupOf(6, 4, [0, 1, 2, 3]);
    await postEverywhere(group);
    for (const [engine, places] of [
      ['hbbft', [0, 1, 2, 3]],
      ['pbft', [1, 2, 3, 4, 5]],
      ['hbbft', [0, 5]],
      ['pbft', [0]],
      ['pbft', [0, 1, 2]],
      ['hbbft', [0]],
    ] as const) {
      await change(group, places, { engine });
      for (const machine of group.machines) expect(group.view(machine).consensus.engine).toBe(engine);
      await postEverywhere(group);
    }
  });

  it('1, 2, 3, 4, then 3 producers again, with a view change in the middle of each (P-9, P-14)', async () => {
    const group = await groupOf(4, 5, [0]);
    await postEverywhere(group);
    for (const places of [
      [0, 1],
      [0, 1, 2],
      [0, 1, 2, 3],
      [1, 2, 3],
    ]) {
      await change(group, places, { engine: 'pbft' });
      // The new producers are at work: for a moment the view that is shown is that of those before.
      await postEverywhere(group);
      const before = stateOf(group, places[0] as number).view?.view ?? 0;
      const primary = primaryOf(group);
      // With one that nobody can do without the group pauses; it comes back into a later view, or into the same one.
      primary.crash();
      for (const { node } of running(group)) await group.world.settled(node.post(group.groupId, JSON.stringify({ places })));
      await group.world.run(20_000);
      await primary.start();
      await postEverywhere(group);
      const needed = places.length - Math.floor((places.length - 1) / 3);
      if (needed < places.length) expect(stateOf(group, places[0] as number).view?.view).toBeGreaterThan(before);
    }
  });

  it('the owner alone (N = 1) runs the same engine: each block is final at once', async () => {
    const group = await groupOf(2, 6, [0]);
    await postEverywhere(group);
    expect(stateOf(group, 0)).toMatchObject({ engine: 'pbft', view: { view: 0, primary: 0 } });
  });

  it('writes history and state with the head that they belong to, in one transaction: neither is ever ahead (P-16, S-1)', async () => {
    const apart: string[] = [];
    let together = 0;
    const world = await World.create(7, {
      block: () => {},
      written: (_machine, writes) => {
        const tables = new Set(writes.filter(({ value }) => value).map(({ table }) => table));
        const isOfLedger = (['blocks', 'kv', 'history'] as const).some((table) => tables.has(table));
        if (isOfLedger && !tables.has('heads')) apart.push([...tables].join());
        if (tables.has('blocks') && tables.has('history') && tables.has('heads')) together += 1;
      },
    });
    const group = await AnnouncedGroup.create(world, 5);
    await change(group, [0, 1, 2, 3], { engine: 'pbft' });
    for (let round = 0; round < 3; round++) await postEverywhere(group);
    expect(apart).toEqual([]);
    expect(together).toBeGreaterThan(group.machines.length);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceSignatures } from '../crypto/index.ts';
import { stringifyExact, toHex } from '../records/index.ts';
import { AnnouncedGroup, idealSignatures, type SimulatedMachine, World } from '../sim/index.ts';
import { TABLES } from './ports.ts';

const LIMIT_MS = 180_000;
const PASSPHRASE = 'eight or more';

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

/** Four producers under PBFT, the owner the first of them, and a user. */
async function groupOf(seed: number): Promise<AnnouncedGroup> {
  const group = await AnnouncedGroup.create(await World.create(seed), 5);
  const { world, owner, groupId } = group;
  await world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys([0, 1, 2, 3]), { engine: 'pbft' })));
  await group.untilProducers([0, 1, 2, 3]);
  return group;
}

/** These post once each; all of it becomes final with all of them. */
async function post(group: AnnouncedGroup, machines: readonly SimulatedMachine[]): Promise<void> {
  const { world, groupId } = group;
  for (const { name, node } of machines) await world.settled(node.post(groupId, JSON.stringify({ from: name })));
  const areFinal = (): boolean =>
    machines.every((machine) => group.view(machine).ownPosts.length === 0) &&
    new Set(machines.map((machine) => group.view(machine).head.hash)).size === 1;
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
}

/** Puts everything that a machine has on its disk now onto another's: a profile that was copied. */
async function copyProfile({ world }: AnnouncedGroup, from: SimulatedMachine, to: SimulatedMachine): Promise<void> {
  await to.stop();
  const rowsOf = ({ disk }: SimulatedMachine) =>
    TABLES.flatMap((table) => disk.peek(table, {}).map((row) => ({ table, ...row })));
  const gone = rowsOf(to).map(({ table, key }) => ({ table, key, value: undefined }));
  await world.settled(to.disk.open({ fence: false }).write([...gone, ...rowsOf(from)], 'strict'));
}

/** Hashes of the final blocks that a machine holds, by height. */
async function chainOf(group: AnnouncedGroup, machine: SimulatedMachine): Promise<string[]> {
  const hashes: string[] = [];
  for (let blockId = 0; blockId <= group.view(machine).head.blockId; blockId++)
    hashes.push(toHex((await group.world.settled(machine.node.block(group.groupId, blockId))).BlockHash));
  return hashes;
}

const problemOf = (group: AnnouncedGroup, machine: SimulatedMachine): string | undefined => group.view(machine).problem?.code;

describe('two tabs with the key of one producer, under PBFT (P-7, C-13)', () => {
  it('a restored profile, which has no log, says so and never produces; the first one goes on', async () => {
    const group = await groupOf(1);
    const { world } = group;
    const first = group.machine(1);
    await post(group, group.machines);
    const file: unknown = JSON.parse(
      stringifyExact(await world.settled(first.node.backup({ passphrase: PASSPHRASE, blocks: true }))),
    );
    const second = await world.addMachine('second');
    await world.settled(second.node.restore(file, PASSPHRASE));
    for (let round = 0; round < 3; round++) await post(group, group.machines);
    expect(problemOf(group, second)).toBe('log-lost');
    for (const machine of group.machines) expect(problemOf(group, machine)).toBeUndefined();
  });

  const ROUNDS = 20;
  for (const place of [0, 1, 3]) {
    it(`producer ${place}'s profile is copied with its log, and both run: there is one chain, and who lacks what its key signed stops for good`, async () => {
      const group = await groupOf(10 + place);
      const { world } = group;
      const first = group.machine(place);
      const second = await world.addMachine('second');
      await post(group, group.machines);
      await copyProfile(group, first, second);
      await post(group, group.machines);
      await second.start();
      const others = group.machines.filter((machine) => machine !== first);
      const findStopped = () => [first, second].find((machine) => problemOf(group, machine));
      for (let round = 0; round < ROUNDS && !findStopped(); round++) {
        await post(group, others);
        await world.run(3_000);
      }
      const stopped = findStopped();
      expect(stopped && group.view(stopped)).toMatchObject({ producing: 'stopped', problem: { code: 'key-in-use' } });
      await stopped?.stop();
      await stopped?.start();
      for (let round = 0; round < 3; round++) await post(group, others);
      expect(stopped && problemOf(group, stopped)).toBe('log-lost');
      const chains = await Promise.all([...others, first, second].map((machine) => chainOf(group, machine)));
      const [longest = []] = [...chains].sort((a, b) => b.length - a.length);
      for (const chain of chains) expect(chain).toEqual(longest.slice(0, chain.length));
      for (const machine of others) expect(problemOf(group, machine)).toBeUndefined();
    });
  }
});

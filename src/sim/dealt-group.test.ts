import { describe, expect, it } from 'vitest';
import type { ConsensusView, GroupView, ProducerLink } from '../node/index.ts';
import { SimulatedClock } from './clock.ts';
import { dealtGroup } from './dealt-group.ts';
import { idealDealer } from './ideal-threshold.ts';
import { type SimulatedMachine, World } from './world.ts';

async function world(seed: number): Promise<World> {
  const made = await World.create(seed);
  made.trustedDealer = idealDealer;
  return made;
}

describe('several producers', () => {
  it.each([2, 3, 4, 7])(
    '%i producers make one chain; posts of everybody become final everywhere (C-7, C-11)',
    async (producers) => {
      const here = await world(producers);
      const { groupId } = await dealtGroup(here, { producers, users: 1, intervalMs: 1_000, encryption: 0 });
      for (const { name, node } of here.machines) await here.settled(node.post(groupId, JSON.stringify({ from: name })));
      const groups = () => here.machines.map(({ node }) => node.view().groups[0]);
      const settled = () => groups().every((group) => group?.ownPosts.length === 0 && group.posts === here.machines.length);
      expect(await here.runUntil(settled, 60_000)).toBe(true);
      expect(new Set(groups().map((group) => group?.head.stateRoot)).size).toBe(1);
      const block = await here.settled(here.machines[0]?.node.block(groupId, 3) ?? Promise.reject(new Error('nobody')));
      expect(block.ProducerSign).toHaveLength(0);
      expect(block.Seals.length).toBeGreaterThanOrEqual(producers - Math.floor((producers - 1) / 3));
    },
  );

  it('a producer that was away is linked as soon as it is connected again', async () => {
    const here = await world(12);
    const { producers } = await dealtGroup(here, { producers: 4, users: 0, intervalMs: 1_000, encryption: 0 });
    const links = (machine: SimulatedMachine): ProducerLink[] => viewOf(machine).consensus.producers.map(({ link }) => link);
    const areLinked = (): boolean => producers.every((machine) => links(machine).every((link) => link !== 'away'));
    expect(await here.runUntil(areLinked, 60_000)).toBe(true);
    for (const [index, machine] of producers.entries()) {
      machine.crash();
      await here.run(35_000);
      await machine.start();
      const others = producers.filter((producer) => producer !== machine);
      const connected = (): readonly string[] => machine.node.view().network.connections.map(({ peerId }) => peerId);
      const isConnected = (): boolean => others.every(({ peerId }) => connected().includes(peerId));
      expect(await here.runUntil(isConnected, 60_000)).toBe(true);
      expect(await here.runUntil(areLinked, 3_000), `producer ${index}`).toBe(true);
    }
  });

  it('shows consensus at work: who is there, how far each proposal has come, what waits', async () => {
    const here = await world(11);
    const { groupId, producers, users } = await dealtGroup(here, { producers: 4, users: 1, intervalMs: 1_000, encryption: 0 });
    const [first, second, ...others] = producers;
    const [user] = users;
    if (!first || !second || !user) throw new Error('nobody is there');
    const live = (machine: SimulatedMachine): ConsensusView => viewOf(machine).consensus;
    const links = (machine: SimulatedMachine): ProducerLink[] => live(machine).producers.map(({ link }) => link);
    const all = ['connected', 'connected', 'connected', 'connected'];
    const are = async (machine: SimulatedMachine, expected: readonly string[]): Promise<void> => {
      await here.runUntil(() => links(machine).join() === expected.join(), 120_000);
      expect(links(machine)).toEqual(expected);
    };
    for (const [index, machine] of producers.entries()) await are(machine, all.with(index, 'self'));
    await are(user, all);
    await here.runUntil(() => live(first).producers.every(({ finishedEpoch }) => finishedEpoch !== undefined), 60_000);
    expect(live(first)).toMatchObject({ sealsNeeded: 3, waitingBlocks: 0 });

    for (const machine of others) machine.crash();
    await are(first, ['self', 'connected', 'away', 'away']);
    const { head } = viewOf(first);
    await here.settled(first.node.post(groupId, '{"waits":true}'));
    // Two echoes are here, and three would be needed.
    const isStuck = (): boolean => live(first).producers[0]?.proposal?.broadcast.echoes === 2;
    expect(await here.runUntil(isStuck, 120_000)).toBe(true);
    expect(live(first).producers[0]?.proposal).toMatchObject({ broadcast: { phase: 'echoing', readies: 0 } });
    expect(live(user).producers[0]).toEqual({
      ...{ pubkey: viewOf(first).userPubkey, link: 'connected', faults: {} },
      hasLostLog: false,
    });
    await here.run(120_000);
    expect(viewOf(first).head).toEqual(head);
    await are(user, ['connected', 'connected', 'away', 'away']);

    for (const machine of others) await machine.start();
    expect(await here.runUntil(() => here.machines.every((machine) => viewOf(machine).posts === 1), 120_000)).toBe(true);
    expect(live(first).producers.map(({ faults }) => faults)).toEqual([{}, {}, {}, {}]);
  });

  it('says on producers and users alike how many are there, how many are needed, and who is missing since when (N-12)', async () => {
    const here = await world(21);
    const { producers, users } = await dealtGroup(here, { producers: 4, users: 1, intervalMs: 1_000, encryption: 0 });
    const [first, second, third, fourth] = producers;
    const [user] = users;
    if (!first || !second || !third || !fourth || !user) throw new Error('nobody is there');
    const availability = (machine: SimulatedMachine) => viewOf(machine).availability;
    const online = async (machine: SimulatedMachine, count: number): Promise<void> => {
      await here.runUntil(() => availability(machine).online === count, 120_000);
      expect(availability(machine).online).toBe(count);
    };
    for (const machine of [...producers, user]) {
      await online(machine, 4);
      expect(availability(machine)).toEqual({ producers: 4, online: 4, needed: 3, isPaused: false, missing: [] });
    }
    const nowMs = (): number => Number(new SimulatedClock(here.time).nowNs() / 1_000_000n);
    const crashedAtMs = nowMs();
    const missingKeys = [viewOf(third).userPubkey, viewOf(fourth).userPubkey];
    fourth.crash();
    for (const machine of [first, second, third, user]) {
      await online(machine, 3);
      expect(availability(machine).isPaused).toBe(false);
    }
    third.crash();
    for (const machine of [first, second, user]) {
      await online(machine, 2);
      const { isPaused, needed, missing } = availability(machine);
      expect({ isPaused, needed }).toEqual({ isPaused: true, needed: 3 });
      expect(missing.map(({ pubkey }) => pubkey)).toEqual(missingKeys);
      // Since its last beacon: one goes out every ten seconds.
      const sinceMs = missing[1]?.sinceMs ?? 0;
      expect(sinceMs).toBeLessThanOrEqual(crashedAtMs + 1_000);
      expect(sinceMs).toBeGreaterThan(crashedAtMs - 12_000);
    }
    // Whoever opens now has never heard of them.
    second.crash();
    await second.start();
    await online(second, 2);
    expect(availability(second).missing).toEqual(missingKeys.map((pubkey) => ({ pubkey, hasLostLog: false })));
    await third.start();
    for (const machine of [first, second, third, user]) {
      await online(machine, 3);
      expect(availability(machine).isPaused).toBe(false);
    }
  });
});

function viewOf({ node }: SimulatedMachine): GroupView {
  const [group] = node.view().groups;
  if (!group) throw new Error('this machine is in no group');
  return group;
}

describe('users', () => {
  const DELAY_MS = 50;

  /** Times from the start of an epoch to its block being final at the user, in one-way delays; posts of so many characters. */
  async function delaysAtUser(characters: number): Promise<number[]> {
    const atNs = new Map<number, bigint>();
    const here: World = await World.create(21, {
      block: (machine, _groupId, blockId) => {
        if (machine.name === 'user0') atNs.set(blockId, new SimulatedClock(here.time).nowNs());
      },
    });
    here.trustedDealer = idealDealer;
    here.diskMs = { writeMs: [0, 0], readMs: [0, 0] };
    const { groupId, users, owner } = await dealtGroup(here, {
      ...{ producers: 4, users: 1, intervalMs: 1_000, encryption: 1 },
      engine: 'pbft',
    });
    here.network.faults = { loss: 0, duplication: 0, delayMs: [DELAY_MS, DELAY_MS] };
    await here.run(5_000);
    atNs.clear();
    for (let number = 0; number < 5; number++) {
      await here.settled(owner.node.post(groupId, JSON.stringify({ text: 'x'.repeat(characters) })));
      await here.run(3_000);
    }
    const node = users[0]?.node;
    if (!node) throw new Error('nobody is there');
    const delays: number[] = [];
    for (const [blockId, at] of atNs) {
      const { TimeStamp } = await here.settled(node.block(groupId, blockId));
      delays.push(Number(at - TimeStamp) / 1e6 / DELAY_MS);
    }
    return delays;
  }

  it('have a small block one way of the network after it was decided, with nobody asked (N-14)', async () => {
    // Pre-prepare, prepare, commit; then seals and block.
    expect(await delaysAtUser(100)).toEqual([4, 4, 4, 4, 4]);
  });

  it('fetch a large one, once they are told that it is final (N-2, N-14)', async () => {
    // Decided after three; seals; the word that it is final; the request; the answer.
    expect(await delaysAtUser(60_000)).toEqual([7, 7, 7, 7, 7]);
  });
});

import { describe, expect, it } from 'vitest';
import { AnnouncedGroup, type SimulatedMachine, World } from '../../sim/index.ts';
import type { WantedChange } from '../service.ts';

const LIMIT_MS = 180_000;

async function groupOf(members: number, seed: number): Promise<{ world: World; group: AnnouncedGroup }> {
  const world = await World.create(seed);
  return { world, group: await AnnouncedGroup.create(world, members) };
}

const ask = (group: AnnouncedGroup, places: readonly number[], over: Partial<WantedChange> = {}) =>
  group.world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys(places), over)));

const proofOf = async (group: AnnouncedGroup, machine: SimulatedMachine, reqId: string) =>
  group.world.settled(machine.node.proof(group.groupId, reqId));

const running = (group: AnnouncedGroup): SimulatedMachine[] => group.machines.filter(({ isRunning }) => isRunning);

/** Lets time pass until everybody who runs is under the configuration of these members. */
async function untilProducers(group: AnnouncedGroup, places: readonly number[]): Promise<void> {
  const keys = group.keys(places).sort().join();
  const isSo = (): boolean => running(group).every((machine) => [...group.view(machine).producers].sort().join() === keys);
  expect(await group.world.runUntil(isSo, LIMIT_MS), `producers ${places}`).toBe(true);
}

/** Everybody who runs posts, and every post becomes final everywhere. */
async function postEverywhere(group: AnnouncedGroup): Promise<void> {
  const { world, groupId } = group;
  const before = group.view(group.owner).posts;
  const authors = running(group);
  for (const { name, node } of authors) await world.settled(node.post(groupId, JSON.stringify({ from: name })));
  const areFinal = (): boolean =>
    authors.every((machine) => {
      const { posts, ownPosts, problem } = group.view(machine);
      return posts === before + authors.length && ownPosts.length === 0 && !problem;
    });
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
  await world.runUntil(() => group.heads.size === 1, LIMIT_MS);
  expect(group.heads.size).toBe(1);
}

/** Lets time pass until the result of a request is final at everybody who runs. Answers it. */
async function resultOf(group: AnnouncedGroup, reqId: string): Promise<string> {
  const { world, groupId } = group;
  for (let waitedMs = 0; waitedMs < 2 * LIMIT_MS; waitedMs += 2_000) {
    const asked = running(group).map(({ node }) =>
      node.proof(groupId, reqId).then(
        ({ result }) => result,
        () => undefined,
      ),
    );
    const found = new Set(await world.settled(Promise.all(asked)));
    const [result] = found;
    if (found.size === 1 && result !== undefined) return result;
    await world.run(2_000);
  }
  throw new Error(`there is no result of ${reqId}`);
}

describe('a change of consensus', () => {
  it('makes four producers of one, by a key that they generate, and everybody learns it from the chain (C-27, C-31, C-32)', async () => {
    const { world, group } = await groupOf(5, 1);
    const { trxId, reqId, failableProducers } = await ask(group, [0, 1, 2, 3], { encryption: 0 });
    expect(failableProducers).toBe(1);
    await untilProducers(group, [0, 1, 2, 3]);
    for (const machine of group.machines) {
      expect(await proofOf(group, machine, reqId)).toMatchObject({ result: 'SUCCESS' });
      expect(await world.settled(machine.node.trx(group.groupId, trxId))).toMatchObject({ TrxId: trxId });
    }
    await postEverywhere(group);
    expect(group.view(group.owner).change).toMatchObject({ reqId, trxId, result: 'SUCCESS', phase: 'done', ownerFaults: {} });
    expect(group.view(group.owner).epoch).toBeGreaterThanOrEqual(100);
  });

  it('goes from one to four, seven, three and back, the owner in and out of the list (C-27)', async () => {
    const { world, group } = await groupOf(8, 2);
    for (const places of [[0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6], [5, 6, 7], [1], [0, 2]]) {
      const { reqId } = await ask(group, places);
      expect(await resultOf(group, reqId), `${places}`).toBe('SUCCESS');
      await untilProducers(group, places);
      await postEverywhere(group);
    }
    const history = await world.settled(group.machine(7).node.proofHistory(group.groupId));
    expect(history.map(({ req }) => req.Nonce)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('keeps interval, engine and encryption that are not asked for, and sets those that are (C-29)', async () => {
    const { world, group } = await groupOf(2, 3);
    await ask(group, [0, 1], { trxEpochTickMs: 2_000, encryption: 3, engine: 'pbft' });
    await untilProducers(group, [0, 1]);
    const { reqId } = await ask(group, [0], { encryption: undefined });
    await untilProducers(group, [0]);
    const { req } = await proofOf(group, group.machine(1), reqId);
    expect(req.Contract).toMatchObject({ Contract: 'pbft', Encryption: 3, Nonce: 2 });
    expect(await world.settled(group.machine(1).node.consensus(group.groupId))).toMatchObject({ trxEpochIntervalMs: 1_000 });
  });

  it('ends with TIMEOUT when somebody does not come, under an id of its own, and leaves the group as it was (C-33)', async () => {
    const { world, group } = await groupOf(4, 4);
    group.machine(3).crash();
    const { reqId, trxId } = await ask(group, [0, 1, 2, 3], { agreementTickMs: 1_000 });
    await world.run(3_000);
    expect(group.view(group.owner).change).toMatchObject({ phase: 'waiting-for-producers', reqId });
    expect(await resultOf(group, reqId)).toBe('TIMEOUT');
    // Nobody answers before it is connected to all of the others (C-30).
    expect((await proofOf(group, group.owner, reqId)).responsedProducers).toEqual([]);
    for (const machine of running(group)) {
      await expect(world.settled(machine.node.trx(group.groupId, trxId))).rejects.toMatchObject({ code: 'unknown-trx' });
      expect(group.view(machine).producers).toEqual(group.keys([0]));
    }
    expect(group.view(group.owner).change).toMatchObject({ result: 'TIMEOUT', phase: 'done' });
    await postEverywhere(group);
    // The next one is free to succeed.
    await group.machine(3).start();
    const again = await ask(group, [0, 1, 2, 3]);
    expect(await resultOf(group, again.reqId)).toBe('SUCCESS');
  });

  it('fails when somebody refuses, and says who and why (C-30, C-33)', async () => {
    const { world, group } = await groupOf(3, 5);
    const [, second] = group.machines;
    if (!second) throw new Error('nobody is there');
    // Its word to take part is taken back while it is away from the request.
    const key = group.keys([1])[0];
    second.crash();
    const { reqId } = await ask(group, [0, 1, 2]);
    await second.start();
    await world.settled(second.node.announce(group.groupId, { action: 'remove', type: 'producer', memo: '' }));
    const isGone = (): boolean => group.view(group.owner).change?.phase === 'done';
    expect(await world.runUntil(isGone, LIMIT_MS)).toBe(true);
    const result = await resultOf(group, reqId);
    if (result === 'FAILED') {
      expect(group.view(group.owner).change?.producers.find(({ pubkey }) => pubkey === key)?.refusal).toMatch(/announce/);
      expect(group.view(group.owner).change?.reason).toBe('refused');
    }
    expect(result).toBe('FAILED');
    await postEverywhere(group);
  });

  it('can be given up by the owner: FAILED; until then no other is taken (C-29, C-33)', async () => {
    const { world, group } = await groupOf(3, 6);
    group.machine(2).crash();
    const { reqId } = await ask(group, [0, 1, 2]);
    await expect(ask(group, [0, 1])).rejects.toMatchObject({ code: 'request-open', params: { reqId, nonce: 1 } });
    await expect(
      world.settled(group.machine(1).node.changeConsensus(group.groupId, group.wanted(group.keys([1])))),
    ).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(world.settled(group.owner.node.abandonChange(group.groupId, group.groupId))).rejects.toMatchObject({
      code: 'unknown-proof',
    });
    await world.settled(group.owner.node.abandonChange(group.groupId, reqId));
    const next = await ask(group, [0, 1]);
    expect(await resultOf(group, reqId)).toBe('FAILED');
    expect(await resultOf(group, next.reqId)).toBe('SUCCESS');
    const { req } = await proofOf(group, group.machine(1), next.reqId);
    expect(req.Nonce).toBe(2);
    await postEverywhere(group);
  });

  it('is not overtaken by the next, which goes out once it is final (C-33)', async () => {
    const { world, group } = await groupOf(4, 8);
    const { reqId: before } = await ask(group, [1, 2, 3]);
    expect(await resultOf(group, before)).toBe('SUCCESS');
    const first = await ask(group, [1, 2]);
    const isSigned = (): boolean => group.view(group.owner).change?.result === 'SUCCESS';
    expect(await world.runUntil(isSigned, LIMIT_MS)).toBe(true);
    // What was said of it is lost, and is not said again for a while.
    world.network.partition([group.owner.peerId]);
    await world.run(36_000);
    world.network.partition([]);
    const second = await ask(group, [0]);
    expect(await resultOf(group, second.reqId)).toBe('SUCCESS');
    expect(await resultOf(group, first.reqId)).toBe('SUCCESS');
    await untilProducers(group, [0]);
    await postEverywhere(group);
  });

  it('is asked of those who are announced only (C-29)', async () => {
    const { world, group } = await groupOf(2, 7);
    const stranger = await world.addMachine('stranger');
    await world.settled(stranger.node.joinGroup(group.owner.node.seed(group.groupId)));
    const { userPubkey } = group.view(stranger);
    const wanted = group.wanted([...group.keys([0, 1]), userPubkey]);
    await expect(world.settled(group.owner.node.changeConsensus(group.groupId, wanted))).rejects.toMatchObject({
      code: 'not-announced',
      params: { pubkey: userPubkey },
    });
  });
});

describe('a crash in a change of consensus', () => {
  // Every write, before and after, and every message on a stream is a moment.
  const moments = [0, 1, 2, 3, 4, 5, 8, 10, 22, 36];

  it.each(moments)('of the owner, at its moment %i, changes neither the result nor the promise (C-33)', async (moment) => {
    const { world, group } = await groupOf(4, 100 + moment);
    const { reqId, trxId } = await ask(group, [0, 1, 2, 3]);
    group.owner.crashAt(moment);
    await world.runUntil(() => group.owner.isOff, 20_000);
    await world.runUntil(() => group.owner.isRunning, 20_000);
    expect(await resultOf(group, reqId)).toBe('SUCCESS');
    expect(await world.settled(group.machine(2).node.trx(group.groupId, trxId))).toMatchObject({ TrxId: trxId });
    await untilProducers(group, [0, 1, 2, 3]);
    await postEverywhere(group);
    const history = await world.settled(group.owner.node.proofHistory(group.groupId));
    expect(history.map(({ result, req }) => [result, req.Nonce])).toEqual([
      ['SUCCESS', 0],
      ['SUCCESS', 1],
    ]);
  });

  it.each(moments)('of one who is asked, at its moment %i, makes it answer once (C-30)', async (moment) => {
    const { world, group } = await groupOf(5, 200 + moment);
    const asked = group.machine(2);
    asked.crashAt(moment);
    const { reqId } = await ask(group, [1, 2, 3, 4]);
    await world.runUntil(() => asked.isOff, 20_000);
    await world.runUntil(() => asked.isRunning, 20_000);
    expect(await resultOf(group, reqId)).toBe('SUCCESS');
    await untilProducers(group, [1, 2, 3, 4]);
    await postEverywhere(group);
    for (const machine of group.machines) {
      expect(group.view(machine).change?.producers.map(({ faults }) => faults) ?? []).toEqual([{}, {}, {}, {}]);
    }
  });
});

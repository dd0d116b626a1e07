import { describe, expect, it } from 'vitest';
import { verifyBlockSignature } from '../crypto/index.ts';
import { parseSeed, SeedError, TrxType } from '../records/index.ts';
import { type SimulatedMachine, World } from '../sim/index.ts';
import { NodeError } from './service.ts';

const GROUP = { groupName: 'badgers', encryption: 'public', appKey: 'group_timeline' } as const;
const note = (text: string): string => JSON.stringify({ type: 'Note', content: text });
const EVERYTHING = { num: 500, reverse: false, startTrx: undefined, includeStart: false, senders: [] } as const;

async function ownerAndUser(seed: number) {
  const world = await World.create(seed);
  const owner = await world.addMachine('owner');
  const created = await world.settled(owner.node.createGroup(GROUP));
  const user = await world.addMachine('user');
  const info = await world.settled(user.node.joinGroup(created.seed));
  return { world, owner, user, ...created, info };
}

const viewOf = (machine: SimulatedMachine) => {
  const [group] = machine.node.view().groups;
  if (!group) throw new Error(`${machine.name} is in no group`);
  return group;
};

async function postAndWait(world: World, from: SimulatedMachine, groupId: string, text: string): Promise<string> {
  const trxId = await world.settled(from.node.post(groupId, note(text)));
  const everywhere = () => world.machines.every((machine) => !machine.isRunning || viewOf(machine).posts === viewOf(from).posts);
  const done = await world.runUntil(() => viewOf(from).ownPosts.length === 0 && everywhere(), 60_000);
  expect(done).toBe(true);
  return trxId;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof NodeError ? error.code : String(error)),
  );

describe('making a group', () => {
  it('block 1 holds the owner’s announcement and the nonce-0 proof (C-3)', async () => {
    const { world, owner, groupId, seed } = await ownerAndUser(11);
    const block = await world.settled(owner.node.block(groupId, 1));
    expect(block.Trxs.map(({ Type }) => Type)).toEqual([TrxType.ANNOUNCE, TrxType.CONSENSUS]);
    expect(block).toMatchObject({ BlockId: 1, Epoch: 1, ConfigNonce: 0, ProducerPubkey: parseSeed(seed).ownerPubkey });
    expect(verifyBlockSignature(block)).toBe(true);
    const proof = await owner.node.lastProof(groupId);
    expect(proof).toMatchObject({ result: 'SUCCESS', responsedProducers: [block.ProducerPubkey] });
    expect(await owner.node.proofHistory(groupId)).toEqual([proof]);
    expect(await owner.node.proof(groupId, proof.req.ReqId)).toEqual(proof);
    expect(await owner.node.announcedProducers(groupId)).toHaveLength(1);
  });

  it('shows the same consensus on a user as on the owner', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(12);
    expect(await world.runUntil(() => viewOf(user).head.blockId === 1, 30_000)).toBe(true);
    const [ofOwner, ofUser] = [await owner.node.consensus(groupId), await user.node.consensus(groupId)];
    expect(ofUser.producers).toEqual(ofOwner.producers);
    expect(ofUser.proofReqId).toBe(ofOwner.proofReqId);
    expect(await user.node.lastProof(groupId)).toEqual(await owner.node.lastProof(groupId));
  });

  it('refuses names of the wrong length', async () => {
    const world = await World.create(13);
    const { node } = await world.addMachine('owner');
    expect(await codeOf(world.settled(node.createGroup({ ...GROUP, groupName: 'x' })))).toBe('bad-input');
    expect(await codeOf(world.settled(node.createGroup({ ...GROUP, appKey: 'abc' })))).toBe('bad-input');
  });
});

describe('joining', () => {
  it('again answers the same; leaving and joining again is the same user; clearing needs leaving first', async () => {
    const { world, user, seed, groupId, info } = await ownerAndUser(14);
    expect(await world.settled(user.node.joinGroup(seed))).toMatchObject({ userPubkey: info.userPubkey });
    expect(await codeOf(user.node.clearGroup(groupId))).toBe('still-joined');
    await world.settled(user.node.leaveGroup(groupId));
    expect(await codeOf(user.node.contents(groupId, EVERYTHING))).toBe('unknown-group');
    expect((await world.settled(user.node.joinGroup(seed))).userPubkey).toBe(info.userPubkey);
    await world.settled(user.node.leaveGroup(groupId));
    await world.settled(user.node.clearGroup(groupId));
    expect((await world.settled(user.node.joinGroup(seed))).userPubkey).not.toBe(info.userPubkey);
  });

  it('says what is wrong with a seed', async () => {
    const { user, seed } = await ownerAndUser(15);
    expect(await codeOf(user.node.joinGroup('hello'))).toBe('bad-seed');
    const forged = seed.replace(/&t=[^&]+/, '&t=F1eyqmr-x78');
    await expect(user.node.joinGroup(forged)).rejects.toThrow(/signature does not verify/);
    expect(() => parseSeed(seed.replace('&n=0', '&n=1'))).toThrow(SeedError);
  });
});

describe('posting', () => {
  it('becomes final everywhere with the same block and root', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(16);
    const trxId = await postAndWait(world, user, groupId, 'hello');
    expect(viewOf(owner).head).toEqual(viewOf(user).head);
    for (const { node } of [owner, user]) {
      expect(await world.settled(node.trxStatus(groupId, trxId))).toMatchObject({ status: 'Committed', blockId: 2, seals: 1 });
      expect(await world.settled(node.contents(groupId, EVERYTHING))).toMatchObject([
        { trxId, content: { value: { type: 'Note', content: 'hello' } }, blockId: 2 },
      ]);
    }
  });

  it('with the same trx id twice is one post (S-2)', async () => {
    const { world, user, groupId } = await ownerAndUser(17);
    const wanted = '3f2b6a1c-9a0e-4f7b-8a41-0d8a5a9e6f10';
    for (let time = 0; time < 2; time++) expect(await world.settled(user.node.post(groupId, note('once'), wanted))).toBe(wanted);
    expect(await world.runUntil(() => viewOf(user).ownPosts.length === 0, 60_000)).toBe(true);
    expect(await world.settled(user.node.post(groupId, note('once'), wanted))).toBe(wanted);
    await world.run(10_000);
    expect(await world.settled(user.node.contents(groupId, EVERYTHING))).toHaveLength(1);
  });

  it('refuses what is too large or no JSON, and keeps nothing of it', async () => {
    const { world, user, groupId } = await ownerAndUser(18);
    expect(await codeOf(world.settled(user.node.post(groupId, note('x'.repeat(301 * 1024)))))).toBe('too-large');
    expect(await codeOf(user.node.post(groupId, 'not json'))).toBe('bad-input');
    expect(viewOf(user).ownPosts).toEqual([]);
    await postAndWait(world, user, groupId, 'y'.repeat(299 * 1024));
  });

  it('while the producer is away stays pending, is signed again when it expires, and becomes final when the producer is back (S-3)', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(19);
    await world.run(5_000);
    await owner.stop();
    const trxId = await world.settled(user.node.post(groupId, note('are you there?')));
    await world.run(120_000);
    expect(await world.settled(user.node.trxStatus(groupId, trxId))).toEqual({ status: 'Pending' });
    await owner.start();
    expect(await world.runUntil(() => viewOf(user).ownPosts.length === 0, 60_000)).toBe(true);
    expect(await world.settled(user.node.trxStatus(groupId, trxId))).toMatchObject({ status: 'Committed' });
  });

  it('can be taken back by its author before it is final', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(20);
    await owner.stop();
    const trxId = await world.settled(user.node.post(groupId, note('oops')));
    await world.settled(user.node.discardPost(groupId, trxId));
    expect(await world.settled(user.node.trxStatus(groupId, trxId))).toEqual({ status: 'Unknown' });
    expect(await codeOf(world.settled(user.node.discardPost(groupId, trxId)))).toBe('unknown-trx');
  });

  it('pages through contents in both directions and by sender', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(21);
    const ids: string[] = [];
    for (let number = 0; number < 6; number++)
      ids.push(await postAndWait(world, number % 2 ? owner : user, groupId, `post ${number}`));
    const query = (over: object) =>
      world.settled(user.node.contents(groupId, { ...EVERYTHING, ...over })).then((items) => items.map((item) => item.trxId));
    expect(await query({})).toEqual(ids);
    expect(await query({ reverse: true, num: 2 })).toEqual([ids[5], ids[4]]);
    expect(await query({ startTrx: ids[1], num: 2 })).toEqual([ids[2], ids[3]]);
    expect(await query({ startTrx: ids[1], includeStart: true, reverse: true })).toEqual([ids[1], ids[0]]);
    expect(await query({ senders: [viewOf(owner).userPubkey], num: 2 })).toEqual([ids[1], ids[3]]);
    expect(await codeOf(query({ startTrx: 'nowhere' }))).toBe('unknown-trx');
  });
});

describe('private groups', () => {
  it('only those admitted read, everybody agrees on the chain (L-4)', async () => {
    const world = await World.create(22);
    const owner = await world.addMachine('owner');
    const { groupId, seed } = await world.settled(owner.node.createGroup({ ...GROUP, encryption: 'private' }));
    const stranger = await world.addMachine('stranger');
    await world.settled(stranger.node.joinGroup(seed));
    await world.settled(owner.node.post(groupId, note('for our eyes')));
    expect(await world.runUntil(() => viewOf(stranger).head.blockId === 2, 60_000)).toBe(true);
    expect(viewOf(stranger).head).toEqual(viewOf(owner).head);
    expect(await world.settled(owner.node.contents(groupId, EVERYTHING))).toHaveLength(1);
    expect(await world.settled(stranger.node.contents(groupId, EVERYTHING))).toEqual([]);
  });
});

describe('a quiet group (C-4, C-5)', () => {
  it('goes on counting epochs, makes no block, rests, and is woken by a post', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(23);
    await world.run(600_000);
    expect(viewOf(owner)).toMatchObject({ head: { blockId: 1 }, producing: 'resting' });
    const { epoch } = viewOf(owner);
    expect(epoch).toBeGreaterThan(10);
    expect(epoch).toBeLessThan(60);
    const askedAtMs = world.time.nowMs;
    await postAndWait(world, user, groupId, 'wake up');
    expect(world.time.nowMs - askedAtMs).toBeLessThan(3_000);
    expect((await world.settled(owner.node.block(groupId, 2))).Epoch).toBeGreaterThanOrEqual(epoch);
  });

  it('never uses an epoch number twice over a restart', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(24);
    await world.run(60_000);
    const { epoch } = viewOf(owner);
    owner.crash();
    await owner.start();
    expect(viewOf(owner).epoch).toBeGreaterThanOrEqual(epoch - 1);
    await postAndWait(world, user, groupId, 'after the crash');
    expect((await world.settled(owner.node.block(groupId, 2))).Epoch).toBeGreaterThanOrEqual(epoch - 1);
  });
});

import { describe, expect, it } from 'vitest';
import { openBytes, verifyAnnounce } from '../crypto/index.ts';
import { AnnounceItem, AnnounceType, parseSeed, TrxType } from '../records/index.ts';
import { type SimulatedMachine, World } from '../sim/index.ts';
import { type AnnounceChange, NodeError } from './service.ts';

const GROUP = { groupName: 'badgers', encryption: 'private', appKey: 'group_timeline' } as const;
const AS_PRODUCER: AnnounceChange = { action: 'add', type: 'producer', memo: 'always on' };
const AS_USER: AnnounceChange = { action: 'add', type: 'user', memo: '' };

async function ownerAndUser(seed: number) {
  const world = await World.create(seed);
  const owner = await world.addMachine('owner');
  const created = await world.settled(owner.node.createGroup(GROUP));
  const user = await world.addMachine('user');
  const info = await world.settled(user.node.joinGroup(created.seed));
  return { world, owner, user, ...created, info };
}

const committed = async (world: World, machines: readonly SimulatedMachine[], groupId: string, trxId: string) => {
  for (let round = 0; round < 60; round++) {
    const statuses = await Promise.all(machines.map(({ node }) => world.settled(node.trxStatus(groupId, trxId))));
    if (statuses.every(({ status }) => status === 'Committed')) return statuses;
    await world.run(1_000);
  }
  throw new Error(`${trxId} is not final after a minute`);
};

const refusalOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof NodeError ? `${error.code}: ${error.message}` : String(error)),
  );

describe('announcements (L-9)', () => {
  it('of a producer and of a user are on every node once they are final, each signed by its announcer', async () => {
    const { world, owner, user, groupId, seed, info } = await ownerAndUser(31);
    const producer = await world.settled(user.node.announce(groupId, AS_PRODUCER));
    const asUser = await world.settled(user.node.announce(groupId, AS_USER));
    expect(verifyAnnounce(producer.item)).toBe(true);
    expect(producer.item).toMatchObject({
      GroupId: groupId,
      AnnouncerPubkey: info.userPubkey,
      Content: { Type: AnnounceType.AS_PRODUCER, SignPubkey: info.userPubkey, EncryptPubkey: info.userEncryptPubkey },
    });
    await committed(world, [owner, user], groupId, asUser.trxId);
    for (const { node } of [owner, user]) {
      expect((await node.announcedProducers(groupId)).map((item) => item.AnnouncerPubkey).sort()).toEqual(
        [parseSeed(seed).ownerPubkey, info.userPubkey].sort(),
      );
      expect(await node.announcedProducers(groupId)).toContainEqual(producer.item);
      expect(await node.announcedUsers(groupId)).toEqual([asUser.item]);
      expect(await node.announcedUser(groupId, info.userPubkey)).toEqual(asUser.item);
    }
    expect(await refusalOf(owner.node.announcedUser(groupId, parseSeed(seed).ownerPubkey))).toMatch(/^unknown-account: /);
  });

  it('travel under the group’s key in a private group too: every member reads them', async () => {
    const { world, owner, user, groupId, seed } = await ownerAndUser(32);
    const { trxId, item } = await world.settled(user.node.announce(groupId, AS_USER));
    await committed(world, [owner], groupId, trxId);
    const trx = await world.settled(owner.node.trx(groupId, trxId));
    expect(trx.Type).toBe(TrxType.ANNOUNCE);
    const plain = openBytes(parseSeed(seed).cipherKey, trx.Data);
    expect(plain && AnnounceItem.decode(plain)).toEqual(item);
  });

  it('are taken back, in the order in which they were asked for, and what would have no effect is refused at once', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(33);
    const remove: AnnounceChange = { ...AS_PRODUCER, action: 'remove' };
    expect(await refusalOf(world.settled(user.node.announce(groupId, remove)))).toMatch(/^rejected: .*not announced/);
    // Neither is final yet when the next is asked for.
    await world.settled(user.node.announce(groupId, AS_PRODUCER));
    await world.settled(user.node.announce(groupId, remove));
    expect(await refusalOf(world.settled(user.node.announce(groupId, remove)))).toMatch(/^rejected: .*not announced/);
    const last = await world.settled(user.node.announce(groupId, AS_PRODUCER));
    const [status] = await committed(world, [owner, user], groupId, last.trxId);
    expect(status?.reason).toBeUndefined();
    expect(await owner.node.announcedProducers(groupId)).toHaveLength(2);
    await committed(world, [owner], groupId, (await world.settled(user.node.announce(groupId, remove))).trxId);
    expect(await owner.node.announcedProducers(groupId)).toHaveLength(1);
  });

  it('survive a crash of their author, expire, are signed again, and keep their order (S-2, S-3)', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(34);
    await world.run(5_000);
    await owner.stop();
    const first = await world.settled(user.node.announce(groupId, AS_PRODUCER));
    const second = await world.settled(user.node.announce(groupId, { ...AS_PRODUCER, action: 'remove' }));
    user.crash();
    await user.start();
    await world.run(120_000);
    expect(await world.settled(user.node.trxStatus(groupId, first.trxId))).toEqual({ status: 'Pending' });
    await owner.start();
    for (const { trxId } of [first, second]) {
      const [status] = await committed(world, [owner, user], groupId, trxId);
      expect(status?.reason).toBeUndefined();
    }
    expect(await owner.node.announcedProducers(groupId)).toHaveLength(1);
    const [added, removed] = await Promise.all([first, second].map(({ trxId }) => world.settled(owner.node.trx(groupId, trxId))));
    expect((removed?.TimeStamp ?? 0n) > (added?.TimeStamp ?? 0n)).toBe(true);
  });
});

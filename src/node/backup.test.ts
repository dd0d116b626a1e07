import { beforeAll, describe, expect, it } from 'vitest';
import { type Backup, initCrypto } from '../crypto/index.ts';
import { stringifyExact, TrxType } from '../records/index.ts';
import { type SimulatedMachine, World } from '../sim/index.ts';
import { keyOf } from './rows.ts';

beforeAll(initCrypto);

const PASSPHRASE = 'eight or more';
const group = { groupName: 'kept', encryption: 'public', appKey: 'group_timeline' } as const;

/** What comes out of the file that a node gives. */
async function fileOf(world: World, { node }: SimulatedMachine, blocks: boolean): Promise<Record<string, unknown>> {
  const backup: Backup = await world.settled(node.backup({ passphrase: PASSPHRASE, blocks }));
  return JSON.parse(stringifyExact(backup));
}

const infoOf = ({ node }: SimulatedMachine) => node.groups()[0];
const viewOf = ({ node }: SimulatedMachine) => node.view().groups[0];

/** An owner alone with some posts, and a user in the group. */
async function ownerAndUser(seed: number) {
  const world = await World.create(seed);
  const owner = await world.addMachine('owner');
  const user = await world.addMachine('user');
  const { groupId, seed: seedUrl } = await world.settled(owner.node.createGroup(group));
  await world.settled(user.node.joinGroup(seedUrl));
  for (const machine of [owner, user]) await world.settled(machine.node.post(groupId, JSON.stringify({ from: machine.name })));
  expect(await world.runUntil(() => [owner, user].every((machine) => viewOf(machine)?.posts === 2), 60_000)).toBe(true);
  return { world, owner, user, groupId, seedUrl };
}

describe('a restored profile', () => {
  it('is the same user, posts under the same key, and reads on with or without blocks (B-4)', async () => {
    const { world, owner, user, groupId } = await ownerAndUser(31);
    const before = infoOf(user);
    for (const blocks of [false, true]) {
      const known = viewOf(user);
      const file = await fileOf(world, user, blocks);
      const other = await world.addMachine(`other-${blocks}`);
      const restored = await world.settled(other.node.restore(file, PASSPHRASE));
      expect(restored).toEqual([{ groupId, groupName: 'kept', outcome: 'restored' }]);
      const { userPubkey, userEncryptPubkey } = before ?? {};
      expect(infoOf(other)).toMatchObject({ groupId, userPubkey, userEncryptPubkey });
      // Blocks are there without anybody's help.
      if (blocks) expect(viewOf(other)).toMatchObject({ head: known?.head, posts: known?.posts });
      expect(await world.settled(other.node.restore(file, PASSPHRASE))).toMatchObject([{ outcome: 'present' }]);
      const trxId = await world.settled(other.node.post(groupId, '{"from":"other"}'));
      const isFinal = (): boolean => viewOf(owner)?.ownPosts.length === 0 && viewOf(other)?.ownPosts.length === 0;
      expect(await world.runUntil(isFinal, 60_000)).toBe(true);
      expect((await world.settled(other.node.trx(groupId, trxId))).SenderPubkey).toBe(userPubkey);
      await other.stop();
    }
  });

  it('never produces under the configuration that it knows (C-13)', async () => {
    const { world, owner, groupId } = await ownerAndUser(32);
    for (const blocks of [false, true]) {
      const file = await fileOf(world, owner, blocks);
      const other = await world.addMachine(`second-${blocks}`);
      await world.settled(other.node.restore(file, PASSPHRASE));
      expect(await world.runUntil(() => viewOf(other)?.head.blockId === viewOf(owner)?.head.blockId, 60_000)).toBe(true);
      await world.settled(other.node.post(groupId, '{}'));
      await world.run(10_000);
      expect(viewOf(other)?.problem?.code).toBe('log-lost');
      const store = other.disk.open({ fence: false });
      expect(await world.settled(store.get('log', keyOf.unbrokenLog(groupId, 0)))).toBeUndefined();
      expect(viewOf(owner)?.problem).toBeUndefined();
      await other.stop();
    }
  });

  it('whose keys were lost gets them back, and stays silent although its log is there (C-13)', async () => {
    const { world, owner, groupId } = await ownerAndUser(33);
    const file = await fileOf(world, owner, false);
    await owner.stop();
    const store = owner.disk.open({ fence: false });
    await world.settled(store.write([{ table: 'keys', key: keyOf.keys(groupId), value: undefined }], 'strict'));
    await owner.start();
    expect(owner.node.view().notices).toMatchObject([{ code: 'keys-missing' }]);
    expect(await world.settled(owner.node.restore(file, PASSPHRASE))).toMatchObject([{ outcome: 'restored' }]);
    expect(owner.node.view().notices).toEqual([]);
    expect(viewOf(owner)?.problem?.code).toBe('log-lost');
  });

  it('keeps the key that it has, and the group that it left', async () => {
    const { world, user, groupId, seedUrl } = await ownerAndUser(34);
    const file = await fileOf(world, user, true);
    const other = await world.addMachine('other');
    await world.settled(other.node.joinGroup(seedUrl));
    const own = infoOf(other)?.userPubkey;
    expect(await world.settled(other.node.restore(file, PASSPHRASE))).toMatchObject([{ outcome: 'other-key' }]);
    expect(infoOf(other)?.userPubkey).toBe(own);
    expect(own).not.toBe(infoOf(user)?.userPubkey);

    await world.settled(user.node.leaveGroup(groupId));
    const left = await fileOf(world, user, false);
    const third = await world.addMachine('third');
    expect(await world.settled(third.node.restore(left, PASSPHRASE))).toMatchObject([{ outcome: 'restored' }]);
    expect(third.node.groups()).toEqual([]);
    // Back where it was left: an earlier backup opens it again.
    expect(await world.settled(user.node.restore(file, PASSPHRASE))).toMatchObject([{ outcome: 'restored' }]);
    expect(infoOf(user)?.groupId).toBe(groupId);
  });

  it('takes nothing from a file that does not open, or whose blocks do not verify (B-3, B-4)', async () => {
    const { world, user, groupId } = await ownerAndUser(35);
    const file = await fileOf(world, user, true);
    const other = await world.addMachine('other');
    const refuse = (backup: unknown, passphrase = PASSPHRASE) =>
      expect(world.settled(other.node.restore(backup, passphrase))).rejects;
    await refuse(file, 'another passphrase').toMatchObject({ code: 'bad-backup', params: { reason: 'wrong-passphrase' } });
    await refuse({ ...file, contents: 'AAAA' }).toMatchObject({ code: 'bad-backup' });
    await refuse('x').toMatchObject({ code: 'bad-backup', params: { reason: 'not-a-backup' } });
    expect(other.node.groups()).toEqual([]);
    await expect(world.settled(user.node.backup({ passphrase: 'short', blocks: false }))).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect((await world.settled(user.node.block(groupId, 1))).Trxs.map(({ Type }) => Type)).toContain(TrxType.CONSENSUS);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { type Backup, groupTopic, initCrypto } from '../crypto/index.ts';
import { GroupBroadcast, GroupBroadcastKind, parseSeed, stringifyExact } from '../records/index.ts';
import { AnnouncedGroup, openVault, type SimulatedMachine, World } from '../sim/index.ts';
import { sealBroadcast } from './envelope.ts';
import { openSecrets } from './keystore.ts';
import { signPresence } from './presence.ts';

beforeAll(initCrypto);

/** A member's machine loses what its producer has written down, and nothing else. */
async function loseLog({ world }: AnnouncedGroup, machine: SimulatedMachine): Promise<void> {
  await machine.stop();
  const store = machine.disk.open({ fence: false });
  const rows = await world.settled(store.range('log', {}));
  const gone = rows.map(({ key }) => ({ table: 'log', key, value: undefined }) as const);
  await world.settled(store.write(gone, 'strict'));
  await machine.start();
}

/** Those whom a member shows as producers that have lost their logs. */
const lostAt = (group: AnnouncedGroup, machine: SimulatedMachine): string[] =>
  group.view(machine).consensus.producers.flatMap(({ pubkey, hasLostLog }) => (hasLostLog ? [pubkey] : []));

const untilLost = (group: AnnouncedGroup, places: readonly number[]): Promise<void> =>
  group.until(`${places} have lost their logs`, () =>
    group.running.every((machine) => lostAt(group, machine).sort().join() === group.keys(places).sort().join()),
  );

describe('a producer whose log is gone (C-13)', () => {
  it('is shown as that by everybody, counts as missing, and produces again once the others have ordered its renewal', async () => {
    const group = await AnnouncedGroup.under(5, [0, 1, 2, 3], 1);
    const { world } = group;
    await group.postEverywhere();
    for (const machine of group.machines) expect(lostAt(group, machine)).toEqual([]);
    await loseLog(group, group.machine(1));
    await untilLost(group, [1]);
    const [lost] = group.keys([1]);
    await group.until('all others are online', () =>
      group.machines.every((machine) => group.view(machine).availability.online === 3),
    );
    for (const machine of group.machines) {
      expect(group.view(machine).availability).toMatchObject({ isPaused: false, missing: [{ pubkey: lost, hasLostLog: true }] });
    }
    expect(group.view(group.machine(1))).toMatchObject({ producing: 'stopped', problem: { code: 'log-lost' } });

    const wanted = group.wanted(group.keys([0, 1, 2, 3]));
    await world.settled(group.owner.node.changeConsensus(group.groupId, wanted));
    await untilLost(group, []);
    // One of the others is away, so its seals are needed.
    group.machine(2).crash();
    await group.postEverywhere();
  });

  it('is renewed by a recovery where the others are too few to order anything', async () => {
    const group = await AnnouncedGroup.under(4, [0, 1, 2], 2);
    await group.postEverywhere();
    const base = group.view(group.owner).head.blockId;
    await loseLog(group, group.machine(1));
    await untilLost(group, [1]);
    await group.until('both others are online', () =>
      group.machines.every((machine) => group.view(machine).availability.online === 2),
    );
    for (const machine of group.machines) expect(group.view(machine).availability.isPaused).toBe(true);
    await group.recover([0, 1, 2]);
    await untilLost(group, []);
    await group.postEverywhere();
    const proof = await group.world.settled(group.machine(3).node.lastProof(group.groupId));
    expect(proof.req.Contract).toMatchObject({ Recovery: true, BaseBlockId: base });
    for (const machine of group.machines) expect(group.view(machine).givenUp).toBeUndefined();
  });

  it.each([true, false])(
    'and who is alone renews itself by a recovery, restored from a backup (with blocks: %s)',
    async (blocks) => {
      const world = await World.create(3);
      const owner = await world.addMachine('owner');
      const user = await world.addMachine('user');
      const making = owner.node.createGroup({ groupName: 'kept', encryption: 'public', appKey: 'group_timeline' });
      const { groupId, seed } = await world.settled(making);
      await world.settled(user.node.joinGroup(seed));
      const viewOf = ({ node }: SimulatedMachine) => {
        const [view] = node.view().groups;
        if (!view) throw new Error('it is in no group');
        return view;
      };
      const post = async (machine: SimulatedMachine): Promise<boolean> => {
        await world.settled(machine.node.post(groupId, '{}'));
        return world.runUntil(() => viewOf(machine).ownPosts.length === 0, 60_000);
      };
      const backup: Backup = await world.settled(owner.node.backup({ passphrase: 'eight or more', blocks }));
      expect(await post(user)).toBe(true);
      await owner.stop();

      const restored = await world.addMachine('restored');
      await world.settled(restored.node.restore(JSON.parse(stringifyExact(backup)), 'eight or more'));
      const isSaid = (): boolean =>
        [restored, user].every((machine) => viewOf(machine).consensus.producers[0]?.hasLostLog === true);
      expect(await world.runUntil(isSaid, 120_000)).toBe(true);
      expect(await post(user)).toBe(false);
      const { userPubkey, epoch, head } = viewOf(restored);
      await world.settled(
        restored.node.changeConsensus(groupId, {
          producers: [userPubkey],
          startFromEpoch: epoch + 5,
          trxEpochTickMs: 1_000,
          agreementTickMs: 1_000,
          agreementTickCount: 10,
          memo: '',
          recovery: true,
        }),
      );
      expect(await world.runUntil(() => viewOf(user).ownPosts.length === 0, 120_000)).toBe(true);
      expect(await post(restored)).toBe(true);
      expect(await world.runUntil(() => viewOf(user).head.hash === viewOf(restored).head.hash, 60_000)).toBe(true);
      expect(viewOf(user).head.blockId).toBeGreaterThan(head.blockId);
      for (const machine of [restored, user]) {
        expect(viewOf(machine)).toMatchObject({ consensus: { nonce: 1, producers: [{ hasLostLog: false }] } });
        expect(viewOf(machine).problem).toBeUndefined();
        expect(viewOf(machine).givenUp).toBeUndefined();
      }
    },
  );
});

/** A peer with the group's key tells of itself under a member's key, as a producer that has lost its log. */
async function claimLost(
  { world, groupId, owner }: AnnouncedGroup,
  pubkey: string,
  silentBelow: number,
  signSecret?: Uint8Array,
): Promise<void> {
  const { cipherKey } = parseSeed(owner.node.seed(groupId));
  const host = world.network.connect(`peer-as-${pubkey}`);
  host.listenToNobody();
  const topic = groupTopic(cipherKey, groupId);
  host.subscribe(topic);
  const random = world.random.fork(`liar/${pubkey}`);
  const presence = GroupBroadcast.create({
    Kind: GroupBroadcastKind.PRESENCE,
    PeerId: host.peerId,
    Pubkey: pubkey,
    SilentBelow: silentBelow,
    Nonce: random.bytes(12),
  });
  const told = signSecret ? signPresence(presence, groupId, signSecret) : presence;
  await world.settled(host.publish(topic, sealBroadcast(cipherKey, told, random)));
  await world.run(1_000);
}

describe('what is told of a lost log proves nothing (N-2)', () => {
  it('of a producer that is here, of one under another configuration, and of who does not produce it is passed over', async () => {
    const group = await AnnouncedGroup.under(6, [0, 1, 2, 3], 4);
    await group.postEverywhere();
    const [here = '', user = '', away = ''] = group.keys([1, 4, 3]);
    group.machine(3).crash();
    // Its last word has faded.
    await group.world.run(70_000);
    const { nonce } = group.view(group.owner).consensus;
    await claimLost(group, here, nonce + 1);
    await claimLost(group, user, nonce + 1);
    await claimLost(group, away, nonce);
    for (const machine of group.running) expect(lostAt(group, machine)).toEqual([]);
    // By its stream.
    expect(group.view(group.owner).availability).toMatchObject({ online: 3 });
    // Of one that nobody hears otherwise it has to be signed (N-15); then it is shown, and the group goes on.
    await claimLost(group, away, nonce + 1);
    for (const machine of group.running) expect(lostAt(group, machine)).toEqual([]);
    const secrets = await group.world.settled(
      openSecrets(group.groupId, group.machine(3).disk.open({ fence: false }), openVault),
    );
    await claimLost(group, away, nonce + 1, secrets?.signSecret);
    for (const machine of group.running) expect(lostAt(group, machine)).toEqual([away]);
    await group.postEverywhere();
  });
});

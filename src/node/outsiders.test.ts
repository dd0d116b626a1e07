import { beforeAll, describe, expect, it } from 'vitest';
import { groupTopic, initCrypto, initThreshold } from '../crypto/index.ts';
import { GroupBroadcast, GroupBroadcastKind, parseSeed, SyncResponse } from '../records/index.ts';
import { AnnouncedGroup, type SimulatedHost, type SimulatedMachine, World } from '../sim/index.ts';
import { sealBroadcast } from './envelope.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

/** What an outsider with the seed does when it is asked for blocks. */
type Answer = 'silent' | 'empty' | 'garbage';

/** Peers that hold the group's seed and nothing else, and tell of a head that nobody has, under a key that is another's. */
function outsiders({ world, groupId, owner }: AnnouncedGroup, count: number, answer: Answer, pubkey: string) {
  const { cipherKey } = parseSeed(owner.node.seed(groupId));
  const topic = groupTopic(cipherKey, groupId);
  const random = world.random.fork('outsiders');
  const hosts = Array.from({ length: count }, (_, index): SimulatedHost => {
    const host = world.network.connect(`outsider ${index}`);
    host.listen({
      gossip: () => 'ignore',
      state: () => {},
      neighbours: () => {},
      stream: () => {},
      request: () => {
        if (answer === 'silent') return new Promise(() => {});
        return Promise.resolve(
          answer === 'empty' ? SyncResponse.encode(SyncResponse.create({ HeadBlockId: 1_000_000 })) : random.bytes(500),
        );
      },
    });
    host.subscribe(topic);
    return host;
  });
  const tell = (): void => {
    for (const host of hosts) {
      const presence = GroupBroadcast.create({
        Kind: GroupBroadcastKind.PRESENCE,
        PeerId: host.peerId,
        Pubkey: pubkey,
        HeadBlockId: 1_000_000,
        ConfigNonce: 7,
        Nonce: random.bytes(12),
      });
      void host.publish(topic, sealBroadcast(cipherKey, presence, random));
    }
  };
  return { tell };
}

/** Lets time pass while they tell, until it is so. Answers how long that took. */
async function until({ world }: AnnouncedGroup, tell: () => void, isSo: () => boolean, limitMs: number): Promise<number> {
  const startMs = world.time.nowMs;
  for (let second = 0; second * 1_000 < limitMs && !isSo(); second++) {
    if (second % 5 === 0) tell();
    await world.runUntil(isSo, 1_000);
  }
  expect(isSo()).toBe(true);
  return world.time.nowMs - startMs;
}

describe('outsiders who hold the seed', () => {
  const nobody = () => {};

  /** A member comes back who is some blocks behind, with one other member, who is no producer, and the owner to ask. */
  async function comesBack(count: number, answer: Answer): Promise<number> {
    const group = await AnnouncedGroup.create(await World.create(5), 4);
    const user = group.machine(3);
    user.crash();
    for (let post = 0; post < 10; post++) {
      await group.world.settled(group.owner.node.post(group.groupId, '{}'));
      await group.untilPosted();
    }
    const { tell } = count > 0 ? outsiders(group, count, answer, group.keys([1])[0] ?? '') : { tell: nobody };
    tell();
    await user.start();
    const head = group.view(group.owner).head.blockId;
    return until(group, tell, () => group.view(user).head.blockId >= head, 120_000);
  }

  it('delay nobody who catches up by more than three times, silent, empty or wrong (N-6)', {
    timeout: 240_000,
  }, async () => {
    const alone = await comesBack(0, 'silent');
    for (const [count, answer] of [
      [3, 'silent'],
      [50, 'silent'],
      [50, 'empty'],
      [50, 'garbage'],
    ] as const) {
      expect(await comesBack(count, answer), `${count} ${answer}`).toBeLessThanOrEqual(3 * alone);
    }
  });

  it('keep no producer that comes back from being found, and hold up no change of consensus', { timeout: 240_000 }, async () => {
    const group = await AnnouncedGroup.under(6, [0, 1, 2, 3], 6);
    const { tell } = outsiders(group, 100, 'silent', group.keys([1])[0] ?? '');
    const away = group.machine(2);
    away.crash();
    await until(group, tell, () => group.view(group.owner).availability.online === 3, 120_000);
    await away.start();
    const isBack = (machine: SimulatedMachine) => group.view(machine).availability.online === 4;
    await until(group, tell, () => group.running.every(isBack), 60_000);
    await group.world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys([0, 1, 2, 4]))));
    const wanted = group.keys([0, 1, 2, 4]).sort().join();
    await until(group, tell, () => [...group.view(group.owner).producers].sort().join() === wanted, 120_000);
    await group.postEverywhere();
  });
});

import { groupTopic } from '../crypto/index.ts';
import { sealBroadcast } from '../node/index.ts';
import { GroupBroadcast, GroupBroadcastKind, parseSeed, SyncResponse } from '../records/index.ts';
import type { AnnouncedGroup } from './announced-group.ts';

/** A peer with the group's key that tells of a newer head and answers requests in its own way. */
export async function liarIn(
  group: AnnouncedGroup,
  head: Partial<GroupBroadcast>,
  answer: (data: Uint8Array) => Promise<SyncResponse>,
) {
  const { world, groupId } = group;
  const seed = parseSeed(group.owner.node.seed(groupId));
  const host = world.network.connect('peer-liar');
  host.listen({
    gossip: () => 'ignore',
    request: async (data) => SyncResponse.encode(await answer(data)),
    state: () => {},
    neighbours: () => {},
    stream: (stream) => stream.close(),
  });
  const topic = groupTopic(seed.cipherKey, groupId);
  host.subscribe(topic);
  const random = world.random.fork('liar');
  const presence = GroupBroadcast.create({
    Kind: GroupBroadcastKind.PRESENCE,
    PeerId: host.peerId,
    Pubkey: group.keys([1])[0] ?? '',
    ClockNs: 0n,
    Nonce: random.bytes(12),
    ...head,
  });
  await world.settled(host.publish(topic, sealBroadcast(seed.cipherKey, presence, random)));
  return { host, seed, topic, random };
}

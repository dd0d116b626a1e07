import { groupTopic } from '../crypto/index.ts';
import { sealBroadcast, signPresence } from '../node/index.ts';
import { GroupBroadcast, GroupBroadcastKind, parseSeed, SyncResponse } from '../records/index.ts';
import type { AnnouncedGroup } from './announced-group.ts';

/** A peer with the group's key that tells of a newer head and answers requests in its own way; its presence is signed where it has the key that it names. */
export async function liarIn(
  group: AnnouncedGroup,
  head: Partial<GroupBroadcast>,
  answer: (data: Uint8Array) => Promise<SyncResponse>,
  peer = 'peer-liar',
  signSecret?: Uint8Array,
) {
  const { world, groupId } = group;
  const seed = parseSeed((group.running[0] ?? group.owner).node.seed(groupId));
  const host = world.network.connect(peer);
  host.listen({
    gossip: () => 'ignore',
    request: async (data) => SyncResponse.encode(await answer(data)),
    state: () => {},
    neighbours: () => {},
    stream: (stream) => stream.close(),
  });
  const topic = groupTopic(seed.cipherKey, groupId);
  host.subscribe(topic);
  const random = world.random.fork(`liar/${peer}`);
  const presence = GroupBroadcast.create({
    Kind: GroupBroadcastKind.PRESENCE,
    PeerId: host.peerId,
    Pubkey: group.keys([1])[0] ?? '',
    ClockNs: 0n,
    Nonce: random.bytes(12),
    ...head,
  });
  const told = signSecret ? signPresence(presence, groupId, signSecret) : presence;
  await world.settled(host.publish(topic, sealBroadcast(seed.cipherKey, told, random)));
  return { host, seed, topic, random };
}

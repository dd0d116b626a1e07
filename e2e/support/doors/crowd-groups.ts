/** Attacks by gossip: topics of groups that nobody has, members that nobody is, posts that nobody gives, and more messages than anybody needs. */
import { webcrypto } from 'node:crypto';
import { publicKeyOf } from '../../../src/crypto/index.ts';
import { newUuid } from '../../../src/node/genesis.ts';
import { GroupBroadcastKind, parseSeed } from '../../../src/records/index.ts';
import { type HostileMember, startHostileMember } from '../hostile-member.ts';
import { type HostilePeer, inventPeer, startHostilePeer } from '../hostile-peer.ts';
import { type Attack, inLanes, type Means, type Report, sleep } from './order.ts';
import { openDetour, sourceAddress } from './raw-socket.ts';

const TOPICS_OF_ONE = 64;
/** Peers that are started at the same time. */
const LANES = 12;
const SOCKETS_OF_ONE_ADDRESS = 33;
const ADDRESSES = 10;
const CHANGED_EVERY_MS = 50;
const INVENTED = 400;
const INVENTED_EVERY_MS = 40;
const FORGED_EVERY = 4;
const SIGNATURE_BYTES = 65;
const TOLD_EVERY_MS = 100;
/** As much as a relay lets through. */
const FLOOD_OF = 4;
const FLOOD_EVERY_MS = 50;
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const LARGE_BYTES = 100_000;

const random = { bytes: (length: number) => webcrypto.getRandomValues(new Uint8Array(length)) };

/** The relay as somebody from elsewhere reaches it. */
async function elsewhere({ scene, random: seeded }: Pick<Means, 'scene' | 'random'>): Promise<string> {
  const { port } = await openDetour(Number(new URL(scene.relayOrigin).port), sourceAddress(seeded));
  return `http://127.0.0.1:${port}`;
}

function member(means: Means): Promise<HostileMember> {
  return elsewhere(means).then((origin) => startHostileMember(origin, means.scene.seed));
}

/**
 * So many sockets of each address, each in as many topics as one may be in, and in others every now and then. What was reached are the topics that the relay is in
 * for them.
 */
function fillTopics(addresses: number, socketsOfOne: number): Attack {
  return async (means) => {
    const { random: seeded, signal } = means;
    const newTopic = (): string => `sett/1/${Buffer.from(seeded.bytes(HASH_BYTES)).toString('hex')}`;
    const subscribed: { readonly peer: HostilePeer; topic: string }[] = [];
    const origins = await Promise.all(Array.from({ length: addresses }, () => elsewhere(means)));
    const places = origins.flatMap((origin) => Array<string>(socketsOfOne).fill(origin));
    await inLanes(places, LANES, signal, async (origin) => {
      const peer = await startHostilePeer(origin);
      for (let count = 0; count < TOPICS_OF_ONE; count++) subscribed.push({ peer, topic: newTopic() });
    });
    for (const { peer, topic } of subscribed) peer.subscribe(topic);
    return async (): Promise<Report> => {
      let tried = subscribed.length;
      for (; !signal.aborted; tried++) {
        const one = subscribed[seeded.int(subscribed.length)];
        if (one === undefined) break;
        one.peer.unsubscribe(one.topic);
        one.topic = newTopic();
        one.peer.subscribe(one.topic);
        await sleep(CHANGED_EVERY_MS);
      }
      return { tried, reached: subscribed.filter(({ peer, topic }) => peer.subscribers(topic) > 0).length };
    };
  };
}

export const topicsOfOneAddress = fillTopics(1, SOCKETS_OF_ONE_ADDRESS);
export const topicsOfManyAddresses = fillTopics(ADDRESSES, Math.ceil(SOCKETS_OF_ONE_ADDRESS / ADDRESSES));

/** Presences of many ids over one connection, each with a head that nobody has, and some in the owner's name. */
export const inventedMembers: Attack = async (means) => {
  const { ownerPubkey } = parseSeed(means.scene.seed);
  const crowd = await Promise.all(
    Array.from({ length: INVENTED }, async () => ({ author: await inventPeer(), pubkey: publicKeyOf(random.bytes(KEY_BYTES)) })),
  );
  const hostile = await member(means);
  return async () => {
    let tried = 0;
    for (let index = 0; !means.signal.aborted; index++) {
      const one = crowd[index % crowd.length];
      if (one === undefined) break;
      const asOwner = index % FORGED_EVERY === 0 && { Pubkey: ownerPubkey, Sign: random.bytes(SIGNATURE_BYTES) };
      await hostile.tell({ Pubkey: one.pubkey, HeadBlockId: 2 ** 40, ...asOwner }, one.author);
      tried++;
      await sleep(INVENTED_EVERY_MS);
    }
    return { tried, reached: tried };
  };
};

/** Large posts that are told of, by a member and by invented ones, and that are never given. */
export const unservedPosts: Attack = async (means) => {
  const crowd = await Promise.all(Array.from({ length: INVENTED }, inventPeer));
  const hostile = await member(means);
  return async () => {
    let tried = 0;
    for (let index = 0; !means.signal.aborted; index++) {
      const told = {
        Kind: GroupBroadcastKind.TRX,
        Id: newUuid(random),
        Sender: publicKeyOf(random.bytes(KEY_BYTES)),
        Hash: random.bytes(HASH_BYTES),
        SizeBytes: LARGE_BYTES,
      };
      await hostile.tell(told, index % 2 === 0 ? undefined : crowd[index % crowd.length]);
      tried++;
      await sleep(TOLD_EVERY_MS);
    }
    return { tried, reached: tried };
  };
};

/** One member that comes and goes, many times a second. */
export const comingAndGoing: Attack = async (means) => {
  const hostile = await member(means);
  return async () => {
    let tried = 0;
    while (!means.signal.aborted) {
      for (let index = 0; index < FLOOD_OF; index++, tried++) {
        await hostile.tell({ Kind: index % 2 === 0 ? GroupBroadcastKind.PRESENCE : GroupBroadcastKind.LEAVING });
      }
      await sleep(FLOOD_EVERY_MS);
    }
    return { tried, reached: tried };
  };
};

/** Gossip at the relay: which packets reach gossipsub, and who is told which topics the relay is in. */
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub';
import { interceptPackets, signatureAsId } from '../../network/index.ts';
import type { Meter } from './meter.ts';
import type { Topics } from './topics.ts';

/** What lies unsent for one slow peer, or unread of one, before its stream is cut. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** gossipsub with the settings of a relay. */
export function createRelayGossip(): ReturnType<typeof gossipsub> {
  return gossipsub({
    allowPublishToZeroTopicPeers: true,
    fallbackToFloodsub: false,
    // Members that have no direct connections yet hear each other through the relay alone: it forwards to many.
    D: 12,
    Dlo: 8,
    Dhi: 24,
    Dout: 0,
    idontwantMinDataSize: Number.MAX_SAFE_INTEGER,
    maxOutboundBufferSize: BUFFER_BYTES,
    maxInboundDataLength: BUFFER_BYTES,
    fastMsgIdFn: signatureAsId,
    // Behind a proxy, or in one office, everybody has the same address.
    scoreParams: { IPColocationFactorWeight: 0 },
  });
}

/** A method of gossipsub's class (version 17): tells a peer which topics we are in. */
interface Announcing {
  sendSubscriptions(peer: string, topics: string[], subscribe: boolean): void;
}

/**
 * Takes out of every packet messages of topics that the relay is not in and what is over the sender's limits; and tells each peer only
 * of the topics that it is in itself: gossipsub would tell everybody of every group that meets here.
 */
export function guardGossip(pubsub: GossipSub, topics: Topics, meter: Meter): void {
  const router = pubsub as unknown as Announcing;
  const announce = router.sendSubscriptions.bind(router);
  router.sendSubscriptions = (peer, names, subscribe) => {
    const known = names.filter((topic) => topics.isIn(peer, topic));
    if (known.length > 0) announce(peer, known, subscribe);
  };
  interceptPackets(pubsub, (from, packet) => {
    const subscriptions = packet.subscriptions.filter(({ topic, subscribe }) => {
      if (topic === undefined) return false;
      if (subscribe !== true) topics.left(from, topic);
      else if (!topics.mayJoin(from, topic)) return false;
      else if (!topics.isIn(from, topic)) {
        topics.joined(from, topic);
        announce(from, [topic], true);
      }
      return true;
    });
    const messages = packet.messages.filter(({ topic, data }) => meter.allows(from, data?.byteLength ?? 0) && topics.has(topic));
    return { ...packet, subscriptions, messages };
  });
}

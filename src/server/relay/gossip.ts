/** Gossip at the relay: which packets reach gossipsub, and who is told which topics the relay is in. */
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import { peerIdFromString } from '@libp2p/peer-id';
import { claimedAuthor, interceptPackets, signatureAsId } from '../../network/index.ts';
import type { Meter } from './meter.ts';
import type { Topics } from './topics.ts';

/** What lies unsent for one slow peer, or unread of one, before its stream is cut. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** What a message takes on its way, whichever of its fields is the long one. */
function sizeOf({ from, data, seqno, topic, signature, key }: RPC.Message): number {
  return [from, data, seqno, signature, key].reduce((sum, field) => sum + (field?.byteLength ?? 0), topic.length);
}

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
 * Returns a function that looks for room for the subscriptions that wait, to be called now and then.
 */
export function guardGossip(pubsub: GossipSub, topics: Topics, meter: Meter): () => void {
  const router = pubsub as unknown as Announcing;
  const announce = router.sendSubscriptions.bind(router);
  router.sendSubscriptions = (peer, names, subscribe) => {
    const known = names.filter((topic) => topics.isIn(peer, topic));
    if (known.length > 0) announce(peer, known, subscribe);
  };
  const pass = interceptPackets(pubsub, (from, packet) => {
    const subscriptions = packet.subscriptions.filter(({ topic, subscribe }) => {
      if (topic === undefined) return false;
      // Who leaves has paid for its joining.
      if (subscribe !== true) return topics.left(from, topic);
      if (topics.isIn(from, topic)) return true;
      if (!meter.allowsSubscription(from)) {
        topics.wait(from, topic);
        return false;
      }
      if (!topics.join(from, topic)) return false;
      announce(from, [topic], true);
      return true;
    });
    const messages = packet.messages.filter((message) => {
      if (!meter.allows(from, claimedAuthor(message), sizeOf(message)) || !topics.has(message.topic)) return false;
      topics.used(message.topic);
      return true;
    });
    return { ...packet, subscriptions, messages };
  });
  return () => {
    // What was refused is taken now as if it had just been asked for: whoever waits does not ask again.
    for (const [peer, topic] of topics.sweep()) {
      announce(peer, [topic], true);
      void pass(peerIdFromString(peer), { subscriptions: [{ subscribe: true, topic }], messages: [] });
    }
  };
}

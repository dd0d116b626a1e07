/** A peer without manners: raw libp2p, which sends and answers what no honest tab does. */
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub';
import { RPC } from '@chainsafe/libp2p-gossipsub/message';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { PrivateKey, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const SYNC_PROTOCOL = '/sett/sync/1';
export const CONSENSUS_PROTOCOL = '/sett/consensus/1';

/** What a peer's signature of gossip begins with. */
const SIGNED_PREFIX = Buffer.from('libp2p-pubsub:');
const SEQUENCE_BYTES = 8;

/** Somebody who is not there: only a key to sign gossip with. */
export interface InventedPeer {
  readonly peerId: string;
  readonly privateKey: PrivateKey;
}

export async function inventPeer(): Promise<InventedPeer> {
  const privateKey = await generateKeyPair('Ed25519');
  return { privateKey, peerId: peerIdFromPrivateKey(privateKey).toString() };
}

/** A public method of gossipsub's class (version 17). */
interface Sending {
  sendRpc(peer: string, packet: RPC): boolean;
}

export interface HostilePeer {
  readonly peerId: string;
  /** What to do with a sync stream that somebody opens; set before it is used. */
  answer: (stream: Stream) => Promise<void>;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** How many neighbours say that they are in a topic. */
  subscribers(topic: string): number;
  /** Resolves with the number of neighbours that it was sent to. */
  publish(topic: string, data: Uint8Array): Promise<number>;
  /** Passes on to the relay what somebody else is said to have published, without a look. False: it does not take it now. */
  forward(topic: string, data: Uint8Array, author: InventedPeer): Promise<boolean>;
  /** Sends raw bytes on a new stream (of sync, unless told) to a peer, and waits until the peer ends it. */
  send(peer: string, chunks: Iterable<Uint8Array>, thenClose?: boolean, protocol?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startHostilePeer(origin: string): Promise<HostilePeer> {
  const { relays } = (await (await fetch(`${origin}/bootstrap.json`)).json()) as { relays: string[] };
  const relay = relays[0];
  const relayId = relay?.split('/p2p/')[1];
  if (relay === undefined || relayId === undefined) throw new Error('The relay names no address.');
  const node = await createLibp2p({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, floodPublish: true, fallbackToFloodsub: false }),
    },
  });
  const peer: HostilePeer = {
    peerId: node.peerId.toString(),
    answer: async () => {},
    subscribe: (topic) => node.services.pubsub.subscribe(topic),
    unsubscribe: (topic) => node.services.pubsub.unsubscribe(topic),
    subscribers: (topic) => node.services.pubsub.getSubscribers(topic).length,
    publish: async (topic, data) => (await node.services.pubsub.publish(topic, data)).recipients.length,
    forward: async (topic, data, { privateKey }) => {
      const from = peerIdFromPrivateKey(privateKey).toMultihash().bytes;
      const seqno = Buffer.alloc(SEQUENCE_BYTES);
      seqno.writeBigUInt64BE(process.hrtime.bigint());
      const message = { from, data, seqno, topic };
      const signature = await privateKey.sign(Buffer.concat([SIGNED_PREFIX, RPC.Message.encode(message)]));
      const key = publicKeyToProtobuf(privateKey.publicKey);
      const router = node.services.pubsub as GossipSub as unknown as Sending;
      return router.sendRpc(relayId, { subscriptions: [], messages: [{ ...message, signature, key }] });
    },
    send: async (target, chunks, thenClose = false, protocol = SYNC_PROTOCOL) => {
      const connection = await node.dial(multiaddr(`${relay}/p2p-circuit/p2p/${target}`));
      const stream = await connection.newStream(protocol, { runOnLimitedConnection: true });
      const ended = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve()));
      try {
        for (const chunk of chunks) if (!stream.send(chunk)) await stream.onDrain();
        if (thenClose) await stream.close();
      } catch {
        // The other side has had enough; that is what is waited for.
      }
      await ended;
    },
    stop: async () => {
      await node.stop();
    },
  };
  await node.handle(SYNC_PROTOCOL, (stream) => void peer.answer(stream).catch(() => {}), { runOnLimitedConnection: true });
  const reserved = new Promise<void>((resolve) => {
    node.addEventListener('self:peer:update', () => {
      if (node.getMultiaddrs().length > 0) resolve();
    });
  });
  await node.dial(multiaddr(relay));
  await reserved;
  return peer;
}

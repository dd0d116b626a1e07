/** A peer without manners: raw libp2p, which sends and answers what no honest tab does. */
import { gossipsub } from '@chainsafe/libp2p-gossipsub';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const SYNC_PROTOCOL = '/sett/sync/1';
export const CONSENSUS_PROTOCOL = '/sett/consensus/1';

export interface HostilePeer {
  readonly peerId: string;
  /** What to do with a sync stream that somebody opens; set before it is used. */
  answer: (stream: Stream) => Promise<void>;
  subscribe(topic: string): void;
  /** How many neighbours say that they are in a topic. */
  subscribers(topic: string): number;
  /** Resolves with the number of neighbours that it was sent to. */
  publish(topic: string, data: Uint8Array): Promise<number>;
  /** Sends raw bytes on a new stream (of sync, unless told) to a peer, and waits until the peer ends it. */
  send(peer: string, chunks: Iterable<Uint8Array>, thenClose?: boolean, protocol?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startHostilePeer(origin: string): Promise<HostilePeer> {
  const { relays } = (await (await fetch(`${origin}/bootstrap.json`)).json()) as { relays: string[] };
  const relay = relays[0];
  if (relay === undefined) throw new Error('The relay names no address.');
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
    subscribers: (topic) => node.services.pubsub.getSubscribers(topic).length,
    publish: async (topic, data) => (await node.services.pubsub.publish(topic, data)).recipients.length,
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

/** The relay: a libp2p host that carries circuits and gossip between tabs and understands neither. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { identify, identifyPush } from '@libp2p/identify';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { WebSocketServer } from 'ws';
import { TokenBucket } from '../../network/index.ts';
import { RELAY_LIMITS } from '../limits.ts';
import { clientAddress, Door } from './door.ts';
import { Meter } from './meter.ts';
import { INTERNAL_ADDRESS, onePort } from './one-port.ts';
import { Refusals } from './refusals.ts';
import { Topics } from './topics.ts';

const SWEEP_INTERVAL_MS = 5_000;
/** As in the page: a tab with a busy main thread answers late, and its pings overlap. */
const MONITOR = { pingInterval: 10_000, pingTimeout: { minTimeout: 30_000, maxTimeout: 60_000 } };
const PING_STREAMS = 32;
/** What lies unsent for one slow peer before its stream is cut. */
const OUTBOUND_BUFFER_BYTES = 4 * 1024 * 1024;

export interface RelayOptions {
  readonly privateKey: PrivateKey;
  /** Multiaddrs (without peer id) that peers learn from the relay itself. */
  readonly announce: readonly string[];
  /** A TLS proxy on this machine stands in front, and says whom it forwards for. */
  readonly behindProxy: boolean;
}

export interface Relay {
  readonly peerId: string;
  /** Takes an HTTP request that wants to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stop(): Promise<void>;
}

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const nowMs = () => performance.now();
  const port = onePort();
  const door = new Door(nowMs);
  const refusals = new Refusals(nowMs);
  const circuits = new Map<string, TokenBucket>();
  const node = await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    addresses: { listen: [INTERNAL_ADDRESS], announce: [...options.announce] },
    transports: [port.transport],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      denyInboundEncryptedConnection: (peer) => refusals.has(peer.toString()),
      denyOutboundRelayedConnection: (source) => !mayOpenCircuit(circuits, source.toString(), nowMs()),
    },
    connectionManager: {
      // Many tabs may stand behind one address; `Door` does the counting.
      inboundConnectionThreshold: RELAY_LIMITS.connections,
      maxIncomingPendingConnections: RELAY_LIMITS.connections,
      maxConnections: RELAY_LIMITS.connections,
    },
    connectionMonitor: MONITOR,
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: PING_STREAMS, maxOutboundStreams: PING_STREAMS }),
      relay: circuitRelayServer({
        reservations: {
          maxReservations: RELAY_LIMITS.reservations,
          defaultDataLimit: BigInt(RELAY_LIMITS.circuitBytes),
          defaultDurationLimit: RELAY_LIMITS.circuitMs,
        },
      }),
      pubsub: gossipsub({
        allowPublishToZeroTopicPeers: true,
        fallbackToFloodsub: false,
        // Members that have no direct connections yet hear each other through the relay alone: it forwards to many.
        D: 12,
        Dlo: 8,
        Dhi: 24,
        Dout: 0,
        idontwantMinDataSize: Number.MAX_SAFE_INTEGER,
        maxOutboundBufferSize: OUTBOUND_BUFFER_BYTES,
        maxInboundDataLength: OUTBOUND_BUFFER_BYTES,
        fastMsgIdFn: (message) => String.fromCharCode(...(message.signature ?? new Uint8Array()).subarray(0, 64)),
        // Behind a proxy, or in one office, everybody has the same address.
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  });
  const drop = (peer: string) => {
    refusals.add(peer);
    for (const connection of node.getConnections(peerIdFromString(peer)))
      connection.abort(new Error('Over the limits of this relay.'));
  };
  const topics = new Topics({
    subscribe: (topic) => node.services.pubsub.subscribe(topic),
    unsubscribe: (topic) => node.services.pubsub.unsubscribe(topic),
    nowMs,
  });
  const meter = new Meter(nowMs, drop);
  guardGossip(node.services.pubsub, topics, meter);
  node.addEventListener('peer:disconnect', ({ detail }) => {
    topics.gone(detail.toString());
    meter.gone(detail.toString());
    circuits.delete(detail.toString());
  });
  await node.start();
  door.start();
  const sweep = setInterval(() => topics.sweep(), SWEEP_INTERVAL_MS);
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: RELAY_LIMITS.webSocketMessageBytes,
    perMessageDeflate: false,
  });

  return {
    peerId: node.peerId.toString(),
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const refusal = door.admit(socket, clientAddress(request, options.behindProxy));
      if (refusal !== undefined) {
        socket.end(`HTTP/1.1 ${refusal.status} ${refusal.reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      webSockets.handleUpgrade(request, socket, head, (webSocket) => port.accept(webSocket, request));
    },
    stop: async () => {
      clearInterval(sweep);
      webSockets.close();
      await node.stop();
      door.stop();
    },
  };
}

function mayOpenCircuit(circuits: Map<string, TokenBucket>, peer: string, nowMs: number): boolean {
  const { burst, perSecond } = RELAY_LIMITS.circuitsPerPeer;
  const bucket = circuits.get(peer) ?? new TokenBucket(burst, perSecond, nowMs);
  circuits.set(peer, bucket);
  return bucket.take(1, nowMs);
}

/**
 * Looks at every gossip packet before gossipsub does: messages of topics that the relay is not in, and what is over a peer's limits, are taken out unread.
 * gossipsub itself would check each signature first, and has no limit per peer.
 */
function guardGossip(pubsub: GossipSub, topics: Topics, meter: Meter): void {
  const router = pubsub as GossipSub & { handleReceivedRpc(from: PeerId, rpc: RPC): Promise<void> };
  const handle = router.handleReceivedRpc.bind(router);
  router.handleReceivedRpc = async (from, rpc) => {
    const peer = from.toString();
    const subscriptions = rpc.subscriptions.filter(({ topic, subscribe }) => {
      if (topic === undefined) return false;
      if (subscribe !== true) topics.left(peer, topic);
      else if (topics.mayJoin(peer, topic)) topics.joined(peer, topic);
      else return false;
      return true;
    });
    const messages = rpc.messages.filter(({ topic, data }) => meter.allows(peer, data?.byteLength ?? 0) && topics.has(topic));
    await handle(from, { ...rpc, subscriptions, messages });
  };
}

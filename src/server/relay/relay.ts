/** The relay: a libp2p host that carries circuits and gossip between tabs and understands neither. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { identify, identifyPush } from '@libp2p/identify';
import type { PrivateKey } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { WebSocketServer } from 'ws';
import { TokenBucket } from '../../network/index.ts';
import { RELAY_LIMITS } from '../limits.ts';
import { clientAddress, Door } from './door.ts';
import { createRelayGossip, guardGossip } from './gossip.ts';
import { Meter } from './meter.ts';
import { INTERNAL_ADDRESS, onePort } from './one-port.ts';
import { Refusals } from './refusals.ts';
import { Topics } from './topics.ts';

const SWEEP_INTERVAL_MS = 5_000;
/** As in the page: a tab with a busy main thread answers late, and its pings overlap. */
const MONITOR = { pingInterval: 10_000, pingTimeout: { minTimeout: 30_000, maxTimeout: 60_000 } };
const PING_STREAMS = 32;

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
    streamMuxers: [yamux({ maxInboundStreams: RELAY_LIMITS.streamsPerConnection })],
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
      pubsub: createRelayGossip(),
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
    // libp2p would keep the place for two hours, and a thousand passers-by would fill it.
    node.services.relay.reservations.get(detail)?.signal.clear();
    node.services.relay.reservations.delete(detail);
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
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        door.attach(socket, webSocket);
        port.accept(webSocket, request);
      });
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

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
import { TokenBucket } from '../../records/index.ts';
import { addressKey, clientAddress } from '../guard/address.ts';
import { traceEvents } from '../guard/defects.ts';
import { refuseUpgrade } from '../guard/refuse-upgrade.ts';
import { webSocketOptions } from '../guard/web-socket-options.ts';
import { RELAY_LIMITS } from '../limits.ts';
import { Door } from './door.ts';
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
  /** TCP connections that the process may have. */
  readonly sockets: number;
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
  // WebSockets leave some sockets to those who fetch the app, also where the system allows few.
  const connections = Math.floor((RELAY_LIMITS.connections * options.sockets) / RELAY_LIMITS.sockets);
  const door = new Door(nowMs, connections);
  const refusals = new Refusals(nowMs);
  const circuits = new Map<string, TokenBucket>();
  /** Addresses of the connected peers. */
  const addresses = new Map<string, string>();
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
  const addressOf = (peer: string) => addressKey(addresses.get(peer));
  const topics = new Topics({
    subscribe: (topic) => node.services.pubsub.subscribe(topic),
    unsubscribe: (topic) => node.services.pubsub.unsubscribe(topic),
    addressOf,
    nowMs,
  });
  const meter = new Meter({ nowMs, drop, addressOf });
  const sweepTopics = guardGossip(node.services.pubsub, topics, meter);
  node.addEventListener('connection:open', ({ detail: { remotePeer, remoteAddr } }) => {
    addresses.set(remotePeer.toString(), remoteAddr.getComponents()[0]?.value ?? '');
  });
  node.addEventListener('peer:disconnect', ({ detail }) => {
    topics.gone(detail.toString());
    meter.gone(detail.toString());
    circuits.delete(detail.toString());
    addresses.delete(detail.toString());
    // libp2p would keep the place for two hours, and a thousand passers-by would fill it.
    node.services.relay.reservations.get(detail)?.signal.clear();
    node.services.relay.reservations.delete(detail);
  });
  await node.start();
  door.start();
  const sweep = setInterval(sweepTopics, SWEEP_INTERVAL_MS);
  const webSockets = new WebSocketServer(webSocketOptions(RELAY_LIMITS.webSocketMessageBytes));

  return {
    peerId: node.peerId.toString(),
    upgrade: (request, socket, head) => {
      traceEvents(socket, () => socket.destroy());
      const address = clientAddress(request, options.behindProxy);
      const refused = door.admit(socket, address);
      if (refused !== undefined) {
        refuseUpgrade(socket, refused, { type: 'text/plain', text: 'This relay has too many connections. Try again later.\n' });
        return;
      }
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        door.attach(socket, webSocket);
        const { remotePort } = request.socket;
        port.accept(webSocket, { socket: { remoteAddress: address, remotePort }, destroy: () => webSocket.terminate() });
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

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import type { NodeView } from '../node/view.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';

const nodeSchema = z
  .object({
    node_id: z.string(),
    node_publickey: z.string().openapi({ description: 'Base64 of the protobuf-encoded libp2p public key' }),
    node_status: z.enum(['NODE_ONLINE', 'NODE_OFFLINE']),
    node_type: z.literal('peer'),
    node_version: z.string(),
    peers: z.record(z.string(), z.array(z.string())).openapi({ description: 'Connected peers by protocol' }),
  })
  .openapi('Node');

const networkSchema = z
  .object({
    peer_id: z.string(),
    eth_addr: z.string(),
    nat_type: z.string(),
    nat_enabled: z.boolean(),
    addrs: z.array(z.string()),
    groups: z.array(z.object({ GroupId: z.string(), GroupName: z.string(), Peers: z.array(z.string()) })),
    node: nodeSchema,
    connections: z
      .array(z.object({ peer_id: z.string(), path: z.enum(['webrtc', 'websocket', 'relay']), address: z.string() }))
      .openapi({ description: 'Open connections to peers that are no relays, the best one of each peer' }),
  })
  .openapi('Network');

/** The one protocol that all members of a group speak with each other directly. */
const SYNC_PROTOCOL = '/sett/sync/1';

function connectedMembers(group: NodeView['groups'][number]): string[] {
  return group.members.filter((member) => member.path !== 'none').map((member) => member.peerId);
}

function toNode(view: NodeView, version: string): z.output<typeof nodeSchema> {
  const { peerId, relays } = view.network;
  const peers = [...new Set(view.groups.flatMap(connectedMembers))].sort();
  const online = view.network.peers > 0 || relays.some((relay) => relay.state === 'connected' || relay.state === 'reserved');
  return {
    node_id: peerId ?? '',
    node_publickey: peerId === undefined ? '' : publicKeyOfPeerId(peerId),
    node_status: online ? 'NODE_ONLINE' : 'NODE_OFFLINE',
    node_type: 'peer',
    node_version: version,
    peers: { [SYNC_PROTOCOL]: peers },
  };
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/**
 * A peer id of an Ed25519 key is the base58 of an identity multihash (two bytes: 0x00, length) around the encoded public key itself
 * (libp2p specs, peer-ids). Ids that only hold a hash of the key give ''.
 */
function publicKeyOfPeerId(peerId: string): string {
  let number = 0n;
  for (const character of peerId) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) return '';
    number = number * 58n + BigInt(digit);
  }
  const zeros = /^1*/.exec(peerId)?.[0].length ?? 0;
  const hex = number.toString(16);
  const tail = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Uint8Array.from([
    ...Array<number>(zeros).fill(0),
    ...(tail.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)),
  ]);
  if (bytes[0] !== 0 || bytes[1] !== bytes.length - 2) return '';
  return btoa(String.fromCharCode(...bytes.subarray(2)));
}

/** Addresses of one call: each is dialled, all at once. */
const ADDRESSES_MAX = 16;
const ADDRESS_CHARS_MAX = 512;

const addressesBody = z
  .array(
    z
      .string()
      .min(1)
      .max(ADDRESS_CHARS_MAX)
      .openapi({ example: '/dns4/example.org/tcp/443/wss/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5' }),
  )
  .min(1)
  .max(ADDRESSES_MAX)
  .openapi('Addresses', { description: 'WebSocket multiaddrs with a peer id' });

const peersAnswer = z
  .object({
    succ_count: z.int(),
    err_count: z.int(),
    error: z.record(z.string(), z.string()).openapi({ description: 'By address: why it is not connected' }),
  })
  .openapi('ConnectedPeers');

export const NETWORK_ENDPOINTS = endpoints({
  connectPeers: {
    method: 'post',
    path: '/api/v1/network/peers',
    summary: 'Connect to peers by their addresses, until the node stops',
    body: addressesBody,
    answer: peersAnswer,
  },
  addRelays: {
    method: 'post',
    path: '/api/v1/network/relay',
    summary: 'Use more relays, until the node stops',
    body: addressesBody,
    answer: z.object({ ok: z.literal(true) }).openapi('AddedRelays'),
  },
  node: { method: 'get', path: '/api/v1/node', summary: 'This node', answer: nodeSchema },
  network: { method: 'get', path: '/api/v1/network', summary: 'This node’s network', answer: networkSchema },
});

/** What this node is, whom it is connected to, and whom it shall be. */
export function addNetworkRoutes(router: OpenAPIHono, service: NodeService, version: string): void {
  addEndpoint(router, NETWORK_ENDPOINTS.node, () => toNode(service.view(), version));
  addEndpoint(router, NETWORK_ENDPOINTS.connectPeers, async ({ body }) => {
    const reached = [...(await service.connectPeers(body))];
    const failed = reached.flatMap(([address, error]) => (error === undefined ? [] : [[address, error.message] as const]));
    return { succ_count: reached.length - failed.length, err_count: failed.length, error: Object.fromEntries(failed) };
  });
  addEndpoint(router, NETWORK_ENDPOINTS.addRelays, async ({ body }) => {
    await service.addRelays(body);
    return { ok: true as const };
  });
  addEndpoint(router, NETWORK_ENDPOINTS.network, () => {
    const view = service.view();
    const { peerId, relays } = view.network;
    return {
      peer_id: peerId ?? '',
      // A peer has an identity of its own here; Ethereum addresses belong to a user in a group (`user_eth_addr`).
      eth_addr: '',
      // A tab is reached through its relays and cannot learn what stands between them and it.
      nat_type: 'Unknown',
      nat_enabled: true,
      addrs:
        peerId === undefined
          ? []
          : relays.filter(({ state }) => state === 'reserved').map(({ address }) => `${address}/p2p-circuit/p2p/${peerId}`),
      groups: view.groups.map((group) => ({
        GroupId: group.groupId,
        GroupName: group.groupName,
        Peers: connectedMembers(group),
      })),
      node: toNode(view, version),
      connections: view.network.connections.map(({ peerId: peer_id, path, address }) => ({ peer_id, path, address })),
    };
  });
}

import type { GossipVerdict, NetworkErrorCode, NetworkState, PeerId } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { isBytes, isCount, isObject, isText, listOf, messageReader, oneOf, shape } from './shapes.ts';

/**
 * The network's seam: libp2p lives in the page, the node in the worker. Questions of either side carry an id that the answer repeats.
 */

/** What either side says of an open stream; the page numbers them. */
export type StreamMessage =
  | { readonly type: 'stream-data'; readonly stream: number; readonly data: Uint8Array }
  /** Messages that together count this much (see {@link seamCost}) were handled: as much more may come. */
  | { readonly type: 'stream-taken'; readonly stream: number; readonly cost: number }
  | { readonly type: 'stream-closed'; readonly stream: number };

/** What the worker says of streams. */
export type StreamToHost = { readonly type: 'open-stream'; readonly id: number; readonly peer: PeerId } | StreamMessage;

/** What the page says of streams. */
export type StreamFromHost =
  /** A peer opened one. */
  | { readonly type: 'stream'; readonly stream: number; readonly peer: PeerId }
  | { readonly type: 'opened'; readonly id: number; readonly stream: number; readonly peer: PeerId }
  | StreamMessage;

/** What the worker tells and asks the page. */
export type ToHost =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topic: string }
  | { readonly type: 'bootstraps'; readonly urls: readonly string[] }
  | { readonly type: 'dial' | 'add-relay'; readonly id: number; readonly address: string }
  | { readonly type: 'meet'; readonly peer: PeerId }
  | { readonly type: 'penalize'; readonly peer: PeerId; readonly reason: string }
  | { readonly type: 'publish'; readonly id: number; readonly topic: string; readonly data: Uint8Array }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly peer: PeerId;
      readonly data: Uint8Array;
      readonly timeoutMs: number;
      readonly maxBytes: number;
    }
  | { readonly type: 'verdict'; readonly id: number; readonly verdict: GossipVerdict }
  | { readonly type: 'served'; readonly id: number; readonly data: Uint8Array }
  | { readonly type: 'unserved'; readonly id: number }
  | StreamToHost
  /** Once a second: timers of a hidden page are held back, those of a worker are not. */
  | { readonly type: 'tick' };

/** What the page tells and asks the worker. */
export type FromHost =
  | { readonly type: 'state'; readonly state: NetworkState }
  | { readonly type: 'neighbours'; readonly topic: string }
  | { readonly type: 'gossip'; readonly id: number; readonly topic: string; readonly data: Uint8Array; readonly origin: PeerId }
  | { readonly type: 'serve'; readonly id: number; readonly data: Uint8Array; readonly from: PeerId }
  | { readonly type: 'published'; readonly id: number; readonly recipients: number }
  | { readonly type: 'requested'; readonly id: number; readonly data: Uint8Array }
  | { readonly type: 'reached'; readonly id: number }
  | StreamFromHost
  /** A publish, a request, a dial, or the opening of a stream, that failed. */
  | {
      readonly type: 'unpublished' | 'unrequested' | 'unreached' | 'unopened';
      readonly id: number;
      readonly code: NetworkErrorCode;
      readonly message: string;
    };

/** How much may be under way across the seam, so that a slow side cannot make the other's memory grow. */
export const NETWORK_SEAM = {
  /** Gossip messages without a verdict, 3 MiB at their largest; one beyond is ignored: gossip repeats what matters. */
  gossip: 64,
  /** Requests of peers that wait for the worker's answer of up to 8 MiB; one beyond is refused and asked again elsewhere. */
  serving: 8,
  /** Publishes that libp2p has not taken yet. */
  publishing: 128,
  /** Requests to peers under way. */
  requesting: 64,
  /** Addresses that are being dialled because somebody asked for it: two calls of the most that one takes. */
  reaching: 32,
  /** Streams that are being opened: to every producer of a few groups at once. */
  opening: 64,
  /** Cost of one stream's messages towards the worker that it has not handled; beyond it they wait at the host, which holds the peer back. */
  streamCost: 2 * LIMITS.streamWindowBytes,
} as const;

/** What a message across the seam costs beside its bytes, so that a crowd of small ones is bounded too. */
const MESSAGE_COST = 256;

/** What a message of a stream counts while it is under way across the seam. */
export function seamCost(data: Uint8Array): number {
  return data.byteLength + MESSAGE_COST;
}

const URLS_MAX = 1024;

const streamKinds = {
  'stream-data': { stream: isCount, data: isBytes },
  'stream-taken': { stream: isCount, cost: isCount },
  'stream-closed': { stream: isCount },
};

export const readToHost = messageReader<ToHost>({
  subscribe: { topic: isText },
  unsubscribe: { topic: isText },
  bootstraps: { urls: listOf(isText, URLS_MAX) },
  dial: { id: isCount, address: isText },
  'add-relay': { id: isCount, address: isText },
  meet: { peer: isText },
  penalize: { peer: isText, reason: isText },
  publish: { id: isCount, topic: isText, data: isBytes },
  request: { id: isCount, peer: isText, data: isBytes, timeoutMs: isCount, maxBytes: isCount },
  verdict: { id: isCount, verdict: oneOf('accept', 'ignore', 'reject') },
  served: { id: isCount, data: isBytes },
  unserved: { id: isCount },
  'open-stream': { id: isCount, peer: isText },
  ...streamKinds,
  tick: {},
});

const isState = shape<NetworkState>({
  peerId: (value): value is string | undefined => value === undefined || typeof value === 'string',
  relays: listOf(shape({ address: isText, state: oneOf('connecting', 'connected', 'reserved', 'unreachable') }), URLS_MAX),
  peers: (value): value is NetworkState['peers'] => Array.isArray(value) && value.every(isObject),
});

const failure = {
  id: isCount,
  code: oneOf('unreachable', 'timeout', 'too-large', 'too-many', 'malformed', 'closed'),
  message: isText,
};

export const readFromHost = messageReader<FromHost>({
  state: { state: isState },
  neighbours: { topic: isText },
  gossip: { id: isCount, topic: isText, data: isBytes, origin: isText },
  serve: { id: isCount, data: isBytes, from: isText },
  published: { id: isCount, recipients: isCount },
  requested: { id: isCount, data: isBytes },
  reached: { id: isCount },
  stream: { stream: isCount, peer: isText },
  opened: { id: isCount, stream: isCount, peer: isText },
  ...streamKinds,
  unpublished: failure,
  unrequested: failure,
  unreached: failure,
  unopened: failure,
});

import type { GossipVerdict, NetworkErrorCode, NetworkState, PeerId } from '../node/ports.ts';
import { isBytes, isCount, isObject, isText, listOf, messageReader, oneOf, shape } from './shapes.ts';

/**
 * The network's seam: libp2p lives in the page, the node in the worker. Questions of either side carry an id that the answer repeats.
 */

/** What the worker tells and asks the page. */
export type ToHost =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topic: string }
  | { readonly type: 'bootstraps'; readonly urls: readonly string[] }
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
  /** A publish, or a request, that failed. */
  | {
      readonly type: 'unpublished' | 'unrequested';
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
} as const;

const URLS_MAX = 1024;

export const readToHost = messageReader<ToHost>({
  subscribe: { topic: isText },
  unsubscribe: { topic: isText },
  bootstraps: { urls: listOf(isText, URLS_MAX) },
  meet: { peer: isText },
  penalize: { peer: isText, reason: isText },
  publish: { id: isCount, topic: isText, data: isBytes },
  request: { id: isCount, peer: isText, data: isBytes, timeoutMs: isCount, maxBytes: isCount },
  verdict: { id: isCount, verdict: oneOf('accept', 'ignore', 'reject') },
  served: { id: isCount, data: isBytes },
  unserved: { id: isCount },
  tick: {},
});

const isState = shape<NetworkState>({
  peerId: (value): value is string | undefined => value === undefined || typeof value === 'string',
  relays: listOf(shape({ address: isText, state: oneOf('connecting', 'connected', 'reserved', 'unreachable') }), URLS_MAX),
  peers: (value): value is NetworkState['peers'] => Array.isArray(value) && value.every(isObject),
});

const failure = {
  id: isCount,
  code: oneOf('unreachable', 'timeout', 'too-large', 'malformed', 'closed'),
  message: isText,
};

export const readFromHost = messageReader<FromHost>({
  state: { state: isState },
  neighbours: { topic: isText },
  gossip: { id: isCount, topic: isText, data: isBytes, origin: isText },
  serve: { id: isCount, data: isBytes, from: isText },
  published: { id: isCount, recipients: isCount },
  requested: { id: isCount, data: isBytes },
  unpublished: failure,
  unrequested: failure,
});

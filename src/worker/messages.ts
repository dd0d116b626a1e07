import type { NodeEvent, Notice } from '../node/view.ts';
import { type Check, isCount, isObject, isPort, isText, listOf, messageReader, oneOf, optional, shape } from './shapes.ts';

/**
 * The seam between pages and the node worker. No message carries a signing or encryption key: those stay in the worker.
 */

/** Goes up with every change of these messages: tabs of one profile may run different versions of the app for a while. */
export const SEAM_VERSION = 1;

/** The name of a profile's channel and of the Web Lock of its leading tab. */
export function seamName(profile: string): string {
  return `sett:${profile}`;
}

/** The name of a profile's database. */
export function databaseName(profile: string): string {
  return `sett-${profile}`;
}

// ------------------------------------------------------------------------------------- the leading page and its worker

/** The first and only message from the leading page to the worker's own scope; everything else goes over the two ports. */
export interface StartMessage {
  readonly type: 'start';
  readonly profile: string;
  /** Made anew for every worker: calls that were sent to an earlier one are sent again. */
  readonly leader: string;
  readonly network: MessagePort;
  readonly calls: MessagePort;
}

export const readStart = messageReader<StartMessage>({
  start: {
    profile: isText,
    leader: isText,
    network: isPort,
    calls: isPort,
  },
});

/** What the worker's own scope tells the leading page. After `stopped` the page ends the worker and may start another. */
export type WorkerReport = { readonly type: 'ready' } | { readonly type: 'stopped'; readonly problem: Notice };

const isNotice: Check<Notice> = shape<Notice>({
  code: isText,
  message: isText,
  params: optional(isObject) as Check<Notice['params']>,
});

export const readReport = messageReader<WorkerReport>({ ready: {}, stopped: { problem: isNotice } });

// -------------------------------------------------------------------------------------------------- clients and the node

/** One request of the REST interface. `call` numbers a client's requests. Bodies are text: the interface speaks JSON. */
export interface Call {
  readonly type: 'call';
  readonly client: string;
  readonly call: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

/** From a tab's client to the node: over a port in the leading tab, over the profile's channel from the others. */
export type FromClient =
  | Call
  /** A window has opened, or has lost sight of its leader: whoever leads answers `leading`. */
  | { readonly type: 'hello'; readonly client: string }
  | { readonly type: 'bye'; readonly client: string }
  | { readonly type: 'ping'; readonly client: string }
  /** The leading page has handled the last `events`: the next may come. */
  | { readonly type: 'events-taken' };

export const readFromClient = messageReader<FromClient>({
  call: {
    client: isText,
    call: isCount,
    method: isText,
    path: isText,
    contentType: optional(isText),
    body: optional(isText),
  },
  hello: { client: isText },
  bye: { client: isText },
  ping: { client: isText },
  'events-taken': {},
});

/** From the node (or, while it has none running, from the leading page) to clients. */
export type ToClient =
  /** `starting`: a tab has taken the lead; `ready`: its node answers. */
  | { readonly type: 'leading'; readonly version: number; readonly leader: string; readonly state: 'starting' | 'ready' }
  | {
      readonly type: 'answer';
      readonly client: string;
      readonly call: number;
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly type: 'events'; readonly events: readonly NodeEvent[] }
  | { readonly type: 'pong' }
  | { readonly type: 'problem'; readonly problem: Notice };

/** Events of one message: see `EventOutlet`. */
export const EVENTS_MAX = 256;

/** Events come from the same origin's own node; what is checked is what would make a listener throw. */
const isEvent: Check<NodeEvent> = (value): value is NodeEvent => {
  if (!isObject(value) || !('type' in value)) return false;
  if (value.type === 'view') return isView((value as { view?: unknown }).view);
  return isBlockOrTrx(value);
};
const isView = shape({
  network: isObject,
  storage: isObject,
  groups: listOf(isObject, 10_000),
  notices: listOf(isNotice, 1_000),
});
const isBlockOrTrx = shape({ type: oneOf('block', 'trx'), groupId: isText });

export const readToClient = messageReader<ToClient>({
  leading: { version: isCount, leader: isText, state: oneOf('starting', 'ready') },
  answer: { client: isText, call: isCount, status: isCount, contentType: isText, body: isText },
  events: { events: listOf(isEvent, EVENTS_MAX) },
  pong: {},
  problem: { problem: isNotice },
});

import type { CallAnswer, CallInput } from '../api/index.ts';
import { parseExact, stringifyExact } from '../records/index.ts';
import { SettError } from './error.ts';
import { readEvents, type SettEvent } from './events.ts';
import { type CallId, HEADER_FIELDS, ROUTES } from './routes.ts';

export interface ClientOptions {
  /** How to reach the node: `fetch` by default, `window.sett.api` in a page of the app, a router's `request` in a test. */
  readonly fetch?: (url: string, init: RequestInit) => Response | Promise<Response>;
  /** The node's origin, e.g. `http://127.0.0.1:8002`. None in a page of the app, and with a `fetch` that takes paths. */
  readonly origin?: string;
  /** Needed on another machine than the node's only. */
  readonly token?: string;
  /** How {@link SettClient.untilFinal} waits between two looks; by default half a second. */
  readonly pause?: () => Promise<void>;
}

/** Ends a call early, as of `fetch`. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

type Call<Id extends CallId> =
  Record<string, never> extends CallInput<Id>
    ? (input?: CallInput<Id>, options?: CallOptions) => Promise<CallAnswer<Id>>
    : (input: CallInput<Id>, options?: CallOptions) => Promise<CallAnswer<Id>>;

/** A method for each route, named by its id: fields of path, query and body in one object, or the list that is the body; the answer as described. Rejects with {@link SettError}. */
export type Calls = { readonly [Id in CallId]: Call<Id> };

export interface SettClient extends Calls {
  /**
   * What happens from now on, until the connection ends: then look at the state and call again. Events are hints, not a log.
   * Rejects with {@link SettError} if the stream cannot be had.
   */
  events(input?: { readonly group_id?: string | readonly string[] }, options?: CallOptions): AsyncGenerator<SettEvent, void>;
  /**
   * Waits until a trx is final and answers its block's number. Rejects with SettError `rejected` if it is final without effect, `invalid` if it
   * can no longer become final, `unknown-trx` if the node does not know of it.
   */
  untilFinal(trx: { readonly group_id: string; readonly trx_id: string }, options?: CallOptions): Promise<number>;
}

const PAUSE_MS = 500;
const pauseByClock = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** A client of a node's REST interface. */
export function createSettClient(options: ClientOptions = {}): SettClient {
  const calls = Object.fromEntries(
    Object.keys(ROUTES).map((id) => [
      id,
      (input?: Record<string, unknown>, callOptions?: CallOptions) => call(options, id as CallId, input ?? {}, callOptions),
    ]),
  ) as unknown as Calls;
  return {
    ...calls,
    events: (input, callOptions) => events(options, input ?? {}, callOptions),
    untilFinal: (trx, callOptions) => untilFinal(calls, options.pause ?? pauseByClock, trx, callOptions),
  };
}

async function call(
  { fetch = globalThis.fetch, origin = '', token }: ClientOptions,
  id: CallId,
  input: Readonly<Record<string, unknown>>,
  { signal }: CallOptions = {},
): Promise<unknown> {
  const { url, headers, ...request } = toRequest(id, input);
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const init: RequestInit = { ...request, headers, ...(signal !== undefined && { signal }) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${origin}${url}`, init);
    text = await response.text();
  } catch (cause) {
    throw unreached(origin, signal, cause);
  }
  const json = readJson(response.status, text);
  if (response.ok) return json;
  throw toError(response.status, json);
}

function unreached(origin: string, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  const where = origin === '' ? 'here' : `at ${origin}`;
  return new SettError(0, { code: 'no-node', message: `No node answers ${where}. Is it running?` }, { cause });
}

async function* events(
  { fetch = globalThis.fetch, origin = '', token }: ClientOptions,
  { group_id = [] }: { readonly group_id?: string | readonly string[] },
  { signal }: CallOptions = {},
): AsyncGenerator<SettEvent, void> {
  const query = new URLSearchParams([group_id].flat().map((id) => ['group_id', id]));
  const init: RequestInit = {
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(signal !== undefined && { signal }),
  };
  let response: Response;
  try {
    response = await fetch(`${origin}/api/v1/events${query.size > 0 ? `?${query}` : ''}`, init);
  } catch (cause) {
    throw unreached(origin, signal, cause);
  }
  if (!response.ok || response.body === null) throw toError(response.status, readJson(response.status, await response.text()));
  yield* readEvents(response.body);
}

/** Splits the fields by where they travel. */
function toRequest(
  id: CallId,
  input: Readonly<Record<string, unknown>>,
): { url: string; method: string; headers: Record<string, string>; body?: string } {
  const [method, template] = ROUTES[id];
  if (Array.isArray(input)) {
    return { url: template, method, headers: { 'content-type': 'application/json' }, body: stringifyExact(input) };
  }
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    if (value === undefined || value === '') throw new TypeError(`${id} needs ${name}`);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const headers: Record<string, string> = {};
  for (const name of HEADER_FIELDS) {
    if (!rest.has(name)) continue;
    headers[name] = encodeURIComponent(String(rest.get(name)));
    rest.delete(name);
  }
  if (method === 'GET') {
    const query = new URLSearchParams([...rest].flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)])));
    return { url: query.size > 0 ? `${path}?${query}` : path, method, headers };
  }
  headers['content-type'] = 'application/json';
  return { url: path, method, headers, body: stringifyExact(Object.fromEntries(rest)) };
}

function readJson(status: number, text: string): unknown {
  try {
    return parseExact(text);
  } catch (cause) {
    const message = `What answers is no Sett node: status ${status}, and no JSON.`;
    throw new SettError(status, { code: 'no-node', message }, { cause });
  }
}

function toError(status: number, json: unknown): SettError {
  const { code, message, params } = (json ?? {}) as Record<string, unknown>;
  return new SettError(status, {
    code: typeof code === 'string' ? code : 'unknown',
    message: typeof message === 'string' ? message : `The node answered ${status}.`,
    ...(typeof params === 'object' && params !== null && { params: params as Record<string, string | number> }),
  });
}

async function untilFinal(
  calls: Calls,
  pause: () => Promise<void>,
  trx: { readonly group_id: string; readonly trx_id: string },
  options: CallOptions = {},
): Promise<number> {
  for (;;) {
    options.signal?.throwIfAborted();
    const { status, reason, block_id = 0 } = await calls.trxStatus(trx, options);
    if (status === 'Committed') {
      if (reason === undefined) return block_id;
      throw new SettError(200, { code: 'rejected', message: reason.message });
    }
    if (status === 'Invalid') {
      throw new SettError(200, { code: 'invalid', message: reason?.message ?? 'The group does not take this trx any more.' });
    }
    if (status === 'Unknown') {
      throw new SettError(200, { code: 'unknown-trx', message: `This node knows nothing of the trx ${trx.trx_id}.` });
    }
    await pause();
  }
}

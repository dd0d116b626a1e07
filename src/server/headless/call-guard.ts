/** What stands before the REST interface: how many calls there may be, whose, and what they may do; first of all, before anything of a body is read. */
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { EVENTS_PATH, type GuardedVariables, jsonResponse, longestBodyBytes } from '../../api/index.ts';
import { addressKey, clientAddress } from '../guard/address.ts';
import { Shares, THIS_MACHINE } from '../guard/shares.ts';
import { type Access, type Caller, type Denial, isDenial, shareKey } from './access.ts';
import type { EventReaders } from './event-readers.ts';
import { HTTP_LIMITS } from './limits.ts';
import { BODILESS, type CallFacts, isLocalCall } from './locality.ts';

export type Environment = { Bindings: HttpBindings; Variables: GuardedVariables & { readonly caller: Caller } };

const BUSY = { message: 'The node has too much to answer. Try again in a moment.', code: 'busy' };

export interface CallGuardOptions {
  readonly access: Access;
  readonly readers: EventReaders;
}

export class CallGuard {
  readonly #options: CallGuardOptions;
  readonly #calls = new Shares(HTTP_LIMITS.callsAtWork);
  readonly #callsOfTokens = new Shares(HTTP_LIMITS.callsAtWork);
  readonly #bodyBytes = new Shares(HTTP_LIMITS.bodyBytesAtWork);

  constructor(options: CallGuardOptions) {
    this.#options = options;
  }

  /** Bounds how many calls are at work, each until its answer has been read. */
  readonly atWork: MiddlewareHandler<Environment> = async (context, next) => {
    const facts = factsOf(context.env.incoming);
    const isTaken = hold(context, this.#calls.take(isLocalCall(facts) ? THIS_MACHINE : addressKey(facts.callerAddress)));
    if (!isTaken) return jsonResponse(BUSY, 503);
    await next();
    return undefined;
  };

  /** Lets a caller in as far as its address, its token and the path decide, and answers who is not let in. */
  readonly beforeBody: MiddlewareHandler<Environment> = async (context, next) => {
    const url = new URL(context.req.url);
    const caller = await this.#options.access.callerOf(factsOf(context.env.incoming), url);
    if (isDenial(caller)) return refuse(caller);
    const denial = this.#options.access.denial(caller, url.pathname);
    if (denial !== undefined && denial !== 'by-body') return refuse(denial);
    const key = shareKey(caller);
    if (key !== THIS_MACHINE && !hold(context, this.#callsOfTokens.take(key))) return jsonResponse(BUSY, 503);
    if (!hold(context, this.#bodyBytes.take(key, bodyBytes(context)))) return jsonResponse(BUSY, 503);
    context.set('caller', caller);
    if (caller !== 'local' && caller.role === 'node') context.set('allowedGroups', caller.allowGroups);
    if (url.pathname === EVENTS_PATH) {
      const end = new AbortController();
      const leave = this.#options.readers.enter(caller, () => end.abort());
      if (!hold(context, leave)) return jsonResponse(BUSY, 503);
      context.set('eventsEnd', end.signal);
    }
    await next();
    return undefined;
  };

  /** Refuses what the group that a body names forbids. */
  readonly afterBody: MiddlewareHandler<Environment> = async (context, next) => {
    const { access } = this.#options;
    const caller = context.get('caller');
    if (access.denial(caller, new URL(context.req.url).pathname) === 'by-body') {
      const denial = access.denialOfGroup(caller, await groupOfBody(context));
      if (denial !== undefined) return refuse(denial);
    }
    await next();
    return undefined;
  };
}

/** Keeps a share until the answer has been read or the caller is gone. False: there was none. */
function hold(context: Context<Environment>, giveBack: (() => void) | undefined): boolean {
  if (giveBack === undefined) return false;
  const { outgoing } = context.env;
  if (outgoing.closed) giveBack();
  else outgoing.once('close', giveBack);
  return true;
}

/** Bytes of the body, or, where the call does not say, the most that its route reads. */
function bodyBytes({ req }: Context<Environment>): number {
  if (BODILESS.has(req.method)) return 0;
  const longest = longestBodyBytes(req.path);
  const length = Number(req.header('content-length') ?? Number.NaN);
  // A longer one is refused unread.
  return Number.isSafeInteger(length) && length >= 0 ? Math.min(length, longest) : longest;
}

async function groupOfBody(context: Context<Environment>): Promise<unknown> {
  if (context.req.method !== 'POST') return undefined;
  try {
    // Hono keeps what was read: the route gets it too.
    return (await context.req.json())?.group_id;
  } catch {
    return undefined;
  }
}

function refuse({ status, code, message }: Denial): Response {
  return jsonResponse({ message, code }, status, {
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    // Thousands of calls can be sent ahead on one connection, whose unread answers would hold places of calls.
    ...(status !== 403 && { connection: 'close' }),
  });
}

/** What a request says of its caller. */
export function factsOf(request: IncomingMessage): CallFacts {
  return {
    method: request.method ?? 'GET',
    remoteAddress: request.socket.remoteAddress,
    callerAddress: clientAddress(request, true),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

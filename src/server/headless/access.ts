/** Who may call what: local callers everything, others what their token says, everybody only so often. */
import { tokenOfCall } from '../../api/index.ts';
import { TokenBucket } from '../../network/index.ts';
import { HTTP_LIMITS } from './limits.ts';
import { type CallFacts, isLocalCall } from './locality.ts';
import type { TokenClaims, Tokens } from './tokens.ts';

export interface AccessOptions {
  readonly tokens: Tokens;
  /** Local callers need a token too: for a node behind a proxy of the same machine that does not say whom it forwards for. */
  readonly requireToken: boolean;
  readonly nowMs: () => number;
}

/** A call that is not let in. */
export interface Denial {
  readonly status: 401 | 403 | 429;
  readonly code: 'no-token' | 'bad-token' | 'not-allowed' | 'too-many-calls';
  readonly message: string;
}

/** `local`: may do everything; else what the token's role allows. */
export type Caller = 'local' | TokenClaims;

/** `/api/v1/group/<id>/…` and its kin: the group that a path is about. */
const GROUP_PATH =
  /^\/(?:app\/)?api\/v\d\/(?:group|block|trx)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\/|$)/i;
/** Calls about the group that their body names. In any other body a `group_id` means nothing: a backup holds all keys, a new token is for anything. */
const BODY_GROUP_PATH = /^\/api\/v1\/group\/[a-z]+$/;
/** What concerns no group and gives nothing away. */
const HARMLESS_PATH = /^\/(?:app\/api\/v1\/token\/refresh|api\/v1\/tools\/[a-z]+|openapi\.json|docs(?:\/.*)?)$/;
/** Events are told of the token's groups only. */
const EVENTS_PATH = /^\/api\/v1\/(?:ws\/trx|events)$/;

export class Access {
  readonly #options: AccessOptions;
  readonly #calls: Counters;
  readonly #refused: Counters;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#calls = new Counters(HTTP_LIMITS.calls, options.nowMs);
    this.#refused = new Counters(HTTP_LIMITS.refusedCalls, options.nowMs);
  }

  /** Who makes this call, or why it is not heard. */
  async callerOf(facts: CallFacts, url: URL): Promise<Caller | Denial> {
    const token = tokenOfCall(facts.header('authorization'), url);
    if (!this.#options.requireToken && isLocalCall(facts)) return 'local';
    const claims = token === undefined ? undefined : await this.#options.tokens.read(token);
    if (claims !== undefined) return this.#calls.take(claims.name) ? claims : tooMany();
    if (!this.#refused.take(facts.remoteAddress ?? '')) return tooMany();
    return token === undefined ? noToken() : badToken();
  }

  /**
   * Why this caller may not do this, or undefined if it may.
   * @param groupOfBody the `group_id` of a JSON body, if there is one; asked for only where the path names no group
   */
  async denial(caller: Caller, path: string, groupOfBody: () => Promise<unknown>): Promise<Denial | undefined> {
    if (caller === 'local' || caller.role === 'chain' || HARMLESS_PATH.test(path) || EVENTS_PATH.test(path)) return undefined;
    const groupId = GROUP_PATH.exec(path)?.[1] ?? (BODY_GROUP_PATH.test(path) ? await groupOfBody() : undefined);
    if (typeof groupId === 'string' && caller.allowGroups.includes(groupId.toLowerCase())) return undefined;
    return {
      status: 403,
      code: 'not-allowed',
      message: 'This token is for some groups only, and this call is not about one of them.',
    };
  }
}

export function isDenial(value: Caller | Denial): value is Denial {
  return typeof value === 'object' && 'status' in value;
}

function noToken(): Denial {
  const message =
    'Calls from elsewhere need a token: Authorization: Bearer, or ?jwt=. A program on the node’s own machine gets one from POST /app/api/v1/token/create; ' +
    'its own calls need none if they go to 127.0.0.1 or localhost, and bodies are sent with Content-Type: application/json.';
  return { status: 401, code: 'no-token', message };
}

function badToken(): Denial {
  return { status: 401, code: 'bad-token', message: 'This token is not one of this node’s, or has expired. Ask for a new one.' };
}

function tooMany(): Denial {
  return { status: 429, code: 'too-many-calls', message: 'Too many calls: wait a second, then go on more slowly.' };
}

/** A token bucket for each caller. */
class Counters {
  readonly #limit: { readonly burst: number; readonly perSecond: number };
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limit: { readonly burst: number; readonly perSecond: number }, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
  }

  /** Counts one, and says whether it is within the limit. */
  take(key: string): boolean {
    return this.#bucket(key).take(1, this.#nowMs());
  }

  #bucket(key: string): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= HTTP_LIMITS.countedCallers && oldest !== undefined) this.#buckets.delete(oldest);
    const made = new TokenBucket(this.#limit.burst, this.#limit.perSecond, this.#nowMs());
    this.#buckets.set(key, made);
    return made;
  }
}

/** Who may call what: local callers everything, others what their token says, everybody only so often. */
import { tokenOfCall } from '../../api/index.ts';
import { TokenBuckets } from '../../records/index.ts';
import { addressKey } from '../guard/address.ts';
import { THIS_MACHINE } from '../guard/shares.ts';
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
const EVENTS_PATHS = /^\/api\/v1\/(?:ws\/trx|events)$/;

export class Access {
  readonly #options: AccessOptions;
  readonly #calls = new TokenBuckets(HTTP_LIMITS.calls, HTTP_LIMITS.countedCallers);
  readonly #refused = new TokenBuckets(HTTP_LIMITS.refusedCalls, HTTP_LIMITS.countedCallers);

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Who makes this call, or why it is not heard. */
  async callerOf(facts: CallFacts, url: URL): Promise<Caller | Denial> {
    const token = tokenOfCall(facts.header('authorization'), url);
    if (!this.#options.requireToken && isLocalCall(facts)) return 'local';
    const claims = token === undefined ? undefined : await this.#options.tokens.read(token);
    const nowMs = this.#options.nowMs();
    if (claims !== undefined) return this.#calls.take(claims.name, 1, nowMs) ? claims : tooMany();
    if (!this.#refused.take(addressKey(facts.callerAddress), 1, nowMs)) return tooMany();
    return token === undefined ? noToken() : badToken();
  }

  /** Whether who was let in would be let in now: tokens expire, and are revoked. */
  isStillGood(caller: Caller): boolean {
    return caller === 'local' || this.#options.tokens.isGood(caller);
  }

  /** Why this caller may not do this, or undefined if it may; `by-body` if that depends on the group that the body names. */
  denial(caller: Caller, path: string): Denial | 'by-body' | undefined {
    if (caller === 'local' || caller.role === 'chain' || HARMLESS_PATH.test(path) || EVENTS_PATHS.test(path)) return undefined;
    const groupId = GROUP_PATH.exec(path)?.[1];
    if (groupId === undefined && BODY_GROUP_PATH.test(path)) return 'by-body';
    return this.denialOfGroup(caller, groupId);
  }

  /** Why this caller may not do something about a group, or undefined if it may. @param groupId as it was sent */
  denialOfGroup(caller: Caller, groupId: unknown): Denial | undefined {
    if (caller === 'local' || caller.role === 'chain') return undefined;
    if (typeof groupId === 'string' && caller.allowGroups.includes(groupId.toLowerCase())) return undefined;
    return {
      status: 403,
      code: 'not-allowed',
      message: 'This token is for some groups only, and this call is not about one of them.',
    };
  }
}

/** Under what the share of a caller is counted. */
export function shareKey(caller: Caller): string | typeof THIS_MACHINE {
  return caller === 'local' ? THIS_MACHINE : caller.name;
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

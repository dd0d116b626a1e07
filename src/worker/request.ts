import type { ApiAnswer, ApiRequest } from './calls.ts';

const CONTENT_ROUTE = /^\/api\/v1\/group\/[^/]+\/content$/;
/** Posts of these routes have the same effect when they are made twice; a content post because it carries its trx id. */
const REPEATABLE_POSTS: readonly RegExp[] = [
  CONTENT_ROUTE,
  /^\/api\/v2\/group\/join$/,
  /^\/api\/v1\/group\/[^/]+\/startsync$/,
  /^\/api\/v1\/trx\/[^/]+\/[^/]+\/discard$/,
  /^\/api\/v1\/tools\//,
];
/** After these, if they go well, this browser holds something that must not be evicted. */
const KEEPING_POSTS: readonly RegExp[] = [/^\/api\/v1\/group$/, /^\/api\/v2\/group\/join$/];

export interface ReadRequest {
  readonly request: ApiRequest;
  readonly signal: AbortSignal;
  /** Whether this browser, if it goes well, holds something that must not be evicted. */
  readonly keepsStorage: boolean;
}

/**
 * Reads what a caller would give `fetch`. A post gets a trx id here, in the tab that makes it, so that sending it again to another
 * leader is the same post. Rejects with TypeError as `fetch` does.
 */
export async function toApiRequest(
  path: string,
  init: RequestInit | undefined,
  origin: string,
  uuid: () => string,
): Promise<ReadRequest> {
  const request = new Request(new URL(path, origin), init);
  if (new URL(request.url).origin !== origin) throw new TypeError(`${path} is not a path of this node`);
  const isBareText = typeof init?.body === 'string' && !new Headers(init.headers).has('content-type');
  // A string is sent as JSON unless the caller says otherwise: the interface takes nothing else.
  return readRequest(request, isBareText ? 'application/json' : request.headers.get('content-type'), uuid);
}

/** The same for a request that is made already. Rejects if it is aborted. */
export async function readRequest(request: Request, contentType: string | null, uuid: () => string): Promise<ReadRequest> {
  const url = new URL(request.url);
  const { method, signal } = request;
  const isPost = method === 'POST';
  const hasBody = method !== 'GET' && method !== 'HEAD' && request.body !== null;
  const text = hasBody ? await request.text() : undefined;
  return {
    request: {
      method,
      path: url.pathname + url.search,
      contentType: contentType ?? undefined,
      body: text !== undefined && isPost && CONTENT_ROUTE.test(url.pathname) ? withTrxId(text, uuid) : text,
      isRepeatable: !isPost || REPEATABLE_POSTS.some((route) => route.test(url.pathname)),
    },
    signal,
    keepsStorage: isPost && KEEPING_POSTS.some((route) => route.test(url.pathname)),
  };
}

/** Puts a new trx id into a post that has none. The rest of the text stays as it is, and so does text that is no post. */
function withTrxId(text: string, uuid: () => string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body) || 'trx_id' in body) return text;
  const members = text.trimStart().slice(1);
  return `{"trx_id":"${uuid()}"${/^\s*\}/.test(members) ? '' : ','}${members}`;
}

/** What the router says in headers besides does not cross from the worker. An address bar or a frame may ask too, so no answer may be framed: `/docs` can call. */
const HEADERS = {
  'content-security-policy': "frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
} as const;

export function toResponse({ status, contentType, body }: ApiAnswer): Response {
  return new Response(body === '' ? null : body, { status, headers: { ...HEADERS, 'content-type': contentType } });
}

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { HonoRequest } from 'hono';
import { stringifyExact } from '../records/index.ts';
import { tokenOfCall } from './caller-token.ts';

// Zod compiles object parsers with `new Function` unless told not to, which the content security policy of the page forbids.
z.config({ jitless: true });

export { z };

/** What every refusal looks like: `code` is stable and machine-readable, `message` says what happened and what to do. */
const problemSchema = z
  .object({
    message: z.string(),
    code: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  })
  .openapi('Problem');

const PROBLEM_STATUSES = {
  400: 'The request is not what this route takes; the message names the field',
  401: 'A call from elsewhere without a good token',
  403: 'The rules of the group or the role of this user forbid it',
  404: 'No such group, block, trx or account here',
  409: 'It does not fit the present state; the message says what to do first',
  413: 'The body or the post is too large',
  422: 'Understood, but it would have no effect in the group, or this node does not support it',
  429: 'Too many calls of this caller',
  500: 'Something went wrong inside the node',
  502: 'Nobody answers at an address that this node was to connect to',
  503: 'No node answers at the moment',
  507: 'The storage of this browser is full',
} as const;

const problemResponses = Object.fromEntries(
  Object.entries(PROBLEM_STATUSES).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: problemSchema } } },
  ]),
);

/** One route: where it is, what it takes and what it answers. `path` has its parameters in braces (`{group_id}`). */
export interface EndpointSpec<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Headers extends z.ZodObject = z.ZodObject,
> {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** A second path with the same answer, which the description leaves out. */
  readonly alsoAt?: string;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Names in lower case. */
  readonly headers?: Headers;
  readonly answer: Answer;
}

export interface EndpointInput<Params, Query, Body, Headers = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  /** The body as it was sent, for what must not pass through a double. */
  readonly bodyText: () => Promise<string>;
  /** The token that the call came with, unchecked. */
  readonly token: string | undefined;
}

/** A table of routes. The names are their ids: in the description, and as methods of the client library. */
export function endpoints<const T extends Readonly<Record<string, EndpointSpec>>>(
  specs: T,
): { readonly [Id in keyof T]: T[Id] & { readonly id: Id & string } } {
  const named = Object.entries(specs).map(([id, spec]) => [id, { ...spec, id }]);
  return Object.fromEntries(named);
}

/**
 * Adds a route. The handler gets checked input and gives a plain value (integers beyond 2^53 as bigint), which is printed exactly;
 * a refusal is thrown as a `NodeError`.
 */
export function addEndpoint<
  Answer extends z.ZodType,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Headers extends z.ZodObject = z.ZodObject,
>(
  router: OpenAPIHono,
  spec: EndpointSpec<Params, Query, Body, Answer, Headers> & { readonly id: string },
  handle: (
    input: EndpointInput<z.output<Params>, z.output<Query>, z.output<Body>, z.output<Headers>>,
  ) => z.output<Answer> | Promise<z.output<Answer>>,
): void {
  const routeAt = (path: string, hide: boolean) =>
    createRoute({
      method: spec.method,
      path,
      hide,
      operationId: spec.id,
      summary: spec.summary,
      request: {
        ...(spec.params && { params: spec.params }),
        ...(spec.query && { query: spec.query }),
        ...(spec.headers && { headers: spec.headers }),
        ...(spec.body && { body: { required: true, content: { 'application/json': { schema: spec.body } } } }),
      },
      responses: {
        200: { description: 'OK', content: { 'application/json': { schema: spec.answer } } },
        ...problemResponses,
      },
    });
  const answerCall = (async ({ req }: { req: HonoRequest<string, never> }) => {
    const answer = await handle({
      params: req.valid('param' as never),
      query: req.valid('query' as never),
      body: req.valid('json' as never),
      headers: req.valid('header' as never),
      bodyText: () => req.text(),
      token: tokenOfCall(req.header('authorization'), new URL(req.url)),
    });
    return jsonResponse(answer, 200);
  }) as never;
  router.openapi(routeAt(spec.path, false), answerCall);
  if (spec.alsoAt !== undefined) router.openapi(routeAt(spec.alsoAt, true), answerCall);
}

/** A JSON answer whose 64-bit integers are printed digit by digit. */
export function jsonResponse(value: unknown, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return jsonText(stringifyExact(value), status, headers);
}

/** An answer that is JSON already. Answers hold a group's data and are never cached. */
export function jsonText(text: string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}

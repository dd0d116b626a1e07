/** The HTTP side of a headless node: the REST interface behind its guard, `/metrics`, and the socket of events. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { createRouter, type GuardedVariables, jsonResponse } from '../../api/index.ts';
import type { NodeService } from '../../node/index.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { type Access, type Caller, type Denial, isDenial } from './access.ts';
import { EVENT_SOCKET_PATH, type EventSockets } from './event-sockets.ts';
import { HTTP_LIMITS } from './limits.ts';
import { BODILESS, type CallFacts } from './locality.ts';
import type { Metrics } from './metrics.ts';
import type { Tokens } from './tokens.ts';

export interface HttpOptions {
  readonly service: NodeService;
  readonly version: string;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly metrics: Metrics;
  readonly events: EventSockets;
  /** Origins whose pages may read answers; their calls need a token. */
  readonly corsOrigins: readonly string[];
  readonly onUnexpectedError: (error: unknown) => void;
}

const METRICS_PATH = '/metrics';
const CORS_AGE_SECONDS = 600;

type Environment = { Bindings: HttpBindings; Variables: GuardedVariables };

/** The web server, not listening yet. */
export function createHttpServer(options: HttpOptions): Server {
  const fetch = createApp(options);
  const listener = getRequestListener((request, environment) => fetch(genuine(request), environment as HttpBindings), {
    overrideGlobalObjects: false,
  });
  const web = createServer(
    {
      headersTimeout: HTTP_LIMITS.headMs,
      requestTimeout: HTTP_LIMITS.requestMs,
      keepAliveTimeout: HTTP_LIMITS.idleMs,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
      void listener(request, response);
    },
  );
  web.maxConnections = HTTP_LIMITS.connections;
  web.on('upgrade', (request, socket, head) => void upgrade(options, request, socket, head));
  return web;
}

/**
 * The adapter's requests only look like `Request`s, so none can be made from them, as the limit of bodies does where their length is not told: with
 * `Transfer-Encoding: chunked`, or without any body.
 */
function genuine(request: Request): Request {
  if (request.headers.has('content-length')) return request;
  const { url, method, headers, body, signal } = request;
  return new Request(url, { method, headers, signal, ...(body && { body, duplex: 'half' }) });
}

function createApp(options: HttpOptions): (request: Request, environment: HttpBindings) => Response | Promise<Response> {
  const { access, metrics } = options;
  const guard = guardWith(access);
  const router = createRouter(options.service, {
    version: options.version,
    onUnexpectedError: options.onUnexpectedError,
    guard: guard as MiddlewareHandler,
    tokens: options.tokens,
  });
  const app = new Hono<Environment>();
  if (options.corsOrigins.length > 0) {
    app.use(
      cors({
        origin: [...options.corsOrigins],
        allowHeaders: ['authorization', 'content-type'],
        allowMethods: ['GET', 'POST'],
        maxAge: CORS_AGE_SECONDS,
      }),
    );
  }
  app.use(countAndBound(metrics));
  app.get(METRICS_PATH, guard, async () => {
    return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' } });
  });
  app.all('*', (context) => router.fetch(context.req.raw, context.env));
  return (request, environment) => app.fetch(request, environment);
}

/** Answers a call that may not be made. */
function guardWith(access: Access): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const url = new URL(context.req.url);
    const caller = await access.callerOf(factsOf(context.env.incoming), url);
    const denied = isDenial(caller) ? caller : await access.denial(caller, url.pathname, () => groupOfBody(context));
    if (denied !== undefined) return refuse(denied);
    if (!isDenial(caller) && caller !== 'local' && caller.role === 'node') context.set('allowedGroups', caller.allowGroups);
    await next();
    return undefined;
  };
}

async function groupOfBody(context: Context): Promise<unknown> {
  if (context.req.method !== 'POST') return undefined;
  try {
    // Hono keeps what was read: the route gets it too.
    return (await context.req.json())?.group_id;
  } catch {
    return undefined;
  }
}

/** Counts calls, measures how long they take, and bounds how many are at work. */
function countAndBound(metrics: Metrics): MiddlewareHandler<Environment> {
  let atWork = 0;
  return async (context, next) => {
    if (atWork >= HTTP_LIMITS.callsAtWork) {
      metrics.called(context.req.method, 503, 0);
      return jsonResponse({ message: 'The node has too much to answer. Try again in a moment.', code: 'busy' }, 503);
    }
    atWork++;
    const startMs = performance.now();
    try {
      await next();
    } finally {
      atWork--;
    }
    const { incoming } = context.env;
    // Answered before all of the body was read: the rest is in the way of the next call on this connection.
    if (!incoming.complete && !BODILESS.has(context.req.method)) context.res.headers.set('connection', 'close');
    metrics.called(context.req.method, context.res.status, performance.now() - startMs);
    return undefined;
  };
}

async function upgrade(options: HttpOptions, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  const url = requestUrl(request);
  if (url?.pathname !== EVENT_SOCKET_PATH) {
    endUpgrade(socket, 404, { code: 'unknown-route', message: `There is a socket at ${EVENT_SOCKET_PATH} only.` });
    return;
  }
  const caller: Caller | Denial = await options.access.callerOf(factsOf(request), url);
  if (isDenial(caller)) endUpgrade(socket, caller.status, caller);
  else if (!options.events.accept(request, socket, head, caller)) {
    endUpgrade(socket, 503, { code: 'busy', message: 'Too many sockets are open. Close one, or try again later.' });
  }
}

function requestUrl(request: IncomingMessage): URL | undefined {
  const url = `http://localhost${request.url ?? ''}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

function endUpgrade(socket: Duplex, status: number, problem: { readonly code: string; readonly message: string }): void {
  const body = JSON.stringify({ message: problem.message, code: problem.code });
  const head = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\n\r\n${body}`);
}

function refuse({ status, code, message }: Denial): Response {
  return jsonResponse({ message, code }, status, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
}

function factsOf(request: IncomingMessage): CallFacts {
  return {
    method: request.method ?? 'GET',
    remoteAddress: request.socket.remoteAddress,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

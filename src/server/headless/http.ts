/** The HTTP side of a headless node: the REST interface behind its guard, `/metrics`, and the socket of events. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { createRouter, jsonResponse } from '../../api/index.ts';
import type { NodeService } from '../../node/index.ts';
import { traceEvents } from '../guard/defects.ts';
import { refuseUpgrade } from '../guard/refuse-upgrade.ts';
import type { SocketGuard } from '../guard/socket-guard.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { type Access, isDenial } from './access.ts';
import { CallGuard, type Environment, factsOf } from './call-guard.ts';
import type { EventReaders } from './event-readers.ts';
import { EVENT_SOCKET_PATH, type EventSockets } from './event-sockets.ts';
import { HTTP_LIMITS } from './limits.ts';
import { BODILESS } from './locality.ts';
import type { Metrics } from './metrics.ts';
import type { Tokens } from './tokens.ts';

export interface HttpOptions {
  readonly service: NodeService;
  readonly version: string;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly metrics: Metrics;
  readonly readers: EventReaders;
  readonly events: EventSockets;
  readonly sockets: SocketGuard;
  /** Origins whose pages may read answers; their calls need a token. */
  readonly corsOrigins: readonly string[];
  readonly onUnexpectedError: (error: unknown) => void;
}

const METRICS_PATH = '/metrics';
const CORS_AGE_SECONDS = 600;
const BAD_ADDRESS = { message: 'The address of this call is none: look at its path and at its Host header.', code: 'bad-input' };

/** The web server, not listening yet. */
export function createHttpServer(options: HttpOptions): Server {
  const fetch = createApp(options);
  const listener = getRequestListener((request, environment) => fetch(genuine(request), environment as HttpBindings), {
    overrideGlobalObjects: false,
    // The adapter prints what it cannot make a request of.
    errorHandler: () => jsonResponse(BAD_ADDRESS, 400),
  });
  const web = createServer(
    {
      headersTimeout: HTTP_LIMITS.headMs,
      requestTimeout: HTTP_LIMITS.requestMs,
      keepAliveTimeout: HTTP_LIMITS.idleMs,
      connectionsCheckingInterval: HTTP_LIMITS.checkMs,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
      void listener(request, response);
    },
  );
  options.sockets.watchHttp(web);
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
  const { access, metrics, readers, onUnexpectedError } = options;
  const guard = new CallGuard({ access, readers });
  const router = createRouter(options.service, {
    version: options.version,
    onUnexpectedError,
    guard: guard.beforeBody as MiddlewareHandler,
    bodyGuard: guard.afterBody as MiddlewareHandler,
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
  app.use(measured(metrics));
  app.use(guard.atWork);
  app.get(METRICS_PATH, guard.beforeBody, async () => {
    return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' } });
  });
  app.all('*', (context) => router.fetch(context.req.raw, context.env));
  app.onError((error) => {
    // `new URL` throws a TypeError for a host such as 127.0.0.256.
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_URL') return jsonResponse(BAD_ADDRESS, 400);
    onUnexpectedError(error);
    return jsonResponse({ message: 'Something went wrong inside the node.', code: 'internal' }, 500);
  });
  return (request, environment) => app.fetch(request, environment);
}

/** Counts calls and measures how long they take. */
function measured(metrics: Metrics): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const startMs = performance.now();
    await next();
    const { incoming } = context.env;
    // Answered before all of the body was read: the rest is in the way of the next call on this connection.
    if (!incoming.complete && !BODILESS.has(context.req.method)) context.res.headers.set('connection', 'close');
    metrics.called(context.req.method, context.res.status, performance.now() - startMs);
  };
}

async function upgrade(options: HttpOptions, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  traceEvents(socket, () => socket.destroy());
  const url = requestUrl(request);
  if (url?.pathname !== EVENT_SOCKET_PATH) {
    endUpgrade(socket, 404, { code: 'unknown-route', message: `There is a socket at ${EVENT_SOCKET_PATH} only.` });
    return;
  }
  const caller = await options.access.callerOf(factsOf(request), url);
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
  const text = JSON.stringify({ message: problem.message, code: problem.code });
  refuseUpgrade(socket, status, { type: 'application/json', text });
}

/** The HTTP side: the app, `bootstrap.json`, a sign of life. WebSocket upgrades go to the relay, whatever their path. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BOOTSTRAP_PATH } from '../network/index.ts';
import type { AppFile } from './app-files.ts';
import { RELAY_LIMITS } from './limits.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export interface WebOptions {
  readonly files: ReadonlyMap<string, AppFile>;
  /** The text of `bootstrap.json` for a request with this `Host`. */
  readonly bootstrap: (hostHeader: string | undefined) => string;
}

const NOT_BUILT = 'The app is not built. Run "npm run build" and start again.\n';

export function createWebServer(options: WebOptions): Server {
  const { httpHeadMs, httpCheckMs } = RELAY_LIMITS;
  return createServer(
    { headersTimeout: httpHeadMs, requestTimeout: httpHeadMs, connectionsCheckingInterval: httpCheckMs },
    (request, response) => answer(options, request, response),
  );
}

function answer(options: WebOptions, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const path = (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';
  const file = options.files.get(path === '/index.html' ? '/' : path);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sendText(request, response, 405, 'Only GET and HEAD are served here.\n');
  } else if (path === '/healthz') sendText(request, response, 200, 'ok\n');
  else if (path === BOOTSTRAP_PATH) sendBootstrap(options, request, response);
  else if (file !== undefined) sendFile(file, request, response);
  else if (path === '/' && options.files.size === 0) sendText(request, response, 503, NOT_BUILT);
  else sendText(request, response, 404, 'There is nothing here.\n');
}

function sendBootstrap(options: WebOptions, request: IncomingMessage, response: ServerResponse): void {
  // Any page may read it: members of a group come from anywhere.
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  end(request, response, Buffer.from(options.bootstrap(request.headers.host)));
}

function sendFile(file: AppFile, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('etag', file.etag);
  response.setHeader('cache-control', file.cacheControl);
  response.setHeader('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.etag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('content-type', file.contentType);
  const acceptsGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (file.gzipped !== undefined && acceptsGzip) {
    response.setHeader('content-encoding', 'gzip');
    end(request, response, file.gzipped);
  } else {
    end(request, response, file.body);
  }
}

function sendText(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  end(request, response, Buffer.from(text));
}

function end(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.setHeader('content-length', body.byteLength);
  response.end(request.method === 'HEAD' ? undefined : body);
}

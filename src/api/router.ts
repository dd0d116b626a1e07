import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { NodeService } from '../node/service.ts';
import { LIMITS } from '../records/index.ts';
import { addAnnouncementRoutes } from './announcements.ts';
import { addAppConfigRoutes } from './app-config.ts';
import { addBackupRoutes, RESTORE_BODY_BYTES } from './backup.ts';
import { addBlockRoutes } from './blocks.ts';
import { addChangeRoutes } from './changes.ts';
import { addConsensusRoutes } from './consensus.ts';
import { addContentRoutes } from './contents.ts';
import { addDocsRoutes } from './docs-page/routes.ts';
import { jsonResponse } from './endpoint.ts';
import { describeIssues, toRefusal } from './errors.ts';
import { addEventRoutes } from './event-routes.ts';
import { addGroupRoutes } from './groups.ts';
import { isJsonType } from './media-type.ts';
import { addNetworkRoutes } from './network.ts';
import { addReceiptRoutes, VERIFY_BODY_BYTES } from './receipts.ts';
import { addRuleRoutes } from './rules.ts';
import { addTokenRoutes, type TokenIssuer } from './tokens.ts';
import { addToolRoutes } from './tools.ts';
import { addUserRoutes } from './users.ts';

export interface RouterOptions {
  /** This software's version, as `GET /api/v1/node` tells it. */
  readonly version: string;
  /** Told of errors that nobody foresaw; the caller is told nothing of their text. */
  readonly onUnexpectedError?: (error: unknown) => void;
  /** Sees every call before anything of its body is read, and answers those that are not let in. Without one every caller may do everything. */
  readonly guard?: MiddlewareHandler;
  /** The same once the body has been read, for what depends on it. */
  readonly bodyGuard?: MiddlewareHandler;
  /** Makes tokens for callers from elsewhere, where there are any. */
  readonly tokens?: TokenIssuer;
}

/** The longest body that is read: the longest post, and room for what stands around it. */
const BODY_BYTES = LIMITS.trxDataBytes + 20 * 1024;
/** Routes that take files. */
const FILE_BODY_BYTES: Readonly<Record<string, number>> = {
  '/api/v1/tools/verify': VERIFY_BODY_BYTES,
  '/api/v1/restore': RESTORE_BODY_BYTES,
};

/**
 * The REST interface over a node: one router for every place that answers it. Every answer is JSON; a refusal is
 * `{message, code}` with a 4xx or 5xx status, whatever went wrong.
 */
export function createRouter(service: NodeService, options: RouterOptions): OpenAPIHono {
  const router = new OpenAPIHono({
    defaultHook: (result) =>
      result.success ? undefined : jsonResponse({ message: describeIssues(result.error), code: 'bad-input' }, 400),
  });
  router.use(oneJsonType);
  if (options.guard) router.use(options.guard);
  router.use((context, next) => limitOf(context.req.path)(context, next));
  if (options.bodyGuard) router.use(options.bodyGuard);

  addGroupRoutes(router, service);
  addContentRoutes(router, service);
  addBlockRoutes(router, service);
  addConsensusRoutes(router, service);
  addChangeRoutes(router, service);
  addAnnouncementRoutes(router, service);
  addUserRoutes(router, service);
  addRuleRoutes(router, service);
  addAppConfigRoutes(router, service);
  addNetworkRoutes(router, service, options.version);
  addToolRoutes(router);
  addReceiptRoutes(router, service);
  addTokenRoutes(router, options.tokens);
  addBackupRoutes(router, service);
  addEventRoutes(router, service);
  addDocsRoutes(router);
  refuseOtherMethods(router);

  router.notFound((context) =>
    jsonResponse({ message: `There is no ${context.req.method} ${context.req.path} here.`, code: 'unknown-route' }, 404),
  );
  router.onError((error, context) => {
    const { status, unexpected, ...problem } = toRefusal(error);
    // Whoever hangs up in the middle of a call is nobody's defect.
    if (unexpected && !context.req.raw.signal.aborted) options.onUnexpectedError?.(error);
    return jsonResponse(problem, status);
  });
  return router;
}

/** Bytes of the longest body that the route at this path takes. */
export function longestBodyBytes(path: string): number {
  return FILE_BODY_BYTES[path] ?? BODY_BYTES;
}

/** The framework refuses some spellings of the type that HTTP has: `application/json ; charset=utf-8`. */
const oneJsonType: MiddlewareHandler = async ({ req }, next) => {
  if (isJsonType(req.header('content-type'))) req.raw.headers.set('content-type', 'application/json');
  await next();
};

function limitOf(path: string): MiddlewareHandler {
  const maxSize = longestBodyBytes(path);
  const what =
    maxSize === BODY_BYTES ? `A post holds at most ${LIMITS.trxDataBytes} bytes.` : 'No file that belongs here is so large.';
  const message = `The body is larger than ${maxSize} bytes. ${what}`;
  return bodyLimit({ maxSize, onError: () => jsonResponse({ message, code: 'too-large' }, 413) });
}

/** Handlers run in the order of their adding, so these answer only what no route before them took. */
function refuseOtherMethods(router: OpenAPIHono): void {
  const methods = new Map<string, string[]>();
  for (const { method, path } of router.routes) {
    if (method === 'ALL') continue;
    const known = methods.get(path) ?? [];
    if (!known.includes(method)) methods.set(path, [...known, method]);
  }
  for (const [path, allowed] of methods) {
    router.all(path, (context) =>
      jsonResponse(
        { message: `${context.req.path} takes ${allowed.join(', ')}, not ${context.req.method}.`, code: 'wrong-method' },
        405,
        {
          allow: allowed.join(', '),
        },
      ),
    );
  }
}

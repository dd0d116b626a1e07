import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import type { NodeService } from '../node/service.ts';
import { LIMITS } from '../records/index.ts';
import { addAnnouncementRoutes } from './announcements.ts';
import { addBlockRoutes } from './blocks.ts';
import { addConsensusRoutes } from './consensus.ts';
import { addContentRoutes } from './contents.ts';
import { jsonResponse } from './endpoint.ts';
import { describeIssues, toRefusal } from './errors.ts';
import { addGroupRoutes } from './groups.ts';
import { addNetworkRoutes } from './network.ts';
import { addToolRoutes } from './tools.ts';

export interface RouterOptions {
  /** This software's version, as `GET /api/v1/node` tells it. */
  readonly version: string;
  /** Told of errors that nobody foresaw; the caller is told nothing of their text. */
  readonly onUnexpectedError?: (error: unknown) => void;
}

/** The longest body that is read: the longest post, and room for what stands around it. */
const BODY_BYTES = LIMITS.trxDataBytes + 20 * 1024;

/**
 * The REST interface over a node: one router for every place that answers it. Every answer is JSON; a refusal is
 * `{message, code}` with a 4xx or 5xx status, whatever went wrong.
 */
export function createRouter(service: NodeService, options: RouterOptions): OpenAPIHono {
  const router = new OpenAPIHono({
    defaultHook: (result) =>
      result.success ? undefined : jsonResponse({ message: describeIssues(result.error), code: 'bad-input' }, 400),
  });
  router.use(
    bodyLimit({
      maxSize: BODY_BYTES,
      onError: () =>
        jsonResponse(
          {
            message: `The body is larger than ${BODY_BYTES} bytes. A post holds at most ${LIMITS.trxDataBytes} bytes.`,
            code: 'too-large',
          },
          413,
        ),
    }),
  );

  addGroupRoutes(router, service);
  addContentRoutes(router, service);
  addBlockRoutes(router, service);
  addConsensusRoutes(router, service);
  addAnnouncementRoutes(router, service);
  addNetworkRoutes(router, service, options.version);
  addToolRoutes(router);
  refuseOtherMethods(router);

  router.notFound((context) =>
    jsonResponse({ message: `There is no ${context.req.method} ${context.req.path} here.`, code: 'unknown-route' }, 404),
  );
  router.onError((error) => {
    const { status, unexpected, ...problem } = toRefusal(error);
    if (unexpected) options.onUnexpectedError?.(error);
    return jsonResponse(problem, status);
  });
  return router;
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

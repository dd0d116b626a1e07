import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import type { z } from './endpoint.ts';
import { createRouter } from './router.ts';

/** A route as its schemas describe it. */
export interface DescribedRoute {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** What it answers with 200. */
  readonly answer: z.ZodType;
}

/** A router that is only looked at: no call ever reaches a node behind it. */
const describedRouter = (): OpenAPIHono => createRouter({} as NodeService, { version: '' });

/** All routes, in the order in which a call is compared with them. */
export function describedRoutes(): DescribedRoute[] {
  return describedRouter().openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { method, path, responses } = definition.route;
    const ok = responses['200'];
    const content = ok && 'content' in ok ? ok.content?.['application/json'] : undefined;
    return content && 'schema' in content ? [{ method, path, answer: content.schema as z.ZodType }] : [];
  });
}

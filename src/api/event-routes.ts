import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import { z } from './endpoint.ts';
import { askedGroups, EVENTS_HEADERS, EVENTS_PATH, eventStream } from './events.ts';

/** What a guard leaves for the routes behind it. */
export interface GuardedVariables {
  /** The groups that the caller may hear of; without it all. */
  readonly allowedGroups?: readonly string[];
  /** Aborted when the caller may hear no more. */
  readonly eventsEnd?: AbortSignal;
}

/** What happens, told as it happens. */
export function addEventRoutes(router: OpenAPIHono, service: NodeService): void {
  router.openAPIRegistry.registerPath({
    method: 'get',
    path: EVENTS_PATH,
    operationId: 'events',
    summary:
      'Server-Sent Events `block` and `trx` from now on: final blocks, and what becomes of own trxs. Hints: the routes tell the state',
    request: {
      query: z.object({ group_id: z.string().optional().openapi({ description: 'Only this group; repeated for several' }) }),
    },
    responses: { 200: { description: 'Events without end', content: { 'text/event-stream': { schema: z.string() } } } },
  });
  router.get(EVENTS_PATH, (context) => {
    // A HEAD takes this way too, and nobody would read its stream, which would be told of events for hours.
    if (context.req.method === 'HEAD') return new Response(null, { headers: EVENTS_HEADERS });
    const allowed = context.get('allowedGroups' as never) as GuardedVariables['allowedGroups'];
    const end = context.get('eventsEnd' as never) as GuardedVariables['eventsEnd'];
    const { signal } = context.req.raw;
    const isAsked = askedGroups(new URL(context.req.url));
    return eventStream({
      subscribe: (listener) => service.subscribe(listener),
      isTold: (groupId) => isAsked(groupId) && (allowed === undefined || allowed.includes(groupId)),
      signal: end === undefined ? signal : AbortSignal.any([signal, end]),
    });
  });
}

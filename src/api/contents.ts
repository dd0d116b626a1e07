import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ContentItem, NodeError, type NodeService } from '../node/service.ts';
import { parseExact, stringifyExact } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupParams, publicKey, queryBoolean, uuid } from './fields.ts';

/** Posts that one call returns unless it says how many, and at most: a page of a feed. */
const CONTENTS_DEFAULT = 20;
const CONTENTS_MAX = 500;

const contentsQuery = z.object({
  num: z
    .string()
    .regex(/^\d{1,4}$/, 'not a whole number')
    .transform(Number)
    .refine((num) => num >= 1 && num <= CONTENTS_MAX, `not between 1 and ${CONTENTS_MAX}`)
    .default(CONTENTS_DEFAULT)
    .openapi({ type: 'integer', minimum: 1, maximum: CONTENTS_MAX }),
  reverse: queryBoolean.default(false),
  starttrx: z
    .literal('')
    .transform(() => undefined)
    .or(uuid)
    .optional()
    .openapi({ type: 'string', format: 'uuid' }),
  startpublisher: publicKey.optional(),
  includestarttrx: queryBoolean.default(false),
  // Repeated (`senders=a&senders=b`) or with commas, which no public key holds.
  senders: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((senders) => [senders].flat().flatMap((sender) => sender.split(',').filter((key) => key !== '')))
    .openapi({ type: 'array', items: { type: 'string' } }),
});

const contentItem = z
  .object({
    TrxId: z.string(),
    Publisher: publicKey,
    Content: z.unknown().openapi({ description: 'The value that was posted; text if it is unreadable' }),
    TimeStamp: z.string().openapi({ description: 'Nanoseconds since 1970' }),
    Unreadable: z.literal(true).optional().openapi({ description: 'What was posted is no JSON within bounds' }),
  })
  .openapi('Content');

/** The text of `data` with every integer as it was sent. */
function exactData(bodyText: string): string {
  try {
    return stringifyExact((parseExact(bodyText) as { data: unknown }).data);
  } catch (error) {
    throw new NodeError('bad-input', `data: ${(error as Error).message}. Nobody could read it.`, {}, { cause: error });
  }
}

const toContent = ({ trxId, publisher, content, timeStampNs }: ContentItem): z.output<typeof contentItem> => ({
  TrxId: trxId,
  Publisher: publisher,
  ...('text' in content ? { Content: content.text, Unreadable: true } : { Content: content.value }),
  TimeStamp: timeStampNs.toString(),
});

export const CONTENT_ENDPOINTS = endpoints({
  post: {
    method: 'post',
    path: '/api/v1/group/{group_id}/content',
    summary: 'Post a JSON object (ActivityStreams); answered once it is stored here durably',
    params: groupParams,
    body: z.object({
      data: z.record(z.string(), z.unknown()),
      trx_id: uuid.optional().openapi({ description: 'A UUID of the caller: a repeated call with it is the same post' }),
    }),
    answer: z.object({ trx_id: z.string() }).openapi('Posted'),
  },
  contents: {
    method: 'get',
    path: '/app/api/v1/group/{group_id}/content',
    summary: 'Final posts in block order. Large ones come in several answers: only an empty one is the end',
    params: groupParams,
    query: contentsQuery,
    answer: z.array(contentItem),
  },
});

/** Posting and reading. */
export function addContentRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, CONTENT_ENDPOINTS.post, async ({ params, body, bodyText }) => ({
    trx_id: await service.post(params.group_id, exactData(await bodyText()), body.trx_id),
  }));
  addEndpoint(router, CONTENT_ENDPOINTS.contents, async ({ params, query }) => {
    const items = await service.contents(params.group_id, {
      num: query.num,
      reverse: query.reverse,
      startTrx: query.starttrx,
      startSender: query.startpublisher,
      includeStart: query.includestarttrx,
      senders: query.senders,
    });
    return items.map(toContent);
  });
}

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import type { TrxAnswer } from '../node/view.ts';
import { Block, Trx } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { answerJson } from './events.ts';
import { groupParams, recordSchema, trxParams } from './fields.ts';

const trxStatusSchema = z
  .object({
    status: z.enum(['Unknown', 'Pending', 'Committed', 'Invalid']),
    reason: z.object({ code: z.string(), message: z.string() }).optional(),
    block_id: z.int().optional(),
    seals: z.int().optional(),
    result: z.enum(['Applied', 'Rejected']).optional(),
    version: z.int().optional(),
    state_root: z.string().optional(),
  })
  .openapi('TrxStatus');

export const BLOCK_ENDPOINTS = endpoints({
  block: {
    method: 'get',
    path: '/api/v1/block/{group_id}/{block_id}',
    summary: 'A final block',
    params: groupParams.extend({
      block_id: z
        .string()
        .regex(/^\d{1,15}$/, 'not a block number')
        .transform(Number)
        .openapi({ type: 'integer' }),
    }),
    answer: recordSchema('Block', 'A block with its trxs and seals'),
  },
  trx: {
    method: 'get',
    path: '/api/v1/trx/{group_id}/{trx_id}',
    summary: 'A trx, final or of this node’s own outbox',
    params: trxParams,
    answer: recordSchema('Trx', 'A trx; Data is as it travelled, encrypted'),
  },
  trxStatus: {
    method: 'get',
    path: '/api/v1/trx/{group_id}/{trx_id}/status',
    summary: 'What became of a trx',
    params: trxParams,
    answer: trxStatusSchema,
  },
  discardPost: {
    method: 'post',
    path: '/api/v1/trx/{group_id}/{trx_id}/discard',
    summary: 'Take an own post that is not final out of the outbox',
    params: trxParams,
    answer: z.object({ trx_id: z.string() }).openapi('Discarded'),
  },
});

const isAnswered = (answer: Partial<TrxAnswer>): answer is TrxAnswer => answer.result !== undefined;

/** Blocks, trxs and what became of a trx. */
export function addBlockRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, BLOCK_ENDPOINTS.block, async ({ params }) =>
    Block.toJson(await service.block(params.group_id, params.block_id)),
  );
  addEndpoint(router, BLOCK_ENDPOINTS.trx, async ({ params }) => Trx.toJson(await service.trx(params.group_id, params.trx_id)));
  addEndpoint(router, BLOCK_ENDPOINTS.trxStatus, async ({ params }) => {
    const { status, reason, blockId, seals, ...answer } = await service.trxStatus(params.group_id, params.trx_id);
    return {
      status,
      ...(reason && { reason: { code: reason.code, message: reason.message } }),
      ...(blockId !== undefined && { block_id: blockId }),
      ...(seals !== undefined && { seals }),
      ...(isAnswered(answer) && answerJson(answer)),
    };
  });
  addEndpoint(router, BLOCK_ENDPOINTS.discardPost, async ({ params }) => {
    await service.discardPost(params.group_id, params.trx_id);
    return { trx_id: params.trx_id };
  });
}

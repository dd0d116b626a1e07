import type { OpenAPIHono } from '@hono/zod-openapi';
import type { NodeService } from '../node/service.ts';
import type { ChangeView } from '../node/view.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupParams, memo, publicKey, uuid } from './fields.ts';

const count = z.int().nonnegative();
const faults = z.record(z.string(), count).openapi({ description: 'Misbehaviour seen here: kind and how often' });

const wantedBody = z.object({
  group_id: uuid,
  producer_pubkey: z.array(z.string()).openapi({ description: 'The new producers: announced as such, or the owner' }),
  start_from_epoch: z.int().openapi({ description: 'After the current epoch' }),
  trx_epoch_tick: z.int().openapi({ description: 'Milliseconds between epochs, from 500 to 3600000 (an hour)' }),
  agreement_tick_length: z.int().openapi({ description: 'Milliseconds of an attempt at agreement, at least 1000' }),
  agreement_tick_count: z.int().openapi({ description: 'Attempts, at least 10' }),
  memo,
  engine: z.enum(['hbbft', 'pbft']).optional().openapi({ description: 'Left out: as it is now' }),
  encryption: count
    .optional()
    .openapi({ description: '0: proposals are encrypted in every epoch; 1: never; k: every k-th. Left out: as now' }),
  recovery: z.boolean().optional().openapi({
    description:
      'Without those who produce now, who cannot order anything any more: from the newest final block that a reachable member has. Final blocks that nobody reachable holds are given up',
  }),
});

const requestedSchema = z
  .object({
    group_id: z.string(),
    Producers: z.array(publicKey),
    start_from_epoch: count,
    trx_epoch_tick: count,
    trx_id: z.string().openapi({ description: 'Once this trx is in a block, the change has succeeded' }),
    failable_producers: count,
    memo: z.string(),
    req_id: z.string(),
  })
  .openapi('RequestedChange');

const changeSchema = z
  .object({
    req_id: z.string(),
    nonce: count,
    trx_id: z.string().optional().openapi({ description: 'The promised id; the owner’s node knows it' }),
    is_owner: z.boolean(),
    recovery: z.boolean(),
    producers: z.array(
      z.object({
        pubkey: publicKey,
        link: z.enum(['self', 'connected', 'away']),
        has_responded: z.boolean(),
        is_decided: z.boolean().optional().openapi({ description: 'Its proof is in the agreement' }),
        refusal: z.string().optional(),
        faults,
      }),
    ),
    owner_faults: faults,
    trx_epoch_tick: count,
    start_from_epoch: count,
    encryption: count,
    engine: z.string(),
    attempt: count.openapi({ description: '0: not begun' }),
    attempts: count,
    agreement_tick_length: count,
    result: z.enum(['SUCCESS', 'TIMEOUT', 'FAILED']).optional(),
    reason: z.enum(['refused', 'too-few-dealings', 'given-up']).optional(),
    phase: z.enum(['waiting-for-producers', 'agreeing', 'ordering', 'ending', 'done']),
  })
  .openapi('ConsensusChange');

function toChange(view: ChangeView): z.output<typeof changeSchema> {
  return {
    req_id: view.reqId,
    nonce: view.nonce,
    ...(view.trxId !== undefined && { trx_id: view.trxId }),
    is_owner: view.isOwner,
    recovery: view.recovery,
    producers: view.producers.map((producer) => ({
      pubkey: producer.pubkey,
      link: producer.link,
      has_responded: producer.hasResponded,
      ...(producer.isDecided !== undefined && { is_decided: producer.isDecided }),
      ...(producer.refusal !== undefined && { refusal: producer.refusal }),
      faults: producer.faults,
    })),
    owner_faults: view.ownerFaults,
    trx_epoch_tick: view.intervalMs,
    start_from_epoch: view.startFromEpoch,
    encryption: view.encryption,
    engine: view.engine,
    attempt: view.attempt,
    attempts: view.attempts,
    agreement_tick_length: view.tickMs,
    ...(view.result && { result: view.result }),
    ...(view.reason && { reason: view.reason }),
    phase: view.phase,
  };
}

export const CHANGE_ENDPOINTS = endpoints({
  changeConsensus: {
    method: 'post',
    path: '/api/v1/group/updconsensus',
    summary: 'Change the consensus of a group: its owner asks these producers for their agreement',
    body: wantedBody,
    answer: requestedSchema,
  },
  consensusChange: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/change',
    summary: 'The newest request for a change of consensus that this node takes part in, open or just ended',
    params: groupParams,
    answer: changeSchema,
  },
  abandonChange: {
    method: 'post',
    path: '/api/v1/group/{group_id}/consensus/change/abandon',
    summary: 'Give an open request up: its result is FAILED',
    params: groupParams,
    body: z.object({ req_id: uuid }),
    answer: z.object({ req_id: z.string() }).openapi('AbandonedChange'),
  },
});

/** How the owner changes who produces, how fast and with which engine. */
export function addChangeRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, CHANGE_ENDPOINTS.changeConsensus, async ({ body }) => {
    const requested = await service.changeConsensus(body.group_id, {
      producers: body.producer_pubkey,
      startFromEpoch: body.start_from_epoch,
      trxEpochTickMs: body.trx_epoch_tick,
      agreementTickMs: body.agreement_tick_length,
      agreementTickCount: body.agreement_tick_count,
      memo: body.memo,
      engine: body.engine,
      encryption: body.encryption,
      recovery: body.recovery,
    });
    return {
      group_id: body.group_id,
      Producers: [...requested.producers],
      start_from_epoch: requested.startFromEpoch,
      trx_epoch_tick: requested.trxEpochTickMs,
      trx_id: requested.trxId,
      failable_producers: requested.failableProducers,
      memo: requested.memo,
      req_id: requested.reqId,
    };
  });
  addEndpoint(router, CHANGE_ENDPOINTS.consensusChange, async ({ params }) =>
    toChange(await service.consensusChange(params.group_id)),
  );
  addEndpoint(router, CHANGE_ENDPOINTS.abandonChange, async ({ params, body }) => {
    await service.abandonChange(params.group_id, body.req_id);
    return { req_id: body.req_id };
  });
}

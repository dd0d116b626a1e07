import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ConsensusInfo, ConsensusProofInfo, NodeService, ProvenFault } from '../node/service.ts';
import type { ConsensusView } from '../node/view.ts';
import { ChangeConsensusReq, ChangeConsensusResp, toBase64 } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { groupParams, nanoseconds, publicKey, recordSchema, uuid } from './fields.ts';

const result = z.enum(['SUCCESS', 'TIMEOUT', 'FAILED']);
const request = recordSchema('ChangeConsensusReq', 'The signed request for a change of consensus');

const producerSchema = z
  .object({
    GroupId: z.string(),
    ProducerPubkey: z.string(),
    ProofTrxId: z.string().optional(),
    Memo: z.string().optional(),
  })
  .openapi('ProducerItem');

const consensusSchema = z
  .object({
    producers: z.array(producerSchema),
    trx_epoch_interval: z.int().openapi({ description: 'Milliseconds' }),
    proof_req_id: z.string(),
    curr_epoch: z.int(),
    curr_block_id: z.int(),
    last_update: nanoseconds,
  })
  .openapi('Consensus');

// `repononsed_producer` is spelled so by the programs that read it; the look-up by id has it right.
const proofSchema = z.object({ result, req: request, repononsed_producer: z.array(z.string()) }).openapi('ConsensusProof');
const fullProofSchema = z
  .object({
    result,
    req: request,
    resps: z.array(recordSchema('ChangeConsensusResp', 'A producer’s signed response')),
    responsed_producer: z.array(z.string()),
  })
  .openapi('ConsensusProofWithResponses');

const count = z.int().nonnegative();
const proposalSchema = z
  .object({
    broadcast: z.object({ phase: z.enum(['silent', 'echoing', 'ready', 'delivered', 'failed']), echoes: count, readies: count }),
    agreement: z.object({ round: count, decided: z.boolean().optional() }),
    decryption: z.object({ phase: z.enum(['unneeded', 'waiting', 'decrypted', 'failed']), shares: count }),
  })
  .openapi('ConsensusProposal', { description: 'How far a producer’s proposal has come in the running epoch' });

const viewSchema = z
  .object({
    view: count,
    primary: publicKey,
    is_changing: z.boolean().openapi({ description: 'This producer has asked for the view and waits for it to begin' }),
    view_changes: z.array(publicKey).openapi({ description: 'Who has asked for this view' }),
    block_id: count.openapi({ description: 'The block that is being decided' }),
    phase: z.enum(['waiting', 'proposed', 'executing', 'executed', 'prepared', 'decided']),
    prepared: z.array(publicKey),
    committed: z.array(publicKey),
  })
  .openapi('ConsensusViewProgress', { description: 'PBFT: who leads, and how far the block that it proposed has come' });

const liveSchema = z
  .object({
    epoch: count,
    producers: z.array(
      z.object({
        pubkey: publicKey,
        link: z.enum(['self', 'connected', 'away']),
        has_lost_log: z.boolean().openapi({
          description: 'It says that its log of what it signed is gone: it is silent until the owner appoints it anew',
        }),
        finished_epoch: count.optional().openapi({ description: 'Newest epoch that it signed to be done with' }),
        proposal: proposalSchema.optional(),
        faults: z.record(z.string(), count).openapi({ description: 'Misbehaviour seen here: kind and how often' }),
      }),
    ),
    view: viewSchema.optional(),
    seals_needed: count,
    waiting_blocks: count,
    sealing: z.object({ block_id: count, seals: z.array(publicKey) }).optional(),
  })
  .openapi('LiveConsensus');

const provenFaultSchema = z
  .object({
    pubkey: publicKey.openapi({ description: 'Of who has committed it' }),
    kind: z.string(),
    found_at: nanoseconds,
    records: z.array(z.base64()).openapi({ description: 'The signed records, encoded, that prove it' }),
  })
  .openapi('ProvenFault');

const toProvenFault = ({ pubkey, kind, foundAtNs, records }: ProvenFault): z.output<typeof provenFaultSchema> => ({
  pubkey,
  kind,
  found_at: foundAtNs,
  records: records.map(toBase64),
});

function toView({ producers, view }: ConsensusView): z.output<typeof viewSchema> | undefined {
  if (!view) return undefined;
  const keysOf = (indices: readonly number[]): string[] => indices.flatMap((index) => producers[index]?.pubkey ?? []);
  return {
    view: view.view,
    primary: producers[view.primary]?.pubkey ?? '',
    is_changing: view.isChanging,
    view_changes: keysOf(view.viewChanges),
    block_id: view.blockId,
    phase: view.phase,
    prepared: keysOf(view.prepared),
    committed: keysOf(view.committed),
  };
}

function toLive(view: ConsensusView): z.output<typeof liveSchema> {
  const ofView = toView(view);
  return {
    epoch: view.epoch,
    producers: view.producers.map(({ pubkey, link, hasLostLog, finishedEpoch, proposal, faults }) => ({
      pubkey,
      link,
      has_lost_log: hasLostLog,
      ...(finishedEpoch !== undefined && { finished_epoch: finishedEpoch }),
      ...(proposal && { proposal }),
      faults,
    })),
    ...(ofView && { view: ofView }),
    seals_needed: view.sealsNeeded,
    waiting_blocks: view.waitingBlocks,
    ...(view.sealing && {
      sealing: {
        block_id: view.sealing.blockId,
        seals: view.sealing.seals.flatMap((index) => view.producers[index]?.pubkey ?? []),
      },
    }),
  };
}

function toConsensus(info: ConsensusInfo): z.output<typeof consensusSchema> {
  return {
    producers: info.producers.map((producer) => ({
      GroupId: producer.groupId,
      ProducerPubkey: producer.producerPubkey,
      // Default values of a record are left out.
      ...(producer.proofTrxId !== '' && { ProofTrxId: producer.proofTrxId }),
      ...(producer.memo !== '' && { Memo: producer.memo }),
    })),
    trx_epoch_interval: info.trxEpochIntervalMs,
    proof_req_id: info.proofReqId,
    curr_epoch: info.currEpoch,
    curr_block_id: info.currBlockId,
    last_update: info.lastUpdateNs,
  };
}

function toProof(proof: ConsensusProofInfo): z.output<typeof proofSchema> {
  return {
    result: proof.result,
    req: ChangeConsensusReq.toJson(proof.req),
    repononsed_producer: [...proof.responsedProducers],
  };
}

function toFullProof(proof: ConsensusProofInfo): z.output<typeof fullProofSchema> {
  return {
    result: proof.result,
    req: ChangeConsensusReq.toJson(proof.req),
    resps: proof.resps.map((response) => ChangeConsensusResp.toJson(response)),
    responsed_producer: [...proof.responsedProducers],
  };
}

export const CONSENSUS_ENDPOINTS = endpoints({
  consensus: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/',
    // Existing programs ask with the slash; a router that drops slashes at the end would be a surprise elsewhere.
    alsoAt: '/api/v1/group/{group_id}/consensus',
    summary: 'The present consensus of a group',
    params: groupParams,
    answer: consensusSchema,
  },
  liveConsensus: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/live',
    summary: 'Consensus at work right now, as far as this node knows',
    params: groupParams,
    answer: liveSchema,
  },
  provenFaults: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/faults',
    summary: 'Misbehaviour that is proved by signed records, as far as this node has seen',
    params: groupParams,
    answer: z.object({ faults: z.array(provenFaultSchema) }).openapi('ProvenFaults'),
  },
  lastProof: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/proof/last',
    summary: 'The newest agreement on consensus',
    params: groupParams,
    answer: proofSchema,
  },
  proofHistory: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/proof/history',
    summary: 'All agreements on consensus, by nonce',
    params: groupParams,
    answer: z.object({ proofs: z.array(proofSchema) }).openapi('ConsensusHistory'),
  },
  proof: {
    method: 'get',
    path: '/api/v1/group/{group_id}/consensus/proof/{req_id}',
    summary: 'One agreement on consensus with its responses',
    params: groupParams.extend({ req_id: uuid }),
    answer: fullProofSchema,
  },
});

/** Who produces and by which agreement. */
export function addConsensusRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, CONSENSUS_ENDPOINTS.consensus, async ({ params }) => toConsensus(await service.consensus(params.group_id)));
  addEndpoint(router, CONSENSUS_ENDPOINTS.liveConsensus, async ({ params }) =>
    toLive(await service.liveConsensus(params.group_id)),
  );
  addEndpoint(router, CONSENSUS_ENDPOINTS.provenFaults, async ({ params }) => ({
    faults: (await service.provenFaults(params.group_id)).map(toProvenFault),
  }));
  addEndpoint(router, CONSENSUS_ENDPOINTS.lastProof, async ({ params }) => toProof(await service.lastProof(params.group_id)));
  addEndpoint(router, CONSENSUS_ENDPOINTS.proofHistory, async ({ params }) => ({
    proofs: (await service.proofHistory(params.group_id)).map(toProof),
  }));
  addEndpoint(router, CONSENSUS_ENDPOINTS.proof, async ({ params }) =>
    toFullProof(await service.proof(params.group_id, params.req_id)),
  );
}

import type { OpenAPIHono } from '@hono/zod-openapi';
import { readReceipt, verifyReceipt } from '../ledger/index.ts';
import type { NodeService } from '../node/service.ts';
import { fromBase64, LIMITS, Receipt, RecordError, SealBody, Trx, TrxResult } from '../records/index.ts';
import { addEndpoint, endpoints, z } from './endpoint.ts';
import { publicKey, recordSchema, trxParams } from './fields.ts';
import { readSeed } from './tools.ts';

/** A receipt in JSON takes a third more than its bytes, and a little for its names. */
export const VERIFY_BODY_BYTES = Math.ceil(LIMITS.receiptBytes * 1.5) + LIMITS.seedChars;

const verdictSchema = z
  .object({
    valid: z.boolean(),
    reason: z.string().optional(),
    trx: recordSchema('Trx', 'A trx; Data is as it travelled, encrypted').optional(),
    result: z.enum(['applied', 'rejected']).optional(),
    block_id: z.int().optional(),
    header: recordSchema('SealBody', 'The header that the block’s seals sign').optional(),
    producers: z.array(publicKey).optional(),
    sealed_by: z.array(publicKey).optional(),
    recoveries: z.array(z.int()).optional(),
  })
  .openapi('Verdict');

/** A receipt in either form. A RecordError says what is wrong with it. */
function receiptOf(form: string | Record<string, unknown>): Receipt {
  if (typeof form !== 'string') return Receipt.fromJson(form);
  const bytes = fromBase64(form);
  const receipt = bytes && readReceipt(bytes);
  if (!receipt) throw new RecordError('malformed', 'the text is not a receipt in base64', Receipt.name);
  return receipt;
}

export const RECEIPT_ENDPOINTS = endpoints({
  receipt: {
    method: 'get',
    path: '/api/v1/trx/{group_id}/{trx_id}/receipt',
    summary: 'Proof for anybody who has the seed that a final trx is in the chain',
    params: trxParams,
    answer: recordSchema(
      'Receipt',
      'The trx with its path to the root, its block’s header and seals, and the changes of consensus since the seed',
    ),
  },
  verifyReceipt: {
    method: 'post',
    path: '/api/v1/tools/verify',
    summary: 'Whether a receipt holds, by the seed alone',
    body: z.object({
      seed: z.string().min(1).max(LIMITS.seedChars),
      receipt: z.union(
        [z.string().max(VERIFY_BODY_BYTES), z.record(z.string(), z.unknown())],
        'neither a receipt nor one in base64',
      ),
    }),
    answer: verdictSchema,
  },
});

/** Proofs for those who are not in the group, and their verification, which needs nothing but its arguments. */
export function addReceiptRoutes(router: OpenAPIHono, service: NodeService): void {
  addEndpoint(router, RECEIPT_ENDPOINTS.receipt, async ({ params }) =>
    Receipt.toJson(await service.receipt(params.group_id, params.trx_id)),
  );
  addEndpoint(router, RECEIPT_ENDPOINTS.verifyReceipt, ({ body }) => {
    const { groupId, ownerPubkey, cipherKey } = readSeed(body.seed);
    try {
      const verdict = verifyReceipt({ groupId, ownerPubkey, cipherKey }, receiptOf(body.receipt));
      if (!verdict.valid) {
        const { part, message } = verdict.flaw;
        return {
          valid: false,
          reason: typeof part === 'number' ? `Change of consensus ${part + 1} in the receipt: ${message}` : message,
        };
      }
      return {
        valid: true,
        trx: Trx.toJson(verdict.trx),
        result: verdict.result === TrxResult.APPLIED ? ('applied' as const) : ('rejected' as const),
        block_id: verdict.header.BlockId,
        header: SealBody.toJson(verdict.header),
        producers: [...verdict.producers],
        sealed_by: [...verdict.sealedBy],
        recoveries: [...verdict.recoveries],
      };
    } catch (error) {
      if (error instanceof RecordError) return { valid: false, reason: `It is not a receipt, or was cut: ${error.message}.` };
      throw error;
    }
  });
}

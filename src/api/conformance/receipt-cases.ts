import { Receipt, toBase64 } from '../../records/index.ts';
import { type Caller, equal, type Json, matches } from './caller.ts';
import { type Case, oneNode, twoNodes } from './case.ts';
import { FOREIGN_SEED } from './group-cases.ts';

const VERIFY_URL = '/api/v1/tools/verify';

/** A group with one final post, and that post's receipt. */
async function withReceipt(node: Caller): Promise<{ groupId: string; seed: string; trxId: string; receipt: Json }> {
  const { group_id: groupId, seed } = await node.createGroup();
  const { trx_id: trxId } = await node.post(`/api/v1/group/${groupId}/content`, { data: { a: 1 } });
  await node.untilFinal(groupId, trxId);
  return { groupId, seed, trxId, receipt: await node.get(`/api/v1/trx/${groupId}/${trxId}/receipt`) };
}

export const RECEIPT_CASES: readonly Case[] = [
  twoNodes('a final trx has a receipt, which anybody with the seed can verify in either form', async (node, stranger) => {
    const { groupId, seed, trxId, receipt } = await withReceipt(node);
    const valid = await stranger.post(VERIFY_URL, { seed, receipt });
    const { owner_pubkey } = (await stranger.post('/api/v1/tools/seedurlextend', { seed })).seed;
    const { block_id } = await node.get(`/api/v1/trx/${groupId}/${trxId}/status`);
    equal('the verdict', [valid.valid, valid.result, valid.block_id], [true, 'applied', block_id]);
    equal('who sealed', [valid.producers, valid.sealed_by, valid.recoveries], [[owner_pubkey], [owner_pubkey], []]);
    equal('the trx', valid.trx, await node.get(`/api/v1/trx/${groupId}/${trxId}`));
    const bytes = toBase64(Receipt.encode(Receipt.fromJson(receipt)));
    equal('in base64', await stranger.post(VERIFY_URL, { seed, receipt: bytes }), valid);
    await node.forget(groupId);
  }),

  oneNode('a receipt that was changed, of another group, or no receipt is not valid', async (node) => {
    const { groupId, seed, receipt } = await withReceipt(node);
    const reason = async (body: object) => {
      const verdict = await node.post(VERIFY_URL, { seed, receipt, ...body });
      equal('valid', verdict.valid, false);
      return verdict.reason;
    };
    matches('changed', await reason({ receipt: { ...receipt, Proof: { ...receipt.Proof, LeafIndex: 0 } } }), /path/);
    matches('no receipt', await reason({ receipt: { Proof: 1 } }), /not a receipt/);
    matches('no receipt', await reason({ receipt: 'AAAA' }), /not a receipt/);
    await reason({ seed: FOREIGN_SEED });
    await node.refused(400, 'bad-seed', 'POST', VERIFY_URL, { seed: 'x', receipt });
    await node.forget(groupId);
  }),
];

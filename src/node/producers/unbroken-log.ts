import { bundleIn, type GroupIdentity } from '../../ledger/index.ts';
import {
  type Block,
  ChangeConsensusResp,
  type ChangeConsensusResultBundle,
  ConsensusResult,
  equalBytes,
  sha256,
  TrxType,
} from '../../records/index.ts';
import type { Chain } from '../chain.ts';
import type { Store, Write } from '../ports.ts';
import { keyOf } from '../rows.ts';

/**
 * A producer speaks under a nonce only while its log, unbroken since, holds the very response that the bundle carries; under nonce 0, the owner's
 * creation of the group (consensus.md, "Crash safety"). What stands for that is one row a nonce, gone with the log if the log is cut.
 */

const mark = (groupId: string, nonce: number, value: Uint8Array | undefined): Write => ({
  table: 'log',
  key: keyOf.unbrokenLog(groupId, nonce),
  value,
});

const nameOf = (response: ChangeConsensusResp): Uint8Array => sha256(ChangeConsensusResp.encode(response));

/** To be written in the transaction that logs this node's own response: the log under its request's nonce begins with it. */
export const logBegins = (groupId: string, response: ChangeConsensusResp): Write =>
  mark(groupId, response.Req?.Nonce ?? 0, nameOf(response));

/** The log under this nonce can no longer be relied on. */
export const logEnds = (groupId: string, nonce: number): Write => mark(groupId, nonce, undefined);

/** Whether this node may speak under the configuration in force. */
export async function isLogUnbroken(
  store: Store,
  { identity, inForce, bundleInForce }: Pick<Chain, 'identity' | 'inForce' | 'bundleInForce'>,
  userPubkey: string,
): Promise<boolean> {
  const { nonce } = inForce;
  const marked = await store.get('log', keyOf.unbrokenLog(identity.groupId, nonce));
  if (!marked || nonce === 0) return marked !== undefined;
  const response = responseOf(bundleInForce, userPubkey);
  return response !== undefined && equalBytes(nameOf(response), marked);
}

const responseOf = (bundle: ChangeConsensusResultBundle | undefined, userPubkey: string): ChangeConsensusResp | undefined =>
  bundle?.Resps.find(({ SenderPubkey }) => SenderPubkey === userPubkey);

/**
 * For development and tests only: where a dealer stands in for the agreement there was no response to log, so the logs of this node begin with the
 * blocks that make it a producer.
 */
export function dealtLogsBegin(blocks: readonly Block[], identity: GroupIdentity, userPubkey: string): Write[] {
  if (!identity.hasTrustedDealer) return [];
  return blocks.flatMap(({ Trxs }) => {
    const change = Trxs.at(-1);
    const bundle = change?.Type === TrxType.CONSENSUS ? bundleIn(change, identity) : undefined;
    const response = bundle?.Result === ConsensusResult.SUCCESS ? responseOf(bundle, userPubkey) : undefined;
    return response && bundle?.KeyGenAcks.length === 0 ? [logBegins(identity.groupId, response)] : [];
  });
}

/** Nothing is ever said again under the nonces below this one: their logs go. */
export async function dropLogsBelow(store: Store, groupId: string, nonce: number): Promise<void> {
  const log = { from: keyOf.log(groupId, 0, ''), to: keyOf.log(groupId, nonce, '') };
  const marks = { from: keyOf.unbrokenLog(groupId, 0), to: keyOf.unbrokenLog(groupId, nonce) };
  const rows = [...(await store.range('log', log)), ...(await store.range('log', marks))];
  if (rows.length === 0) return;
  await store.write(
    rows.map(({ key }): Write => ({ table: 'log', key, value: undefined })),
    'relaxed',
  );
}

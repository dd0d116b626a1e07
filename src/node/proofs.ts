import { AnnouncedRow, announcedKey, type ConsensusRow, consensusRows } from '../ledger/index.ts';
import { type AnnounceItem, ConsensusResult, UserItem } from '../records/index.ts';
import type { Chain } from './chain.ts';
import { type ConsensusInfo, type ConsensusProofInfo, NodeError } from './service.ts';

/** What the ledger's state says of producers and of changes of consensus, as sources/change-consensus.md prints it. */

export const RESULTS = {
  [ConsensusResult.SUCCESS]: 'SUCCESS',
  [ConsensusResult.FAIL]: 'FAILED',
  [ConsensusResult.TIMEOUT]: 'TIMEOUT',
} as const;

function toProof({ Bundle: bundle }: ConsensusRow): ConsensusProofInfo {
  if (!bundle?.Req) throw new NodeError('internal', 'A stored proof of consensus has no request.');
  return { result: RESULTS[bundle.Result], req: bundle.Req, resps: bundle.Resps, responsedProducers: bundle.ResponsedProducers };
}

/** Results that are final, by nonce: a producer knows of more, in blocks that wait for seals. */
export async function finalResults(chain: Chain): Promise<ConsensusRow[]> {
  const rows = consensusRows(chain.state);
  if (chain.waiting.length === 0) return rows;
  const places = await Promise.all(rows.map(({ TrxId }) => chain.placeOf(chain.identity.ownerPubkey, TrxId)));
  return rows.filter((_, index) => (places[index]?.BlockId ?? Number.POSITIVE_INFINITY) <= chain.head.blockId);
}

/** All results, by nonce. */
export const proofHistory = async (chain: Chain): Promise<ConsensusProofInfo[]> => (await finalResults(chain)).map(toProof);

/** The proof of the configuration in force. */
export async function lastProof(chain: Chain): Promise<ConsensusProofInfo> {
  const last = (await finalResults(chain)).findLast(({ Bundle }) => Bundle?.Result === ConsensusResult.SUCCESS);
  if (!last)
    throw new NodeError('unknown-proof', 'This node has no proof of consensus yet: the first block of the group is not here.');
  return toProof(last);
}

export async function proofOf(chain: Chain, reqId: string): Promise<ConsensusProofInfo> {
  const proof = (await proofHistory(chain)).find(({ req }) => req.ReqId === reqId);
  if (!proof) throw new NodeError('unknown-proof', `There is no proof of a change of consensus with the id ${reqId}.`, { reqId });
  return proof;
}

export function announced(chain: Chain, kind: 'producer' | 'user'): AnnounceItem[] {
  return chain.state.list('announced', `${kind}/`).flatMap(({ value }) => AnnouncedRow.decode(value).Item ?? []);
}

/** The announcement of one user. Throws NodeError `unknown-account` if there is none. */
export function announcedUser(chain: Chain, pubkey: string): AnnounceItem {
  const row = chain.state.get('announced', announcedKey('user', pubkey));
  const item = row && AnnouncedRow.decode(row).Item;
  if (!item) throw new NodeError('unknown-account', `No user with the key ${pubkey} is announced in this group.`, { pubkey });
  return item;
}

/** The age recipient that a key has announced to produce with. */
export function recipientOf(chain: Chain, pubkey: string): string | undefined {
  const row = chain.state.get('announced', announcedKey('producer', pubkey));
  return row && AnnouncedRow.decode(row).Item?.Content?.EncryptPubkey;
}

/** The users whom the owner has admitted. */
export const admittedUsers = (chain: Chain): UserItem[] =>
  chain.state.list('users', '').map(({ value }) => UserItem.decode(value));

export function consensusInfo(chain: Chain, epoch: number): ConsensusInfo {
  const { configuration, head } = chain;
  const memoOf = new Map(announced(chain, 'producer').map((item) => [item.AnnouncerPubkey, item.Content?.Memo ?? '']));
  return {
    producers: configuration.producers.map((producerPubkey) => ({
      groupId: configuration.groupId,
      producerPubkey,
      proofTrxId: configuration.proofTrxId,
      memo: memoOf.get(producerPubkey) ?? '',
    })),
    trxEpochIntervalMs: configuration.intervalMs,
    proofReqId: configuration.proofReqId,
    currEpoch: epoch,
    currBlockId: head.blockId,
    lastUpdateNs: head.timeNs,
  };
}

import { compareBytes, comparePubkeys, equalBytes, LIMITS, StorageType, Trx, TrxType, trxHash } from '../records/index.ts';
import { type ActiveConfiguration, bundleHash, bundleToKeep, type GroupIdentity, isRecovery } from './configuration.ts';
import type { KvReader } from './kv.ts';
import { mayEnter } from './rules.ts';

/** What the rules for a block's contents need to know (consensus.md, "What enters a block, the same way everywhere"). */
export interface OrderContext {
  readonly identity: GroupIdentity;
  readonly configuration: ActiveConfiguration;
  /** State when the block began. */
  readonly state: KvReader;
  readonly blockTimeNs: bigint;
  /** Whether a trx with this sender and id is in the chain already. */
  inChain(senderPubkey: string, trxId: string): boolean;
  /** Whether the sender's signature verifies. */
  isSigned(trx: Trx): boolean;
}

/** Why a trx may not enter the next block; undefined if it may. */
export function whyExcluded(trx: Trx, context: OrderContext): string | undefined {
  const { identity, state } = context;
  if (trx.GroupId !== identity.groupId) return 'it is for another group';
  if (trx.Data.length > LIMITS.trxDataBytes) return 'it is too large';
  if (trx.Expired <= context.blockTimeNs) return 'it has expired';
  if (!mayEnter(state, identity.ownerPubkey, trx.SenderPubkey, trx.Type))
    return 'the rules of the group do not let its sender send it';
  if (context.inChain(trx.SenderPubkey, trx.TrxId)) return 'it is in the chain already';
  if (!context.isSigned(trx)) return 'its signature does not verify';
  return trx.Type === TrxType.CONSENSUS ? whyNoChange(trx, context) : undefined;
}

/** A recovery opens the first block of the producers that it names; no other block takes it, and that block takes no other change. */
function whyNoChange(trx: Trx, { identity, configuration, state }: OrderContext): string | undefined {
  const bundle = bundleToKeep(trx, identity, state, configuration.nonceFloor);
  if (!bundle) return 'its proof does not verify';
  const opening = configuration.isOpening ? configuration.bundleHash : undefined;
  if (!isRecovery(bundle)) return opening ? 'a recovery has to enter the chain first' : undefined;
  const isThis = opening !== undefined && equalBytes(bundleHash(bundle), opening);
  return isThis ? undefined : 'it is a recovery, which only its own producers can put into their first block';
}

/**
 * The trxs of a block, in order, out of everything that was proposed: the same list at every producer, whatever order `proposed` has.
 * Running it over a block's own trxs gives them back unchanged; that is how a user checks a block.
 */
export function orderTrxs(proposed: readonly Trx[], context: OrderContext): Trx[] {
  const chosen = new Map<string, Trx>();
  for (const trx of proposed) {
    if (whyExcluded(trx, context) !== undefined) continue;
    const key = `${trx.SenderPubkey}/${trx.TrxId}`;
    const rival = chosen.get(key);
    if (!rival || compareCopies(trx, rival) < 0) chosen.set(key, trx);
  }
  const ordered = [...chosen.values()].map(asStoredInBlock).sort((a, b) => compareInBlock(a, b, context));
  const trxs = withOneConsensusTrx(ordered, context);
  // Until its trx is there, a recovery makes no block.
  return context.configuration.isOpening && trxs[0]?.Type !== TrxType.CONSENSUS ? [] : trxs;
}

const asStoredInBlock = (trx: Trx): Trx => ({ ...trx, ResendCount: 0, StorageType: StorageType.CHAIN });

const compareTimes = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of copies with equal sender and id, the smallest (TimeStamp, hash, signature) stays. */
const compareCopies = (a: Trx, b: Trx): number =>
  compareTimes(a.TimeStamp, b.TimeStamp) || compareBytes(trxHash(a), trxHash(b)) || compareBytes(a.SenderSign, b.SenderSign);

/** By sender, the owner last; within a sender by time, then id. A CONSENSUS trx comes last of all, but one of a recovery first. */
function compareInBlock(a: Trx, b: Trx, { identity: { ownerPubkey }, configuration }: OrderContext): number {
  const aConsensus = a.Type === TrxType.CONSENSUS;
  if (aConsensus !== (b.Type === TrxType.CONSENSUS)) return aConsensus === (configuration.isOpening ?? false) ? -1 : 1;
  const aOwner = a.SenderPubkey === ownerPubkey;
  if (aOwner !== (b.SenderPubkey === ownerPubkey)) return aOwner ? 1 : -1;
  return (
    comparePubkeys(a.SenderPubkey, b.SenderPubkey) || compareTimes(a.TimeStamp, b.TimeStamp) || compareText(a.TrxId, b.TrxId)
  );
}

/** At most one CONSENSUS trx a block: the lowest nonce, of equal nonces the first in order. */
function withOneConsensusTrx(ordered: Trx[], { identity, state, configuration }: OrderContext): Trx[] {
  const changes = ordered.filter((trx) => trx.Type === TrxType.CONSENSUS);
  if (changes.length <= 1) return ordered;
  const nonceOf = (trx: Trx): number =>
    bundleToKeep(trx, identity, state, configuration.nonceFloor)?.Req?.Nonce ?? Number.MAX_SAFE_INTEGER;
  const first = changes.reduce((best, trx) => (nonceOf(trx) < nonceOf(best) ? trx : best));
  return ordered.filter((trx) => trx.Type !== TrxType.CONSENSUS || trx === first);
}

/** Bytes that a trx takes in a block: its record and the field's key and length. */
export const sizeInBlockBytes = (trx: Trx): number => Trx.encode(trx).length + 8;

/**
 * The block's time: the lower median of the times that the decided proposals carry, at least one nanosecond after the block before.
 * (consensus.md, "Block time")
 */
export function blockTimeNs(proposalTimesNs: readonly bigint[], previousTimeNs: bigint): bigint {
  const sorted = [...proposalTimesNs].sort(compareTimes);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
  return median > previousTimeNs ? median : previousTimeNs + 1n;
}

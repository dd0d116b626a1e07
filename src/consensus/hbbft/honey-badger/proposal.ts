import { decodeOrNothing, HBTrxBundle, LIMITS, message, nested, timeNs } from '../../../records/index.ts';
import type { Proposal } from '../../engine.ts';

/** What one producer broadcasts (encrypted, where the schedule says so). */
const EncodedProposal = message('Proposal', LIMITS.blockBytes, {
  TimeStamp: timeNs(1),
  Trxs: nested(2, HBTrxBundle),
});

/** Time, and what holds the list of trxs together. */
const FRAME_BYTES = 64;

/** Bytes of trxs that one producer may propose: consensus.md, "What to propose". */
export const proposalLimitBytes = (producers: number): number =>
  Math.floor((LIMITS.blockBytes - LIMITS.blockReserveBytes) / producers);

/** Bytes of a whole proposal: a decided one that is larger counts as EMPTY. */
export const encodedLimitBytes = (producers: number): number => proposalLimitBytes(producers) + FRAME_BYTES;

/** Throws RangeError for more trxs than were asked for. */
export function encodeProposal(proposal: Proposal, producers: number): Uint8Array {
  const bytes = EncodedProposal.encode({ TimeStamp: proposal.timeNs, Trxs: { Trxs: proposal.trxs } });
  if (producers > 1 && bytes.length > encodedLimitBytes(producers)) {
    throw new RangeError(`a proposal of ${bytes.length} bytes: the node was asked for at most ${proposalLimitBytes(producers)}`);
  }
  return bytes;
}

/** Undefined for what is no proposal, or is too large. */
export function decodeProposal(bytes: Uint8Array, producers: number): Proposal | undefined {
  if (bytes.length > encodedLimitBytes(producers)) return undefined;
  const read = decodeOrNothing(EncodedProposal, bytes);
  return read && { trxs: read.Trxs?.Trxs ?? [], timeNs: read.TimeStamp };
}

import { HBTrxBundle, LIMITS, message, nested, type TypeOf, timeNs, uint64 } from '../../records/index.ts';
import type { LogEntry, Proposal } from '../engine.ts';

/** Own proposal of an epoch, as it went (or is about to go) out: after a restart the same one goes out again. */
const LoggedProposal = message('LoggedProposal', LIMITS.blockBytes, {
  Epoch: uint64(1),
  TimeStamp: timeNs(2),
  Trxs: nested(3, HBTrxBundle),
});
type LoggedProposal = TypeOf<typeof LoggedProposal>;

const EPOCH_DIGITS = 16;

/** Log keys sort by epoch. */
export const epochKey = (epoch: number): string => epoch.toString().padStart(EPOCH_DIGITS, '0');

export function logProposal(epoch: number, proposal: Proposal): LogEntry {
  const data = LoggedProposal.encode({ Epoch: epoch, TimeStamp: proposal.timeNs, Trxs: { Trxs: [...proposal.trxs] } });
  return { key: `${epochKey(epoch)}/proposal`, data };
}

export function readLoggedProposal(entry: LogEntry): { epoch: number; proposal: Proposal } {
  const logged: LoggedProposal = LoggedProposal.decode(entry.data);
  return { epoch: logged.Epoch, proposal: { trxs: logged.Trxs?.Trxs ?? [], timeNs: logged.TimeStamp } };
}

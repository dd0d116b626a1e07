import { bytes, enumeration, exactBytes, flag, message, nested, repeated, sha256, type TypeOf, text } from '../records/index.ts';
import { TRX_BUDGET } from './budget.ts';

/** How a trx in a block was answered. */
export const TrxResult = { APPLIED: 0, REJECTED: 1 } as const;
export type TrxResult = (typeof TrxResult)[keyof typeof TrxResult];

/** One leaf of the history tree: what happened to one trx. Its encoding is hashed as RFC 6962 leaves are. */
export const HistoryLeaf = message('HistoryLeaf', 128, {
  TrxHash: exactBytes(1, 32),
  WriteSetDigest: exactBytes(2, 32),
  Result: enumeration(3, TrxResult),
});
export type HistoryLeaf = TypeOf<typeof HistoryLeaf>;

/** A write set within the budget, the names of its rows' tables and lengths included. */
const WRITE_SET_BYTES = 2 * TRX_BUDGET.bytesWritten;

const WriteSetRow = message('WriteSetRow', WRITE_SET_BYTES, {
  Table: text(1),
  Key: text(2),
  Value: bytes(3, { maxBytes: TRX_BUDGET.bytesWritten }),
  Deleted: flag(4),
});

export const WriteSet = message('WriteSet', WRITE_SET_BYTES, { Rows: repeated(nested(1, WriteSetRow), TRX_BUDGET.operations) });
export type WriteSet = TypeOf<typeof WriteSet>;

export const writeSetDigest = (writeSet: WriteSet): Uint8Array => sha256(WriteSet.encode(writeSet));

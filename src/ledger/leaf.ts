import { bytes, flag, message, nested, repeated, sha256, type TypeOf, text } from '../records/index.ts';
import { TRX_BUDGET } from './budget.ts';

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

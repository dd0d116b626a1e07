import { message, type TypeOf } from './codec.ts';
import { TrxResult } from './enums.ts';
import { enumeration, exactBytes, nested, repeated, text, uint64 } from './fields.ts';
import { LIMITS } from './limits.ts';
import { Seal, SealBody, Trx } from './schema.ts';

/** Proofs that whoever has the seed alone can verify (architecture.md, "Receipts"). */

const HASH = 32;
const KiB = 1024;

/** One leaf of the history tree: what happened to one trx. Its encoding is hashed as RFC 6962 leaves are. */
export const HistoryLeaf = message('HistoryLeaf', 128, {
  TrxHash: exactBytes(1, HASH),
  WriteSetDigest: exactBytes(2, HASH),
  Result: enumeration(3, TrxResult),
});
export type HistoryLeaf = TypeOf<typeof HistoryLeaf>;

/** A trx, its leaf's path to the root that a header names, and that block's seals in ascending order of their keys. */
export const TrxProof = message('TrxProof', LIMITS.trxDataBytes + 32 * KiB, {
  Trx: nested(1, Trx),
  Leaf: nested(2, HistoryLeaf),
  /** The leaf's place in the history, and how many leaves the history had after the block. */
  LeafIndex: uint64(3),
  HistorySize: uint64(4),
  /** Sibling hashes from the leaf up (RFC 6962, 2.1.1). */
  Path: repeated(exactBytes(5, HASH), LIMITS.historyPathSteps),
  Header: nested(6, SealBody),
  Seals: repeated(nested(7, Seal), LIMITS.producers),
});
export type TrxProof = TypeOf<typeof TrxProof>;

/** First words of every receipt. */
export const RECEIPT_TAG = 'sett/receipt/1';

/** `Links`: the changes of consensus from the seed to the configuration that sealed the block of `Proof`, the first of them the group's own first. */
export const Receipt = message('Receipt', LIMITS.receiptBytes, {
  Tag: text(1),
  Links: repeated(nested(2, TrxProof), LIMITS.receiptLinks),
  Proof: nested(3, TrxProof),
});
export type Receipt = TypeOf<typeof Receipt>;

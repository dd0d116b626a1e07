import type { Execution } from '../ledger/index.ts';
import { Block, joinBytes, PostItem, type Trx, TrxResult } from '../records/index.ts';
import type { Write } from './ports.ts';
import { ChangesRow, HistoryRow, keyOf, PlaceRow } from './rows.ts';

const NO_BYTES = new Uint8Array();

/** Everything that one executed block puts into the store, the decrypted posts and the head apart. */
export function executionWrites(groupId: string, block: Block, execution: Execution, firstLeaf: number): Write[] {
  const writes: Write[] = [{ table: 'blocks', key: keyOf.block(groupId, block.BlockId), value: Block.encode(block) }];
  for (const [place, trx] of block.Trxs.entries()) {
    const answer = execution.answers[place];
    const rejected = answer?.result === TrxResult.REJECTED;
    const row: PlaceRow = { BlockId: block.BlockId, Place: place, Reason: rejected ? (answer.reason ?? 'rejected') : '' };
    const value = PlaceRow.encode(row);
    writes.push({ table: 'trxs', key: keyOf.trx(groupId, trx.SenderPubkey, trx.TrxId), value });
    writes.push({ table: 'trxids', key: keyOf.trxId(groupId, trx.TrxId, trx.SenderPubkey), value });
  }
  for (const { table, key, value } of execution.changes) writes.push({ table: 'kv', key: keyOf.kv(groupId, table, key), value });
  writes.push({ table: 'kvchanges', key: keyOf.block(groupId, block.BlockId), value: encodeChanges(execution) });
  const history: HistoryRow = {
    FirstLeaf: firstLeaf,
    Nodes: joinBytes(execution.historyNodes),
    Digests: joinBytes(execution.leaves.map(({ WriteSetDigest }) => WriteSetDigest)),
  };
  writes.push({ table: 'history', key: keyOf.block(groupId, block.BlockId), value: HistoryRow.encode(history) });
  return writes;
}

function encodeChanges(execution: Execution): Uint8Array {
  return ChangesRow.encode({
    Changes: execution.changes.map(({ table, key, value, before }) => ({
      Table: table,
      Key: key,
      Value: value ?? NO_BYTES,
      HasValue: value !== undefined,
      Before: before ?? NO_BYTES,
      HasBefore: before !== undefined,
    })),
  });
}

/** A decrypted post: this node's own view, not part of the ledger. */
export function contentWrites(groupId: string, block: Block, place: number, trx: Trx, content: Uint8Array): Write {
  const item: PostItem = { TrxId: trx.TrxId, SenderPubkey: trx.SenderPubkey, Content: content, TimeStamp: trx.TimeStamp };
  return { table: 'contents', key: keyOf.content(groupId, block.BlockId, place), value: PostItem.encode(item) };
}

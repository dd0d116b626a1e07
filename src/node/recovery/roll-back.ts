import type { Frontier } from '../../crypto/index.ts';
import type { KvChange, KvState } from '../../ledger/index.ts';
import type { Block } from '../../records/index.ts';
import { HistoryNodes } from '../history-nodes.ts';
import type { Store, TableName, Write } from '../ports.ts';
import { ChangesRow, keyOf, startingWith } from '../rows.ts';
import { NodeError } from '../service.ts';

/** Tables with one row a block, under its key. */
const BY_BLOCK: readonly TableName[] = ['blocks', 'kvchanges', 'history'];

export interface RolledBack {
  /** Deletes everything that the blocks have put into the store, and puts back what they replaced. */
  readonly writes: readonly Write[];
  /** The history before the first of them. */
  readonly frontier: Frontier;
  /** Decrypted posts among them. */
  readonly posts: number;
}

/**
 * Takes stored blocks back, the newest of a chain, ascending: `state` in memory goes back at once, the store with the writes. Throws NodeError `internal` if
 * the store does not hold what they changed.
 */
export async function rollBack(store: Store, groupId: string, blocks: readonly Block[], state: KvState): Promise<RolledBack> {
  const writes: Write[] = [];
  let posts = 0;
  for (const block of blocks.toReversed()) {
    const key = keyOf.block(groupId, block.BlockId);
    for (const change of await changesOf(store, key, block.BlockId)) {
      state.apply(change.table, change.key, change.before);
      writes.push({ table: 'kv', key: keyOf.kv(groupId, change.table, change.key), value: change.before });
    }
    for (const { TrxId: trxId, SenderPubkey: sender } of block.Trxs) {
      writes.push({ table: 'trxs', key: keyOf.trx(groupId, sender, trxId), value: undefined });
      writes.push({ table: 'trxids', key: keyOf.trxId(groupId, trxId, sender), value: undefined });
    }
    const contents = await store.range('contents', startingWith(`${key}/`));
    for (const content of contents) writes.push({ table: 'contents', key: content.key, value: undefined });
    posts += contents.length;
    for (const table of BY_BLOCK) writes.push({ table, key, value: undefined });
  }
  const first = blocks[0]?.BlockId ?? 1;
  const history = new HistoryNodes(store, groupId, first);
  return { writes, posts, frontier: await history.frontier((await history.row(first)).FirstLeaf) };
}

/** What a block changed, newest first. */
async function changesOf(store: Store, key: string, blockId: number): Promise<KvChange[]> {
  const row = await store.get('kvchanges', key);
  if (!row) throw new NodeError('internal', `What block ${blockId} changed is not stored.`);
  return ChangesRow.decode(row)
    .Changes.map(
      ({ Table, Key, Value, HasValue, Before, HasBefore }): KvChange => ({
        table: Table as KvChange['table'],
        key: Key,
        value: HasValue ? Value : undefined,
        before: HasBefore ? Before : undefined,
      }),
    )
    .toReversed();
}

import type { Chain } from './chain.ts';
import type { Store, TableName, Write } from './ports.ts';
import { keyOf, startingWith } from './rows.ts';

/** Tables that hold nothing but what the blocks give when they are executed again. */
const DERIVED: readonly TableName[] = ['trxs', 'trxids', 'contents', 'kv', 'kvchanges', 'history', 'heads'];
const DELETED_AT_ONCE = 2_000;

/** Deletes a group's rows of some tables, surely once it resolves. Not one transaction: a crash on the way leaves some to be deleted again. */
export async function deleteRows(store: Store, groupId: string, tables: readonly TableName[]): Promise<void> {
  await store.write([{ table: 'heads', key: keyOf.head(groupId), value: undefined }], 'strict');
  for (const table of tables) {
    await deleteBelow(store, table, `${groupId}/`);
    await store.write([{ table, key: groupId, value: undefined }], table === tables.at(-1) ? 'strict' : 'relaxed');
  }
}

/** Deletes all rows of a table whose key begins so. */
async function deleteBelow(store: Store, table: TableName, prefix: string): Promise<void> {
  for (;;) {
    const rows = await store.range(table, { ...startingWith(prefix), limit: DELETED_AT_ONCE });
    if (rows.length === 0) return;
    await store.write(
      rows.map(({ key }): Write => ({ table, key, value: undefined })),
      'relaxed',
    );
  }
}

/**
 * Cuts a damaged tail: executes the stored blocks again from the first, keeps those that hold together, drops the others, which are
 * then fetched anew. A producer whose tail was cut may have signed what it no longer knows, so its log counts as broken. What was promised in
 * changes of consensus stays: nobody answers twice.
 */
export async function cutDamagedTail(store: Store, chain: Chain): Promise<void> {
  const { groupId } = chain.identity;
  await deleteRows(store, groupId, DERIVED);
  for (const part of ['unbroken', 'entry']) await deleteBelow(store, 'log', `${groupId}/${part}/`);
  await chain.reload();
  for (;;) {
    const block = await chain.storedBlock(chain.tip.blockId + 1);
    const examined = block && (await chain.examine(block));
    if (!block || !examined || 'refusal' in examined) break;
    await chain.stage(block, examined.execution);
    if (chain.isStageFull) await chain.flush('relaxed');
  }
  if (chain.hasStaged) await chain.flush('strict');
  const after = keyOf.block(groupId, chain.head.blockId + 1);
  const rest = await store.range('blocks', { from: after, to: startingWith(`${groupId}/`).to });
  await store.write(
    rest.map(({ key }): Write => ({ table: 'blocks', key, value: undefined })),
    'relaxed',
  );
}

/** Large enough that writing it tells whether there is room for a block again. */
const PROBE_BYTES = 64 * 1024;

/** Rejects as long as the store does not take a write of some size. */
export async function probeStorage(store: Store, groupId: string): Promise<void> {
  await store.write([{ table: 'meta', key: `probe/${groupId}`, value: new Uint8Array(PROBE_BYTES) }], 'strict');
}

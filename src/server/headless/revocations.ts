/** Which tokens were ended before their time: a row for each name, in the node's database. */
import { createHash } from 'node:crypto';
import type { Store } from '../../node/index.ts';
import type { Revocations } from './tokens.ts';

const PREFIX = 'revoked-token/';
const PREFIX_END = 'revoked-token0';

/** Keys of rows are ASCII, names are any text. */
function keyOf(name: string): string {
  return PREFIX + createHash('sha256').update(JSON.stringify(name)).digest('hex');
}

export async function openRevocations(store: Store): Promise<Revocations> {
  const untilOf = new Map<string, number>();
  for (const { key, value } of await store.range('meta', { from: PREFIX, to: PREFIX_END })) {
    untilOf.set(key, Number(Buffer.from(value).toString('latin1')));
  }
  return {
    untilOf: (name) => untilOf.get(keyOf(name)),
    async set(name, untilSeconds) {
      const key = keyOf(name);
      await store.write([{ table: 'meta', key, value: Buffer.from(String(untilSeconds), 'latin1') }], 'strict');
      untilOf.set(key, untilSeconds);
    },
  };
}

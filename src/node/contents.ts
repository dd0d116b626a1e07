import { PostItem } from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { Row, Store } from './ports.ts';
import { keyOf } from './rows.ts';
import { type ContentItem, type ContentQuery, NodeError } from './service.ts';

/** Rows read at a time while looking for posts of certain senders. */
const READ_AT_ONCE = 500;
const RADIX = 16;

/** Final posts that this node can read, in block order or against it. Throws NodeError `unknown-trx` for a start that is not in the chain. */
export async function readContents(store: Store, chain: Chain, query: ContentQuery): Promise<ContentItem[]> {
  const { groupId } = chain.identity;
  let from = keyOf.content(groupId, 0, 0);
  let to = keyOf.content(groupId, chain.head.blockId + 1, 0);
  if (query.startTrx !== undefined) {
    const at = await keyOfPost(chain, query.startTrx);
    const after = `${at}\u0000`;
    if (query.reverse) to = query.includeStart ? after : at;
    else from = query.includeStart ? at : after;
  }
  const wanted = new Set(query.senders);
  const items: ContentItem[] = [];
  for (;;) {
    const limit = wanted.size > 0 ? READ_AT_ONCE : query.num - items.length;
    const rows = await store.range('contents', { from, to, reverse: query.reverse, limit });
    for (const row of rows) {
      const item = toItem(row);
      if (wanted.size === 0 || wanted.has(item.publisher)) items.push(item);
      if (items.length === query.num) return items;
    }
    const last = rows.at(-1);
    if (!last || rows.length < limit) return items;
    if (query.reverse) to = last.key;
    else from = `${last.key}\u0000`;
  }
}

async function keyOfPost(chain: Chain, trxId: string): Promise<string> {
  const [first] = await chain.placesOf(trxId);
  if (!first) throw new NodeError('unknown-trx', `There is no trx ${trxId} in this group's chain to start from.`, { trxId });
  return keyOf.content(chain.identity.groupId, first.place.BlockId, first.place.Place);
}

function toItem({ key, value }: Row): ContentItem {
  const post = PostItem.decode(value);
  const [, blockId = '0'] = key.split('/');
  return {
    trxId: post.TrxId,
    publisher: post.SenderPubkey,
    content: new TextDecoder().decode(post.Content),
    timeStampNs: post.TimeStamp,
    blockId: Number.parseInt(blockId, RADIX),
  };
}

import { LIMITS, PostItem, parsePost, readPlaintext } from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { Store } from './ports.ts';
import { keyOf } from './rows.ts';
import { type ContentItem, type ContentQuery, NodeError } from './service.ts';
import { placesOf } from './trx-lookup.ts';

/** Rows read at a time: at full size they take little more than an answer. */
const READ_AT_ONCE = 16;
/** A character that JSON has to escape takes up to so many: counted where the plaintext is no JSON itself. */
const ESCAPED_BYTES = 6;
const RADIX = 16;

/** What is encrypted of a post. Throws NodeError `bad-input` for what nobody could read. */
export function toPlaintext(json: string): Uint8Array {
  try {
    parsePost(json);
  } catch (error) {
    throw new NodeError('bad-input', `data: ${(error as SyntaxError).message}. Nobody could read it.`, {}, { cause: error });
  }
  return new TextEncoder().encode(json);
}

/**
 * Final posts that this node can read, in block order or against it: as many as are asked for and {@link LIMITS.contentAnswerBytes} allows, none only where
 * the feed ends. Throws NodeError `unknown-trx` for a start that is not in the chain.
 */
export async function readContents(store: Store, chain: Chain, query: ContentQuery): Promise<ContentItem[]> {
  const { groupId } = chain.identity;
  let from = keyOf.content(groupId, 0, 0);
  let to = keyOf.content(groupId, chain.head.blockId + 1, 0);
  if (query.startTrx !== undefined) {
    const at = await keyOfPost(chain, query.startTrx, query.startSender);
    const after = `${at}\u0000`;
    if (query.reverse) to = query.includeStart ? after : at;
    else from = query.includeStart ? at : after;
  }
  const wanted = new Set(query.senders);
  const items: ContentItem[] = [];
  let leftBytes: number = LIMITS.contentAnswerBytes;
  for (;;) {
    const limit = wanted.size > 0 ? READ_AT_ONCE : Math.min(READ_AT_ONCE, query.num - items.length);
    const rows = await store.range('contents', { from, to, reverse: query.reverse, limit });
    for (const { key, value } of rows) {
      const post = PostItem.decode(value);
      if (wanted.size > 0 && !wanted.has(post.SenderPubkey)) continue;
      const item = toItem(key, post);
      leftBytes -= 'text' in item.content ? post.Content.length * ESCAPED_BYTES : post.Content.length;
      if (leftBytes < 0 && items.length > 0) return items;
      items.push(item);
      if (items.length === query.num) return items;
    }
    const last = rows.at(-1);
    if (!last || rows.length < limit) return items;
    if (query.reverse) to = last.key;
    else from = `${last.key}\u0000`;
  }
}

async function keyOfPost(chain: Chain, trxId: string, sender: string | undefined): Promise<string> {
  const places = await placesOf(chain, trxId);
  const found = places.find((one) => sender === undefined || one.sender === sender);
  if (!found) throw new NodeError('unknown-trx', `There is no trx ${trxId} in this group's chain to start from.`, { trxId });
  return keyOf.content(chain.identity.groupId, found.place.BlockId, found.place.Place);
}

function toItem(key: string, post: PostItem): ContentItem {
  const [, blockId = '0'] = key.split('/');
  return {
    trxId: post.TrxId,
    publisher: post.SenderPubkey,
    content: readPlaintext(post.Content),
    timeStampNs: post.TimeStamp,
    blockId: Number.parseInt(blockId, RADIX),
  };
}

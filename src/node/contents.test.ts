import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS, PostItem } from '../records/index.ts';
import { memoryStore } from '../sim/index.ts';
import { readContents } from './contents.ts';
import type { Store, Write } from './ports.ts';
import { keyOf } from './rows.ts';
import type { ContentQuery } from './service.ts';

const GROUP = '11111111-1111-4111-8111-111111111111';
const POSTS = 600;
const POST_BYTES = 100 * 1024;
const HEAD = 700;
const EVERYTHING: ContentQuery = { num: 500, reverse: false, startTrx: undefined, includeStart: false, senders: [] };

/** Each post in a block of its own, its number as its id. */
const chain = {
  identity: { groupId: GROUP },
  head: { blockId: HEAD },
  placesOf: async (trxId: string) => [{ sender: 'A', place: { BlockId: Number(trxId), Place: 0, Reason: '' } }],
} as never;

let store: Store;
/** Rows that were asked for at once, at most. */
let rowsAtOnce: number;

beforeEach(() => {
  const memory = memoryStore();
  rowsAtOnce = 0;
  store = {
    ...memory,
    write: (...writes) => memory.write(...writes),
    range: async (...query) => {
      const rows = await memory.range(...query);
      rowsAtOnce = Math.max(rowsAtOnce, rows.length);
      return rows;
    },
  } as Store;
});

async function fill(count: number, contentOf: (number: number) => Uint8Array): Promise<void> {
  const writes = Array.from({ length: count }, (_, index): Write => {
    const item = PostItem.create({
      TrxId: String(index + 1),
      SenderPubkey: index % 3 ? 'A' : 'B',
      Content: contentOf(index + 1),
      TimeStamp: 1n,
    });
    return { table: 'contents', key: keyOf.content(GROUP, index + 1, 0), value: PostItem.encode(item) };
  });
  await store.write(writes, 'strict');
}

async function pages(query: Partial<ContentQuery>): Promise<string[][]> {
  const all: string[][] = [];
  for (;;) {
    const startTrx = all.at(-1)?.at(-1);
    const items = await readContents(store, chain, { ...EVERYTHING, ...query, startTrx });
    if (items.length === 0) return all;
    all.push(items.map(({ trxId }) => trxId));
  }
}

const ids = Array.from({ length: POSTS }, (_, index) => String(index + 1));
const large = new TextEncoder().encode(JSON.stringify('x'.repeat(POST_BYTES - 2)));

describe('an answer of posts is bounded in bytes', () => {
  it('600 posts of 100 KiB come in pages that fit, each once, in both directions', async () => {
    await fill(POSTS, () => large);
    for (const reverse of [false, true]) {
      const read = await pages({ reverse });
      expect(read.flat()).toEqual(reverse ? ids.toReversed() : ids);
      for (const page of read) expect(page.length * POST_BYTES).toBeLessThanOrEqual(LIMITS.contentAnswerBytes);
    }
    expect(rowsAtOnce * POST_BYTES).toBeLessThanOrEqual(LIMITS.contentAnswerBytes);
  });

  it('of certain senders too: an empty page is the end and nothing else', async () => {
    await fill(POSTS, () => large);
    const read = await pages({ senders: ['B'] });
    expect(read.flat()).toEqual(ids.filter((_, index) => index % 3 === 0));
  });

  it('a post always fits, also one that JSON prints at six times its size', async () => {
    const controls = new Uint8Array(LIMITS.trxDataBytes);
    await fill(5, () => controls);
    for (const page of await pages({})) expect(page.length).toBeLessThanOrEqual(2);
    expect((await pages({})).flat()).toEqual(ids.slice(0, 5));
  });

  it('small posts fill what was asked for', async () => {
    await fill(POSTS, (number) => new TextEncoder().encode(String(number)));
    expect((await pages({})).map(({ length }) => length)).toEqual([500, 100]);
  });
});

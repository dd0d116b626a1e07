import { expect, test } from 'vitest';
import { appendOlder, type ContentItemJson, chunked, EMPTY_FEED, type Feed, mergeNewest, nsToMs } from './feed-model.ts';

const item = (number: number): ContentItemJson => ({
  TrxId: `t${number}`,
  Publisher: 'A',
  Content: { type: 'Note', content: `${number}` },
  TimeStamp: '1700000000123456789',
});
/** Items `from` … `to`, newest (highest number) first. */
const page = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, offset) => item(from - offset));
const ids = (feed: Feed) => feed.posts.map((post) => post.trxId);

test('first page, newer posts and older pages make one gapless run', () => {
  let feed = mergeNewest(EMPTY_FEED, page(100, 61), false);
  expect(feed.complete).toBe(false);
  feed = mergeNewest(feed, page(103, 4), true);
  feed = appendOlder(feed, page(60, 21), 40);
  feed = appendOlder(feed, page(20, 1), 40);
  expect(ids(feed)).toEqual(page(103, 1).map(({ TrxId }) => TrxId));
  expect(feed.complete).toBe(false);
  feed = appendOlder(feed, [], 40);
  expect(feed.complete).toBe(true);
  expect(feed.posts.map((post) => post.index)).toEqual(Array.from({ length: 103 }, (_, offset) => 3 - offset));
});

test('nothing new leaves the very same feed', () => {
  const feed = mergeNewest(EMPTY_FEED, page(5, 1), false);
  expect(mergeNewest(feed, page(5, 1), true)).toBe(feed);
});

test('a gap replaces the feed at the top, and keeps a reader’s place further down', () => {
  const feed = mergeNewest(EMPTY_FEED, page(40, 1), false);
  expect(ids(mergeNewest(feed, page(300, 201), false))).toHaveLength(100);
  const kept = mergeNewest(feed, page(300, 201), true);
  expect(kept.behind).toBe(true);
  expect(ids(kept)).toEqual(ids(feed));
  expect(mergeNewest(kept, page(300, 201), false).behind).toBe(false);
});

test('an older page that overlaps adds no post twice; an empty one ends the feed', () => {
  const feed = mergeNewest(EMPTY_FEED, page(40, 21), false);
  expect(ids(appendOlder(feed, page(22, 3), 20))).toEqual(page(40, 3).map(({ TrxId }) => TrxId));
  expect(appendOlder(feed, [], 20).complete).toBe(true);
  expect(mergeNewest(EMPTY_FEED, [], false).complete).toBe(true);
});

test('a short page is not the end of the feed: large posts come in several', () => {
  const feed = mergeNewest(EMPTY_FEED, page(40, 38), false);
  expect([feed.complete, appendOlder(feed, page(37, 37), 40).complete]).toEqual([false, false]);
});

test('who gives a post the trx id of another’s hides neither', () => {
  const copy = (number: number): ContentItemJson => ({ ...item(number), Publisher: 'B' });
  const feed = mergeNewest(EMPTY_FEED, [copy(35), ...page(40, 38)], false);
  expect(mergeNewest(feed, [copy(40), copy(35), ...page(40, 38)], false).posts).toHaveLength(5);
  expect(
    appendOlder(feed, page(37, 30), 40)
      .posts.slice(4)
      .map(({ trxId }) => trxId),
  ).toEqual(page(37, 30).map(({ TrxId }) => TrxId));
});

test('a new post changes the first chunk only', () => {
  const feed = mergeNewest(EMPTY_FEED, page(100, 1), false);
  const before = chunked(feed.posts, []);
  const after = chunked(mergeNewest(feed, page(101, 2), false).posts, before);
  expect(after.flatMap((chunk) => chunk.posts)).toHaveLength(101);
  expect(after.slice(-3)).toEqual(before.slice(-3));
  expect(after.at(-1)).toBe(before.at(-1));
});

test('nanoseconds become milliseconds, whatever their form', () => {
  expect(nsToMs('1700000000123456789')).toBe(1_700_000_000_123);
  expect(nsToMs(Number('1700000000123456789'))).toBe(1_700_000_000_123);
  expect(nsToMs('rubbish')).toBe(0);
  expect(nsToMs(undefined)).toBe(0);
});

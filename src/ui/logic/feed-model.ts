import { type PostContent, readContent } from './post-content.ts';

/** What names a post: any member can give a post of its own the trx id of another's. */
export interface PostId {
  readonly publisher: string;
  readonly trxId: string;
}

export const postKey = ({ publisher, trxId }: PostId): string => `${publisher}/${trxId}`;

/** A final post as the feed holds it. */
export interface FinalPost extends PostId {
  readonly content: PostContent;
  readonly timeMs: number;
  /** Place in the feed, counted from the newest post at first load (0): newer ones go up, older ones down. Never changes. */
  readonly index: number;
}

/** An item of the content route. */
export interface ContentItemJson {
  readonly TrxId: string;
  readonly Publisher: string;
  readonly Content: unknown;
  readonly TimeStamp: string | number;
  /** What was posted is no JSON within bounds: `Content` is its text. */
  readonly Unreadable?: boolean;
}

/** A gapless run of final posts, newest first. */
export interface Feed {
  readonly posts: readonly FinalPost[];
  /** The oldest post of the group is among them. */
  readonly complete: boolean;
  /** There are newer posts that do not join up with these: the reader is offered the newest. */
  readonly behind: boolean;
}

export const EMPTY_FEED: Feed = { posts: [], complete: false, behind: false };

/** Nanoseconds as text or number, to milliseconds; 0 for what is neither. */
export function nsToMs(value: string | number | undefined): number {
  if (typeof value === 'number') return Math.floor(value / 1e6);
  return value !== undefined && /^-?\d{1,20}$/.test(value) ? Number(BigInt(value) / 1_000_000n) : 0;
}

const idOf = ({ Publisher, TrxId }: ContentItemJson): PostId => ({ publisher: Publisher, trxId: TrxId });

function toPost(item: ContentItemJson, index: number): FinalPost {
  return {
    ...idOf(item),
    content: readContent(item),
    timeMs: nsToMs(item.TimeStamp),
    index,
  };
}

function place(items: readonly ContentItemJson[], newestIndex: number): FinalPost[] {
  return items.map((item, offset) => toPost(item, newestIndex - offset));
}

/**
 * Takes in a page of the newest posts (newest first). If the page does not reach down to what is held, the
 * page replaces it, or, with `keep`, the feed stays and is marked as behind, so that a reader's place is not lost.
 */
export function mergeNewest(feed: Feed, page: readonly ContentItemJson[], keep: boolean): Feed {
  const newest = feed.posts[0];
  const overlap = newest ? page.findIndex((item) => postKey(idOf(item)) === postKey(newest)) : -1;
  if (newest && overlap === 0) return feed.behind ? { ...feed, behind: false } : feed;
  if (newest && overlap > 0) {
    return { ...feed, posts: [...place(page.slice(0, overlap), newest.index + overlap), ...feed.posts], behind: false };
  }
  if (newest && keep && page.length > 0) return { ...feed, behind: true };
  return { posts: place(page, 0), complete: page.length === 0, behind: false };
}

/** Takes in the posts before the oldest one held (newest first; `size` were asked for). Fewer may come, because they are large: only where none come the feed is complete. */
export function appendOlder(feed: Feed, page: readonly ContentItemJson[], size: number): Feed {
  const held = new Set(feed.posts.slice(-size).map(postKey));
  const fresh = page.filter((item) => !held.has(postKey(idOf(item))));
  const oldest = feed.posts.at(-1)?.index ?? 1;
  return { ...feed, posts: [...feed.posts, ...place(fresh, oldest - 1)], complete: page.length === 0 };
}

/** Posts drawn or dropped together, so that a long feed keeps few nodes in the page. */
export interface FeedChunk {
  readonly key: number;
  readonly posts: readonly FinalPost[];
}

const CHUNK_POSTS = 24;

/** Cuts a feed where its indices say, so that a new post changes the first chunk only. Chunks that did not change stay the same objects. */
export function chunked(posts: readonly FinalPost[], before: readonly FeedChunk[]): FeedChunk[] {
  const known = new Map(before.map((chunk) => [chunk.key, chunk]));
  const chunks: FeedChunk[] = [];
  for (let start = 0; start < posts.length; ) {
    const key = Math.floor((posts[start]?.index ?? 0) / CHUNK_POSTS);
    let end = start + 1;
    while (end < posts.length && Math.floor((posts[end]?.index ?? 0) / CHUNK_POSTS) === key) end++;
    const old = known.get(key);
    const same = old?.posts.length === end - start && old.posts[0] === posts[start] && old.posts.at(-1) === posts[end - 1];
    chunks.push(same && old ? old : { key, posts: posts.slice(start, end) });
    start = end;
  }
  return chunks;
}

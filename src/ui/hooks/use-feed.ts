import { useCallback, useEffect, useRef, useState } from 'react';
import type { Notice } from '../../node/view.ts';
import { asNotice } from '../client/api.ts';
import { useApi, useNodeStore } from '../client/context.ts';
import { appendOlder, chunked, EMPTY_FEED, type Feed, type FeedChunk, mergeNewest } from '../logic/feed-model.ts';

/** Posts of the first page, and of each page further down. */
const PAGE_POSTS = 50;
/** What a refresh asks for, so that a busy minute still joins up with what is held. */
const REFRESH_POSTS = 100;
/** Blocks can come by the hundred in a second while syncing: the feed is read at most this often. */
const REFRESH_GAP_MS = 300;
/** Below this scroll position a reader is at the top and wants the newest; further down their place is kept. */
const TOP_PX = 400;

export interface FeedState {
  readonly feed: Feed;
  readonly chunks: readonly FeedChunk[];
  /** The first page is here. */
  readonly loaded: boolean;
  readonly loadingOlder: boolean;
  readonly problem: Notice | undefined;
  readonly loadOlder: () => void;
  readonly showNewest: () => void;
  /** Reads the newest posts again; resolves when they are in the feed. */
  readonly refresh: () => Promise<void>;
}

/**
 * A group's final posts, kept up with its blocks. `postCount` is the node's count of them: where it changes without an event (another
 * tab has taken over meanwhile), the feed is read again as well.
 */
export function useFeed(groupId: string, postCount: number): FeedState {
  const api = useApi();
  const store = useNodeStore();
  const [feed, setFeed] = useState<Feed>(EMPTY_FEED);
  const [loaded, setLoaded] = useState(false);
  const [problem, setProblem] = useState<Notice>();
  const [loadingOlder, setLoadingOlder] = useState(false);
  const feedRef = useRef(feed);
  const chunksRef = useRef<FeedChunk[]>([]);
  const live = useRef(0);
  const wanted = useRef<() => void>(undefined);

  const show = useCallback((next: Feed): void => {
    feedRef.current = next;
    setFeed(next);
  }, []);

  const refresh = useCallback(
    async (jump = false): Promise<void> => {
      const session = live.current;
      const size = feedRef.current.posts.length === 0 ? PAGE_POSTS : REFRESH_POSTS;
      try {
        const page = await api.contents(groupId, { num: size });
        if (session !== live.current) return;
        show(mergeNewest(feedRef.current, page, !jump && window.scrollY > TOP_PX));
        setProblem(undefined);
      } catch (error) {
        if (session === live.current) setProblem(asNotice(error));
      }
      if (session === live.current) setLoaded(true);
    },
    [api, groupId, show],
  );

  useEffect(() => {
    live.current++;
    show(EMPTY_FEED);
    setLoaded(false);
    setProblem(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = true;
    let again = false;
    const run = (): void => {
      running = true;
      again = false;
      void refresh().then(() => {
        timer = setTimeout(() => {
          running = false;
          if (again) run();
        }, REFRESH_GAP_MS);
      });
    };
    run();
    const want = (): void => {
      if (running) again = true;
      else run();
    };
    wanted.current = want;
    const stop = store.onBlock((event) => {
      if (event.groupId === groupId && event.trxs > 0) want();
    });
    return () => {
      live.current++;
      wanted.current = undefined;
      clearTimeout(timer);
      stop();
    };
  }, [groupId, refresh, show, store]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the count is the reason
  useEffect(() => wanted.current?.(), [postCount]);

  const loadOlder = useCallback((): void => {
    const oldest = feedRef.current.posts.at(-1);
    if (!oldest || feedRef.current.complete) return;
    const session = live.current;
    setLoadingOlder(true);
    api
      .contents(groupId, { num: PAGE_POSTS, before: oldest })
      .then((page) => {
        // A refresh may have replaced the feed meanwhile: the page must still join up with it.
        if (session === live.current && feedRef.current.posts.at(-1) === oldest)
          show(appendOlder(feedRef.current, page, PAGE_POSTS));
      })
      .catch((error: unknown) => {
        if (session === live.current) setProblem(asNotice(error));
      })
      .finally(() => setLoadingOlder(false));
  }, [api, groupId, show]);

  const showNewest = useCallback((): void => {
    window.scrollTo({ top: 0 });
    void refresh(true);
  }, [refresh]);

  chunksRef.current = chunked(feed.posts, chunksRef.current);
  return { feed, chunks: chunksRef.current, loaded, loadingOlder, problem, loadOlder, showNewest, refresh };
}

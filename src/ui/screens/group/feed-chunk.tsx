import { memo, useEffect, useRef, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { type FeedChunk, postKey } from '../../logic/feed-model.ts';
import { FinalPostArticle } from './final-post-article.tsx';

interface FeedChunkProps {
  readonly chunk: FeedChunk;
  readonly group: GroupView;
  /** Added to a negated index it gives a post's place from the top, less one. */
  readonly before: number;
  /** Posts in the whole feed, -1 while unknown. */
  readonly total: number;
  /** Stays in the page wherever the screen is: the newest posts, so that searching in the page and screen readers find them. */
  readonly stays: boolean;
}

/** Chunks this far from the screen are kept as empty boxes of the same height. */
const MARGIN = '1500px 0px';

/** A run of posts that is in the page only near the screen. The one that holds the focus stays. */
export const FeedChunkView = memo(
  function FeedChunkView({ chunk, group, before, total, stays }: FeedChunkProps) {
    const ref = useRef<HTMLDivElement>(null);
    const [away, setAway] = useState<{ readonly heightPx: number }>();
    useEffect(() => {
      const element = ref.current;
      if (!element || stays) {
        setAway(undefined);
        return;
      }
      const observer = new IntersectionObserver(
        (entries) => {
          const entry = entries.at(-1);
          if (!entry) return;
          if (entry.isIntersecting) setAway(undefined);
          else if (!element.contains(document.activeElement))
            setAway((held) => held ?? { heightPx: entry.boundingClientRect.height });
        },
        { rootMargin: MARGIN },
      );
      observer.observe(element);
      return () => observer.disconnect();
    }, [stays]);
    return (
      <div ref={ref} style={away && { height: `${away.heightPx}px` }}>
        {!away &&
          chunk.posts.map((post) => (
            <FinalPostArticle
              key={postKey(post)}
              post={post}
              groupId={group.groupId}
              own={post.publisher === group.userPubkey}
              place={before - post.index + 1}
              total={total}
            />
          ))}
      </div>
    );
  },
  (a, b) =>
    a.chunk === b.chunk &&
    a.before === b.before &&
    a.total === b.total &&
    a.stays === b.stays &&
    a.group.groupId === b.group.groupId &&
    a.group.userPubkey === b.group.userPubkey,
);

import { type ReactNode, useId } from 'react';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { TimeAgo } from '../../components/time.tsx';
import type { PostContent } from '../../logic/post-content.ts';
import { useMessages } from '../../messages/index.ts';
import { PostBody } from './post-body.tsx';
import styles from './post-frame.module.css';

interface PostFrameProps {
  readonly publisher: string;
  readonly own: boolean;
  readonly timeMs: number;
  readonly content: PostContent;
  /** Place in the feed from 1, and the number of posts in it or -1 while unknown. */
  readonly place: number;
  readonly total: number;
  /** The line that says how far the post has come. */
  readonly children: ReactNode;
}

/** What every post looks like, whatever its state. */
export function PostFrame({ publisher, own, timeMs, content, place, total, children }: PostFrameProps) {
  const { members } = useMessages();
  const authorId = useId();
  const bodyId = useId();
  return (
    <article
      className={styles.post}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: articles of a feed take the focus, one after the other
      tabIndex={0}
      aria-labelledby={authorId}
      aria-describedby={bodyId}
      aria-posinset={place}
      aria-setsize={total}
    >
      <PersonMark pubkey={publisher} />
      <div className={styles.words}>
        <p className={styles.head} id={authorId}>
          <span className={styles.author}>
            <Key pubkey={publisher} />
          </span>
          {own && <span className={styles.you}>{members.you}</span>}
          <span className={styles.time}>
            <TimeAgo timeMs={timeMs} />
          </span>
        </p>
        <div id={bodyId}>
          <PostBody content={content} />
        </div>
        <div className={styles.foot}>{children}</div>
      </div>
    </article>
  );
}

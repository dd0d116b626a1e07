import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import type { FeedState } from '../../hooks/use-feed.ts';
import type { OwnPosts } from '../../hooks/use-own-posts.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './feed.module.css';
import { FeedChunkView } from './feed-chunk.tsx';
import { OwnPostArticle } from './own-post-article.tsx';

interface FeedProps {
  readonly group: GroupView;
  readonly feed: FeedState;
  readonly own: OwnPosts;
}

/** The newest hundred posts or so. */
const STAYING_CHUNKS = 4;

/** Page Down and Page Up go from post to post, as the feed pattern of ARIA asks. */
function moveBetweenPosts(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'PageDown' && event.key !== 'PageUp') return;
  const articles = [...event.currentTarget.querySelectorAll<HTMLElement>('article')];
  const at = articles.findIndex((article) => article.contains(document.activeElement));
  const next = articles[at + (event.key === 'PageDown' ? 1 : -1)];
  if (at === -1 || !next) return;
  event.preventDefault();
  next.focus();
}

export function Feed({ group, feed, own }: FeedProps) {
  const messages = useMessages();
  const { feed: words } = messages;
  const { posts, complete, behind } = feed.feed;
  const total = own.entries.length + posts.length;
  const newest = posts[0]?.index ?? 0;
  return (
    <div className={styles.frame}>
      {behind && (
        <div className={styles.newer}>
          <Button kind="primary" size="small" icon="up" label={words.newer} onClick={feed.showNewest} />
        </div>
      )}
      <section role="feed" aria-label={words.label} aria-busy={!feed.loaded || feed.loadingOlder} onKeyDown={moveBetweenPosts}>
        {own.entries.map((entry, place) => (
          <OwnPostArticle
            key={entry.trxId}
            entry={entry}
            group={group}
            own={own}
            place={place + 1}
            total={complete ? total : -1}
          />
        ))}
        {feed.chunks.map((chunk, place) => (
          <FeedChunkView
            key={chunk.key}
            chunk={chunk}
            group={group}
            before={own.entries.length + newest}
            total={complete ? total : -1}
            stays={place < STAYING_CHUNKS}
          />
        ))}
      </section>
      {feed.problem && (
        <div className={styles.end}>
          <Alert>{`${words.failed} ${problemText(messages, feed.problem)}`}</Alert>
          <Button label={words.retry} onClick={() => void feed.refresh()} />
        </div>
      )}
      {!feed.loaded && <Skeleton label={words.loading} />}
      {feed.loaded && !feed.problem && total === 0 && (
        <div className={styles.empty}>
          <h2>{words.empty}</h2>
          <p>{words.emptyText}</p>
        </div>
      )}
      {feed.loaded && total > 0 && <FeedEnd feed={feed} />}
    </div>
  );
}

/** The older posts come by themselves near the end; the button is for keyboards and for when that fails. */
function FeedEnd({ feed }: { readonly feed: FeedState }) {
  const { feed: words } = useMessages();
  const ref = useRef<HTMLDivElement>(null);
  const { loadOlder, loadingOlder, problem } = feed;
  const { complete, posts } = feed.feed;
  const held = posts.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each page the end is looked at anew
  useEffect(() => {
    const element = ref.current;
    if (!element || complete || loadingOlder || problem) return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && loadOlder(), {
      rootMargin: '600px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [complete, held, loadOlder, loadingOlder, problem]);
  return (
    <div className={styles.end} ref={ref}>
      {complete ? (
        <p>{words.beginning}</p>
      ) : (
        <Button label={loadingOlder ? words.loadingOlder : words.older} disabled={loadingOlder} onClick={loadOlder} />
      )}
    </div>
  );
}

function Skeleton({ label }: { readonly label: string }) {
  return (
    <div className={styles.skeleton}>
      <p className="visually-hidden">{label}</p>
      {[0, 1, 2].map((row) => (
        <div key={row} className={styles.ghost} />
      ))}
    </div>
  );
}

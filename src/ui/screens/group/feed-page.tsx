import type { GroupView } from '../../../node/view.ts';
import { GivenUpNotice } from '../../components/given-up-notice.tsx';
import { PausedBanner } from '../../components/paused-banner.tsx';
import { RenewalNotice } from '../../components/renewal-notice.tsx';
import { useFeed } from '../../hooks/use-feed.ts';
import { useOwnPosts } from '../../hooks/use-own-posts.ts';
import { Composer } from './composer.tsx';
import { Feed } from './feed.tsx';
import styles from './feed-page.module.css';
import { LedgerFacts } from './ledger-facts.tsx';
import { Members } from './members.tsx';
import { Producers } from './producers.tsx';
import { SyncBanner } from './sync-banner.tsx';

export function FeedPage({ group }: { readonly group: GroupView }) {
  const feed = useFeed(group.groupId, group.posts);
  const own = useOwnPosts(group, feed.feed.posts, feed.refresh);
  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <SyncBanner group={group} />
        <PausedBanner group={group} />
        <RenewalNotice group={group} />
        <GivenUpNotice group={group} untilUnderstood />
        <Composer group={group} post={own.post} />
        <Feed group={group} feed={feed} own={own} />
      </div>
      <aside className={styles.aside}>
        <Members group={group} />
        <Producers group={group} />
        <LedgerFacts group={group} />
      </aside>
    </div>
  );
}

import type { GroupView } from '../../../node/view.ts';
import { Icon } from '../../components/icon.tsx';
import { GroupMark } from '../../components/marks.tsx';
import { GroupName } from '../../components/name.tsx';
import { useScreenTitle } from '../../hooks/use-title.ts';
import { paths, type Route } from '../../logic/route.ts';
import { displayName } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './group-header.module.css';
import { SharePanel } from './share-panel.tsx';

/** Name, kind, pages and the way to invite: the same on each of a group's screens. */
export function GroupHeader({ group, screen }: { readonly group: GroupView; readonly screen: Route['screen'] }) {
  const messages = useMessages();
  const heading = useScreenTitle<HTMLHeadingElement>(displayName(group.groupName) || messages.app.unnamedGroup);
  const inBlocks = screen !== 'feed';
  return (
    <header className={styles.header}>
      <div className={styles.top}>
        <GroupMark groupId={group.groupId} size={52} />
        <div className={styles.words}>
          <h1 {...heading}>
            <GroupName name={group.groupName} />
          </h1>
          <p className={styles.kind}>
            <Icon name={group.encryption === 'private' ? 'lock' : 'globe'} size={14} />
            {messages.encryption[group.encryption]} · {messages.role[group.role]}
          </p>
        </div>
        <SharePanel group={group} />
      </div>
      <nav className={styles.tabs} aria-label={messages.group.tabs}>
        <a href={paths.feed(group.groupId)} aria-current={inBlocks ? undefined : 'page'}>
          {messages.group.feed}
        </a>
        <a href={paths.blocks(group.groupId)} aria-current={inBlocks ? 'page' : undefined}>
          {messages.group.blocks}
        </a>
      </nav>
    </header>
  );
}

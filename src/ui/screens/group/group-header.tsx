import type { GroupView } from '../../../node/view.ts';
import { Icon } from '../../components/icon.tsx';
import { GroupMark } from '../../components/marks.tsx';
import { GroupName } from '../../components/name.tsx';
import { useScreenTitle } from '../../hooks/use-title.ts';
import { groupState } from '../../logic/group-state.ts';
import { paths, type Route } from '../../logic/route.ts';
import { displayName } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './group-header.module.css';
import { SharePanel } from './share-panel.tsx';

/** The pages of a group, and the screens that belong to each. */
const TABS: readonly {
  readonly page: 'feed' | 'blocks' | 'members' | 'consensus';
  readonly screens: readonly Route['screen'][];
}[] = [
  { page: 'feed', screens: ['feed'] },
  { page: 'blocks', screens: ['blocks', 'block', 'trx'] },
  { page: 'members', screens: ['members'] },
  { page: 'consensus', screens: ['consensus', 'change'] },
];

/** Name, kind, pages and the way to invite: the same on each of a group's screens. */
export function GroupHeader({ group, screen }: { readonly group: GroupView; readonly screen: Route['screen'] }) {
  const messages = useMessages();
  const heading = useScreenTitle<HTMLHeadingElement>(displayName(group.groupName) || messages.app.unnamedGroup);
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
            <Availability group={group} />
          </p>
        </div>
        <SharePanel group={group} />
      </div>
      <nav className={styles.tabs} aria-label={messages.group.tabs}>
        {TABS.map(({ page, screens }) => (
          <a key={page} href={paths[page](group.groupId)} aria-current={screens.includes(screen) ? 'page' : undefined}>
            {messages.group[page]}
          </a>
        ))}
      </nav>
    </header>
  );
}

/** With several producers, or while too few are there: how many, on every page. */
function Availability({ group }: { readonly group: GroupView }) {
  const { availability: words } = useMessages();
  const { availability } = group;
  const state = groupState(group);
  if (state === 'looking' || (availability.producers === 1 && state !== 'paused')) return null;
  return (
    <>
      <span className={styles.dot} aria-hidden="true">
        ·
      </span>
      <a className={styles.availability} href={paths.consensus(group.groupId)} data-paused={state === 'paused' || undefined}>
        {state === 'paused' ? words.paused(availability) : words.line(availability)}
      </a>
    </>
  );
}

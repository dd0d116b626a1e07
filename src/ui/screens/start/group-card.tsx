import type { GroupView } from '../../../node/view.ts';
import { GroupMark } from '../../components/marks.tsx';
import { GroupName } from '../../components/name.tsx';
import { SyncWord } from '../../components/sync-word.tsx';
import { groupState } from '../../logic/group-state.ts';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './group-card.module.css';

export function GroupCard({ group }: { readonly group: GroupView }) {
  const { start, role, encryption, availability } = useMessages();
  const here = group.members.filter((member) => member.path !== 'none').length;
  return (
    <a className={styles.card} href={paths.feed(group.groupId)}>
      <GroupMark groupId={group.groupId} size={48} />
      <span className={styles.words}>
        <span className={styles.name}>
          <GroupName name={group.groupName} />
        </span>
        <span className={styles.kind}>
          {role[group.role]} · {encryption[group.encryption]}
        </span>
      </span>
      <span className={styles.facts}>
        <span>{start.block({ block: group.head.blockId })}</span>
        <span>{start.posts({ count: group.posts })}</span>
        <span>{here > 0 ? start.members({ count: here }) : start.alone}</span>
      </span>
      <span className={styles.sync}>
        {groupState(group) === 'paused' ? availability.paused(group.availability) : <SyncWord group={group} />}
      </span>
    </a>
  );
}

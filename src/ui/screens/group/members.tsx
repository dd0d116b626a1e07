import type { GroupView, MemberView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { SideSection } from '../../components/side-section.tsx';
import { useMessages } from '../../messages/index.ts';
import styles from './members.module.css';

/** A full list helps nobody beyond this, and a hostile peer could claim any number. */
const SHOWN = 30;

/** Who is connected, how, and how far each has come. */
export function Members({ group }: { readonly group: GroupView }) {
  const { members } = useMessages();
  return (
    <SideSection title={members.title} note={String(group.members.length + 1)}>
      <ul className={styles.list}>
        <li className={styles.member}>
          <PersonMark pubkey={group.userPubkey} size={30} />
          <span className={styles.words}>
            <span className={styles.name}>
              <Key pubkey={group.userPubkey} /> <span className={styles.you}>{members.you}</span>
            </span>
            <span className={styles.how}>{members.at({ block: group.head.blockId })}</span>
          </span>
        </li>
        {group.members.slice(0, SHOWN).map((member) => (
          <Member key={member.peerId} member={member} />
        ))}
      </ul>
      {group.members.length === 0 && <p className={styles.empty}>{members.empty}</p>}
      {group.members.length > SHOWN && <p className={styles.empty}>{members.more({ count: group.members.length - SHOWN })}</p>}
    </SideSection>
  );
}

function Member({ member }: { readonly member: MemberView }) {
  const { members } = useMessages();
  const path = member.path === 'webrtc' || member.path === 'websocket' ? 'direct' : member.path;
  return (
    <li className={styles.member}>
      <PersonMark pubkey={member.pubkey || member.peerId} size={30} />
      <span className={styles.words}>
        <span className={styles.name}>
          <Key pubkey={member.pubkey || member.peerId} />
        </span>
        <span className={styles.how} data-path={path}>
          {members[path]} · {members.at({ block: member.headBlock })}
        </span>
      </span>
    </li>
  );
}

import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import type { OnTheWay } from '../../hooks/use-on-the-way.ts';
import { useTask } from '../../hooks/use-task.ts';
import { isHere, type Person } from '../../logic/people.ts';
import { clampText, displayName, shortKey } from '../../logic/text.ts';
import { type Messages, problemText, useMessages } from '../../messages/index.ts';
import styles from './person-row.module.css';

interface PersonRowProps {
  readonly group: GroupView;
  readonly person: Person;
  readonly onTheWay: OnTheWay;
}

/** One person: mark, key, what it is and does, what it wrote of itself; for the owner of a private group the way to let it in. */
export function PersonRow({ group, person, onTheWay }: PersonRowProps) {
  const messages = useMessages();
  const { people: words } = messages;
  const memo = person.producerMemo || person.userMemo || '';
  const canAdmit = group.role === 'owner' && group.encryption === 'private' && !person.isOwner && person.userMemo !== undefined;
  return (
    <li className={styles.row} data-here={isHere(person)}>
      <PersonMark pubkey={person.pubkey} size={36} />
      <div className={styles.words}>
        <p>
          <Key pubkey={person.pubkey} />
          {person.isSelf && <span className={styles.tag}>{words.you}</span>}
          {person.isOwner && <span className={styles.tag}>{words.owner}</span>}
        </p>
        <p className={styles.facts}>{factsOf(messages, group, person).join(' · ')}</p>
        {memo !== '' && (
          <p className={styles.memo}>
            <bdi>{displayName(clampText(memo) ?? memo)}</bdi>
          </p>
        )}
      </div>
      {canAdmit && <Admission group={group} person={person} onTheWay={onTheWay} />}
    </li>
  );
}

function factsOf({ people: words }: Messages, group: GroupView, person: Person): string[] {
  const { member, link } = person;
  const isPrivate = group.encryption === 'private';
  return [
    ...(person.isSelf
      ? [words.at({ block: group.head.blockId })]
      : member
        ? [words.here, words.path[member.path], words.at({ block: member.headBlock })]
        : [isHere(person) ? words.here : words.away]),
    ...(link !== undefined && person.producerMemo === undefined && !person.isOwner ? [words.withdrawn] : []),
    ...(isPrivate && !person.isOwner && (person.userMemo !== undefined || person.isAdmitted)
      ? [person.isAdmitted ? words.admitted : words.notAdmitted]
      : []),
    ...(!isPrivate && person.userMemo !== undefined ? [words.announcedUser] : []),
  ];
}

function Admission({ group, person, onTheWay }: PersonRowProps) {
  const messages = useMessages();
  const { people: words } = messages;
  const api = useApi();
  const action = person.isAdmitted ? 'remove' : 'add';
  const { busy, problem, run } = useTask(async () => {
    const { trx_id } = await api.updateUser(group.groupId, person.pubkey, action);
    onTheWay.sent(person.pubkey, action, trx_id);
  });
  const name = shortKey(displayName(person.pubkey));
  return (
    <div className={styles.admission}>
      {onTheWay.actionOf(person.pubkey) ? (
        <span className={styles.facts}>{words.admitOnTheWay}</span>
      ) : (
        <Button
          size="small"
          kind={person.isAdmitted ? 'quiet' : 'primary'}
          label={person.isAdmitted ? words.remove : words.admit}
          aria-label={person.isAdmitted ? words.removeName({ name }) : words.admitName({ name })}
          disabled={busy}
          onClick={() => void run()}
        />
      )}
      {problem && <Alert>{problemText(messages, problem)}</Alert>}
    </div>
  );
}

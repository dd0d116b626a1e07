import { useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import type { OnTheWay } from '../../hooks/use-on-the-way.ts';
import { useTask } from '../../hooks/use-task.ts';
import type { Person } from '../../logic/people.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import { AnnounceDialog } from './announce-dialog.tsx';
import styles from './yourself.module.css';

type Type = 'user' | 'producer';

interface YourselfProps {
  readonly group: GroupView;
  readonly self: Person;
  readonly onTheWay: OnTheWay;
}

/** This node's own part: whether it makes blocks, would, or asks to be let in; and the buttons for that. */
export function Yourself({ group, self, onTheWay }: YourselfProps) {
  const { people: words } = useMessages();
  const [dialog, setDialog] = useState<Type>();
  const isProducing = self.link !== undefined;
  const state = isProducing ? 'producing' : self.producerMemo !== undefined ? 'announced' : 'none';
  return (
    <section className={styles.self} aria-labelledby="people-self">
      <PersonMark pubkey={group.userPubkey} size={52} />
      <div className={styles.words}>
        <h2 id="people-self">{words.yourself}</h2>
        <p className={styles.key}>
          <Key pubkey={group.userPubkey} />
        </p>
        <p className={styles.text}>{words.states[state]}</p>
        {!self.isOwner && (
          <Announcement
            group={group}
            type="producer"
            isAnnounced={self.producerMemo !== undefined}
            text={isProducing ? words.takeBackText : words.offerText}
            label={words.offer}
            onTheWay={onTheWay}
            onOpen={setDialog}
          />
        )}
        {!self.isOwner && group.encryption === 'private' && (
          <Announcement
            group={group}
            type="user"
            isAnnounced={self.userMemo !== undefined}
            text={self.isAdmitted ? words.admittedSelf : self.userMemo !== undefined ? words.askedIn : words.askInText}
            label={words.askIn}
            onTheWay={onTheWay}
            onOpen={setDialog}
          />
        )}
      </div>
      {dialog && (
        <AnnounceDialog
          group={group}
          type={dialog}
          onClose={() => setDialog(undefined)}
          onSent={(trxId) => onTheWay.sent(dialog, 'add', trxId)}
        />
      )}
    </section>
  );
}

interface AnnouncementProps {
  readonly group: GroupView;
  readonly type: Type;
  readonly isAnnounced: boolean;
  readonly text: string;
  readonly label: string;
  readonly onTheWay: OnTheWay;
  readonly onOpen: (type: Type) => void;
}

function Announcement({ group, type, isAnnounced, text, label, onTheWay, onOpen }: AnnouncementProps) {
  const messages = useMessages();
  const { people: words } = messages;
  const api = useApi();
  const { busy, problem, run } = useTask(async () => {
    const { trx_id } = await api.announce(group.groupId, { action: 'remove', type, memo: '' });
    onTheWay.sent(type, 'remove', trx_id);
  });
  const moving = onTheWay.actionOf(type);
  return (
    <div className={styles.announcement}>
      <p className={styles.text}>{moving ? words.onTheWay[moving] : text}</p>
      {!moving &&
        (isAnnounced ? (
          <Button size="small" label={words.takeBack} disabled={busy} onClick={() => void run()} />
        ) : (
          <Button size="small" kind="primary" label={label} onClick={() => onOpen(type)} />
        ))}
      {problem && <Alert>{problemText(messages, problem)}</Alert>}
    </div>
  );
}

import type { GroupView } from '../../../node/view.ts';
import { Alert } from '../../components/alert.tsx';
import { useAnnounced } from '../../hooks/use-announced.ts';
import { peopleOf } from '../../logic/people.ts';
import { paths } from '../../logic/route.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import { ChangeFormView } from './change-form-view.tsx';
import styles from './change-page.module.css';
import { ChangeProgress, endOf } from './change-progress.tsx';

/** Where the owner asks for another consensus, and sees how it goes. */
export function ChangePage({ group, recovery }: { readonly group: GroupView; readonly recovery: boolean }) {
  const messages = useMessages();
  const { change: words, recovery: recoveryWords, consensus, people: peopleWords } = messages;
  const announced = useAnnounced(group);
  // A recovery may be asked for while a change is open: that one ends then.
  const isOpen = group.change !== undefined && endOf(group.change) === undefined && (!recovery || group.change.recovery);
  return (
    <section className={styles.page} aria-labelledby="change-page-title">
      <div>
        <p className={styles.crumb}>
          <a href={paths.consensus(group.groupId)}>{consensus.title}</a>
        </p>
        <h2 id="change-page-title">{recovery ? recoveryWords.title : words.title}</h2>
        <p className={styles.lead}>{recovery ? recoveryWords.lead : words.lead}</p>
      </div>
      {group.role !== 'owner' && <p>{words.ownerOnly}</p>}
      {group.role === 'owner' && isOpen && group.change && <ChangeProgress group={group} change={group.change} />}
      {group.role === 'owner' && !isOpen && (
        <>
          {announced.state === 'failed' && <Alert>{problemText(messages, announced.problem)}</Alert>}
          {announced.value ? (
            <ChangeFormView group={group} people={peopleOf(group, announced.value)} recovery={recovery} />
          ) : (
            <p className={styles.crumb}>{peopleWords.loading}</p>
          )}
        </>
      )}
    </section>
  );
}

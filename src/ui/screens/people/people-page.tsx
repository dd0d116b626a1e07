import type { GroupView } from '../../../node/view.ts';
import { Alert } from '../../components/alert.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { useAnnounced } from '../../hooks/use-announced.ts';
import { useOnTheWay } from '../../hooks/use-on-the-way.ts';
import { type People, type Person, peopleOf } from '../../logic/people.ts';
import { paths } from '../../logic/route.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './people-page.module.css';
import { PersonRow } from './person-row.tsx';
import { Yourself } from './yourself.tsx';

/** Everybody of the group: who makes the blocks, who would, who is here, who announced itself. */
export function PeoplePage({ group }: { readonly group: GroupView }) {
  const messages = useMessages();
  const announced = useAnnounced(group);
  if (announced.state === 'failed' && !announced.value) return <Alert>{problemText(messages, announced.problem)}</Alert>;
  if (!announced.value) return <p className={styles.quiet}>{messages.people.loading}</p>;
  return <Lists group={group} people={peopleOf(group, announced.value)} />;
}

function Lists({ group, people }: { readonly group: GroupView; readonly people: People }) {
  const { people: words } = useMessages();
  const onTheWay = useOnTheWay(group);
  const isOwner = group.role === 'owner';
  const row = (person: Person) => <PersonRow key={person.pubkey} group={group} person={person} onTheWay={onTheWay} />;
  // Oneself stands at the top of the page.
  const waiting = people.waiting.filter(({ isSelf }) => !isSelf);
  return (
    <div className={styles.page}>
      <Yourself group={group} self={people.self} onTheWay={onTheWay} />
      <section aria-labelledby="people-producers">
        <h2 className={styles.title} id="people-producers">
          {words.producers} <span className={styles.note}>{words.producersNote({ count: people.producers.length })}</span>
        </h2>
        <ul>{people.producers.map(row)}</ul>
      </section>
      {waiting.length > 0 && (
        <section aria-labelledby="people-waiting">
          <div className={styles.bar}>
            <div>
              <h2 className={styles.title} id="people-waiting">
                {words.waiting}
              </h2>
              <p className={styles.quiet}>{isOwner ? words.waitingOwner({ count: waiting.length }) : words.waitingText}</p>
            </div>
            {isOwner && <ButtonLink href={paths.change(group.groupId)} label={words.choose} kind="primary" />}
          </div>
          <ul>{waiting.map(row)}</ul>
        </section>
      )}
      <section aria-labelledby="people-others">
        <h2 className={styles.title} id="people-others">
          {words.others}
        </h2>
        {people.others.length === 0 ? <p className={styles.quiet}>{words.othersNone}</p> : <ul>{people.others.map(row)}</ul>}
      </section>
    </div>
  );
}

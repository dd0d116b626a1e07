import type { ChangeMeaning } from '../../logic/change-form.ts';
import { displayName, shortKey } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './change-meaning-view.module.css';

const namesOf = (pubkeys: readonly string[]): string[] => pubkeys.map((pubkey) => shortKey(displayName(pubkey)));

/** What the choice would mean, in numbers and in plain words. */
export function ChangeMeaningView({ meaning }: { readonly meaning: ChangeMeaning }) {
  const { change: words, locale } = useMessages();
  const { producers, faulty, needed, added, leftOut, missing } = meaning;
  const numbers = new Intl.NumberFormat(locale);
  const figures = [
    { term: words.meaningNumbers.producers, value: producers },
    { term: words.meaningNumbers.needed, value: needed },
    { term: words.meaningNumbers.faulty, value: faulty },
  ];
  return (
    <section className={styles.meaning} aria-labelledby="meaning-title">
      <h3 id="meaning-title">{words.meaning}</h3>
      <dl className={styles.figures}>
        {figures.map(({ term, value }) => (
          <div key={term}>
            <dd>{numbers.format(value)}</dd>
            <dt>{term}</dt>
          </div>
        ))}
      </dl>
      <div className={styles.sentences} aria-live="polite">
        {producers === 0 ? <p>{words.problems.empty}</p> : <p>{words.tolerance({ producers, faulty })}</p>}
        {producers > 0 && meaning.isOwnerOut && <p>{words.meaningOwnerOut}</p>}
        {added.length > 0 && <p>{words.meaningAdded({ names: namesOf(added) })}</p>}
        {leftOut.length > 0 && <p>{words.meaningLeft({ names: namesOf(leftOut) })}</p>}
        {producers > 0 && added.length === 0 && leftOut.length === 0 && <p>{words.meaningSame}</p>}
        {missing.length > 0 && <p className={styles.warning}>{words.meaningMissing({ names: namesOf(missing) })}</p>}
      </div>
      {Number.isFinite(meaning.agreementMs) && (
        <p className={styles.note}>{words.meaningOnline({ total: meaning.agreementMs })}</p>
      )}
      <p className={styles.note}>{words.meaningUndisturbed}</p>
    </section>
  );
}

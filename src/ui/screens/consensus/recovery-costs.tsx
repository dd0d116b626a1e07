import type { GroupView } from '../../../node/view.ts';
import { renewalOf } from '../../logic/renewal.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './recovery-costs.module.css';

interface RecoveryCostsProps {
  readonly group: GroupView;
  readonly accepted: boolean;
  readonly onAccept: (accepted: boolean) => void;
}

/** What a recovery is for, and what it costs: the owner has to accept that by hand. */
export function RecoveryCosts({ group, accepted, onAccept }: RecoveryCostsProps) {
  const { recovery: words, renewal: renewalWords } = useMessages();
  const renewal = renewalOf(group);
  const isRenewal = renewal?.by === 'recovery';
  return (
    <section className={styles.recovery} aria-labelledby="recovery-title">
      <h3 id="recovery-title">{isRenewal ? renewalWords.title({ count: renewal.lost.length }) : words.offer}</h3>
      <p>{isRenewal ? renewalWords.by.recovery(renewal) : words.offerText(group.availability)}</p>
      <ul>
        {words.costs.map((cost) => (
          <li key={cost}>{cost}</li>
        ))}
      </ul>
      <label className={styles.accept}>
        <input type="checkbox" checked={accepted} onChange={(event) => onAccept(event.target.checked)} />
        <span>{isRenewal ? renewalWords.confirm : words.confirm}</span>
      </label>
    </section>
  );
}

import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { type candidatesOf, isHere } from '../../logic/people.ts';
import { paths } from '../../logic/route.ts';
import { clampText, displayName } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './producer-picker.module.css';

type Candidate = ReturnType<typeof candidatesOf>[number];

interface ProducerPickerProps {
  readonly candidates: readonly Candidate[];
  readonly chosen: readonly string[];
  readonly groupId: string;
  readonly problemId: string | undefined;
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Check boxes for everybody who may produce. */
export function ProducerPicker({ candidates, chosen, groupId, problemId, onChange }: ProducerPickerProps) {
  const { change: words } = useMessages();
  return (
    <fieldset className={styles.set} aria-describedby={problemId}>
      <legend>{words.producers}</legend>
      <p className={styles.hint}>
        {words.producersHint} {words.rule}
      </p>
      {candidates.map((candidate) => (
        <Row
          key={candidate.pubkey}
          candidate={candidate}
          checked={chosen.includes(candidate.pubkey)}
          onChange={(isChosen) =>
            onChange(isChosen ? [...chosen, candidate.pubkey] : chosen.filter((pubkey) => pubkey !== candidate.pubkey))
          }
        />
      ))}
      {candidates.every(({ isSelf }) => isSelf) && (
        <p className={styles.hint}>
          <a href={paths.members(groupId)}>{words.nobody}</a>
        </p>
      )}
    </fieldset>
  );
}

interface RowProps {
  readonly candidate: Candidate;
  readonly checked: boolean;
  readonly onChange: (isChosen: boolean) => void;
}

function Row({ candidate, checked, onChange }: RowProps) {
  const { change: words, people } = useMessages();
  const { pubkey, isSelf, link, producerMemo = '', canBeChosen } = candidate;
  const memo = displayName(clampText(producerMemo) ?? producerMemo);
  const facts = [
    ...(isSelf ? [people.you] : [isHere(candidate) ? words.here : words.notHere]),
    ...(link !== undefined ? [words.isNow] : []),
    ...(canBeChosen ? [] : [words.notAnnounced]),
  ];
  return (
    <label className={styles.row} data-away={!isHere(candidate) || undefined}>
      <input type="checkbox" checked={checked} disabled={!canBeChosen} onChange={(event) => onChange(event.target.checked)} />
      <PersonMark pubkey={pubkey} size={34} />
      <span className={styles.words}>
        <Key pubkey={pubkey} />
        <span className={styles.facts}>{facts.join(' · ')}</span>
        {memo && <bdi className={styles.memo}>{memo}</bdi>}
      </span>
    </label>
  );
}

import { useId } from 'react';
import styles from './choice-cards.module.css';

interface Choice<V extends string> {
  readonly value: V;
  readonly title: string;
  readonly text: string;
}

interface ChoiceCardsProps<V extends string> {
  readonly legend: string;
  readonly value: V;
  readonly choices: readonly Choice<V>[];
  readonly onChange: (value: V) => void;
}

/** Radio buttons with room for a sentence each. */
export function ChoiceCards<V extends string>({ legend, value, choices, onChange }: ChoiceCardsProps<V>) {
  const name = useId();
  return (
    <fieldset className={styles.set}>
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className={styles.choice}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>
            <span className={styles.title}>{choice.title}</span>
            <span className={styles.text}>{choice.text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

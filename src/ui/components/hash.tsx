import { shortKey } from '../logic/text.ts';
import { useMessages } from '../messages/index.ts';
import { CopyButton } from './copy-button.tsx';
import styles from './hash.module.css';

interface HashProps {
  readonly value: string;
  /** What it is, for the copy button's name: "state root". */
  readonly what: string;
  readonly short?: boolean;
}

/** A hash, key or id in fixed pitch with a copy button. */
export function Hash({ value, what, short = false }: HashProps) {
  const messages = useMessages();
  return (
    <span className={styles.hash}>
      <code title={short ? value : undefined}>{short ? shortKey(value, 8, 6) : value}</code>
      <CopyButton text={value} label={messages.copy.action({ what })} iconOnly kind="quiet" size="small" />
    </span>
  );
}

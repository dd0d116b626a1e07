import { useMessages } from '../../messages/index.ts';
import styles from './state-word.module.css';

type PostState = 'sending' | 'pending' | 'final' | 'invalid';

/** How far a post has come, in one word and a seal that fills. */
export function StateWord({ state }: { readonly state: PostState }) {
  const { state: words } = useMessages();
  return (
    <span className={styles.state} data-state={state}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="6.2" className={styles.seal} />
        {state === 'final' && <path d="M5 8.300 7.200 10.400 11.200 5.900" className={styles.tick} />}
        {state === 'invalid' && <path d="M5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400" className={styles.tick} />}
      </svg>
      {words[state]}
    </span>
  );
}

import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { useMessages } from '../../messages/index.ts';
import styles from './seed-links.module.css';

/** Offers to make Sett the reader of seed links in this browser; nothing is registered before the click. */
export function SeedLinks() {
  const { start } = useMessages();
  const [said, setSaid] = useState<string>();
  if (typeof navigator.registerProtocolHandler !== 'function') return null;
  const register = (): void => {
    try {
      navigator.registerProtocolHandler('web+rum', `${window.location.origin}${window.location.pathname}#/join/%s`);
      setSaid(start.handlerDone);
    } catch {
      setSaid(start.handlerFailed);
    }
  };
  return (
    <section className={styles.offer} aria-label={start.handlerTitle}>
      <div>
        <h2>{start.handlerTitle}</h2>
        <p aria-live="polite">{said ?? start.handlerText}</p>
      </div>
      <Button size="small" label={start.handlerAction} onClick={register} />
    </section>
  );
}

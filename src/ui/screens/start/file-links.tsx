import { ButtonLink } from '../../components/button.tsx';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './seed-links.module.css';

/** Where keys are kept safe, and receipts are looked at. */
export function FileLinks() {
  const { start } = useMessages();
  return (
    <section className={styles.offer} aria-label={start.filesTitle}>
      <div>
        <h2>{start.filesTitle}</h2>
        <p>{start.filesText}</p>
      </div>
      <div className={styles.links}>
        <ButtonLink href={paths.backup} label={start.backup} />
        <ButtonLink href={paths.verify} label={start.verify} />
      </div>
    </section>
  );
}

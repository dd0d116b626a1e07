import { ButtonLink } from '../../components/button.tsx';
import { paths } from '../../logic/route.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './seed-links.module.css';

/** The interface described, where calls of this tab's node can be tried. */
export function ProgramLinks() {
  const { start } = useMessages();
  return (
    <section className={styles.offer} aria-label={start.programsTitle}>
      <div>
        <h2>{start.programsTitle}</h2>
        <p>{start.programsText}</p>
      </div>
      {/* The profile in the address is the one whose node answers. */}
      <ButtonLink href={`${paths.docs}${window.location.search}`} label={start.programsAction} newTab />
    </section>
  );
}

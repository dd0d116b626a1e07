import { type ReactNode, useId } from 'react';
import { useMedia } from '../hooks/use-media.ts';
import { Icon } from './icon.tsx';
import styles from './side-section.module.css';

interface SideSectionProps {
  readonly title: string;
  /** A word beside the title. */
  readonly note?: string;
  readonly children: ReactNode;
}

/** A part of the side column; where there is no room for a column it folds into one line that opens. */
export function SideSection({ title, note, children }: SideSectionProps) {
  const titleId = useId();
  const narrow = useMedia('(max-width: 860px)');
  const words = (
    <>
      {title}
      {note && <span className={styles.note}>{note}</span>}
    </>
  );
  if (narrow) {
    return (
      <details className={styles.fold}>
        <summary>
          <span>{words}</span>
          <Icon name="down" size={16} />
        </summary>
        {children}
      </details>
    );
  }
  return (
    <section className={styles.section} aria-labelledby={titleId}>
      <h2 id={titleId}>{words}</h2>
      {children}
    </section>
  );
}

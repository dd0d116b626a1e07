import type { ReactNode, RefObject } from 'react';
import { useMessages } from '../../messages/index.ts';
import { DenPicture } from './den-picture.tsx';
import styles from './empty-start.module.css';

interface EmptyStartProps {
  readonly heading: { readonly ref: RefObject<HTMLHeadingElement | null>; readonly tabIndex: -1 };
  readonly actions: ReactNode;
}

/** Nobody has been here before: what this is in one breath, and what to do. */
export function EmptyStart({ heading, actions }: EmptyStartProps) {
  const { start } = useMessages();
  return (
    <div className={styles.hero}>
      <div className={styles.words}>
        <h1 {...heading}>{start.emptyTitle}</h1>
        <p className={styles.lead}>{start.emptyLead}</p>
        <p className={styles.do}>{start.emptyDo}</p>
        {actions}
      </div>
      <DenPicture />
      <ol className={styles.steps} aria-label={start.stepsTitle}>
        {start.steps.map((step) => (
          <li key={step.title}>
            <h2>{step.title}</h2>
            <p>{step.text}</p>
          </li>
        ))}
      </ol>
    </div>
  );
}

import type { ReactNode } from 'react';
import styles from './alert.module.css';
import { Icon } from './icon.tsx';

/** A problem, announced at once. Render it only while there is one: an empty alert announces nothing and confuses. */
export function Alert({
  children,
  id,
  silent = false,
}: {
  readonly children: ReactNode;
  readonly id?: string;
  readonly silent?: boolean;
}) {
  return (
    <div className={styles.alert} role={silent ? undefined : 'alert'} id={id}>
      <Icon name="warn" />
      <div className={styles.text}>{children}</div>
    </div>
  );
}

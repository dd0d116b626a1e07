import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Logo } from '../../components/logo.tsx';
import { useMessages } from '../../messages/index.ts';
import styles from './gate.module.css';

interface GateProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ReactNode;
  readonly reload?: boolean;
  /** This is a problem: announce it. */
  readonly alert?: boolean;
}

/** A page of its own for when there is nothing else to show. */
export function Gate({ title, text, children, reload = false, alert = false }: GateProps) {
  const messages = useMessages();
  return (
    <main className={styles.gate}>
      <div className={styles.inner}>
        <Logo size={44} />
        <div role={alert ? 'alert' : undefined} className={styles.words}>
          <h1>{title}</h1>
          <p>{text}</p>
          {children}
        </div>
        {reload && <Button kind="primary" label={messages.app.reload} onClick={() => window.location.reload()} />}
      </div>
    </main>
  );
}

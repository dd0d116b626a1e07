import { useEffect, useState } from 'react';
import { useUpdates } from '../client/context.ts';
import { useMessages } from '../messages/index.ts';
import { Button } from './button.tsx';
import styles from './update-strip.module.css';

/** Offers a newer version once it is here. Nothing is loaded again before the user says so: this tab may be producing. */
export function UpdateStrip() {
  const messages = useMessages();
  const updates = useUpdates();
  const [isWaiting, setWaiting] = useState(false);
  useEffect(() => updates.subscribe(setWaiting), [updates]);
  return (
    <div role="status">
      {isWaiting && (
        <div className={styles.strip}>
          <p className={styles.text}>
            <strong>{messages.update.title}</strong> {messages.update.text}
          </p>
          <Button kind="primary" size="small" label={messages.update.apply} onClick={() => updates.apply()} />
        </div>
      )}
    </div>
  );
}

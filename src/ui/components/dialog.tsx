import { type ReactNode, useEffect, useId, useRef } from 'react';
import { createPortal } from 'react-dom';
import { useMessages } from '../messages/index.ts';
import { Button } from './button.tsx';
import styles from './dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly lead?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog; open for as long as it is rendered. Escape and the close button ask to close it. */
export function Dialog({ title, lead, onClose, children }: DialogProps) {
  const messages = useMessages();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const leadId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    const shell = document.getElementById('shell');
    dialog?.showModal();
    // The browser would choose the close button.
    dialog?.querySelector<HTMLElement>('input, textarea')?.focus();
    // showModal makes the page behind inert; saying so as well keeps older screen readers out of it.
    shell?.setAttribute('aria-hidden', 'true');
    return () => {
      shell?.removeAttribute('aria-hidden');
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return createPortal(
    <dialog
      ref={ref}
      className={styles.dialog}
      aria-labelledby={titleId}
      aria-describedby={lead ? leadId : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className={styles.header}>
        <h2 id={titleId}>{title}</h2>
        <Button kind="quiet" icon="close" iconOnly label={messages.app.close} onClick={onClose} />
      </header>
      {lead && (
        <p className={styles.lead} id={leadId}>
          {lead}
        </p>
      )}
      {children}
    </dialog>,
    document.body,
  );
}

import { type InputHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';
import styles from './field.module.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  /** The value is wrong: the alert that says why stands elsewhere and has this id. */
  readonly problemId?: string | undefined;
}

export function TextField({ label, hint, problemId, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        className={styles.input}
        aria-describedby={[hint && `${id}-hint`, problemId].filter(Boolean).join(' ') || undefined}
        aria-invalid={problemId ? true : undefined}
        {...rest}
      />
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function TextArea({ label, hint, problemId, ...rest }: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className={`${styles.input} ${styles.area}`}
        aria-describedby={[hint && `${id}-hint`, problemId].filter(Boolean).join(' ') || undefined}
        aria-invalid={problemId ? true : undefined}
        {...rest}
      />
      {hint && (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

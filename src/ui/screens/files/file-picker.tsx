import { type ChangeEvent, useId } from 'react';
import type { Notice } from '../../../node/view.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './files.module.css';

/** Reads a text file that the person picks; one that is too large is not read at all. */
export function FilePicker({
  label,
  maxBytes,
  onText,
  onProblem,
}: {
  readonly label: string;
  readonly maxBytes: number;
  readonly onText: (text: string) => void;
  readonly onProblem: (problem: Notice | undefined) => void;
}) {
  const { files } = useMessages();
  const id = useId();
  const pick = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [file] = event.target.files ?? [];
    if (!file) return;
    onProblem(undefined);
    if (file.size > maxBytes) {
      onProblem({ code: 'form-file', message: files.tooLarge });
      return;
    }
    try {
      onText(await file.text());
    } catch {
      onProblem({ code: 'form-file', message: files.unreadable });
    }
  };
  return (
    <div className={styles.file}>
      <label htmlFor={id}>{label}</label>
      <input id={id} type="file" accept="application/json,.json" onChange={(event) => void pick(event)} />
    </div>
  );
}

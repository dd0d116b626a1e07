import { type FormEvent, useId, useState } from 'react';
import { LIMITS } from '../../../records/limits.ts';
import { ApiError } from '../../client/api.ts';
import { useApi } from '../../client/context.ts';
import type { RestoredJson } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { GroupName } from '../../components/name.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { jsonObjectIn } from '../../logic/files.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import { FilePicker } from './file-picker.tsx';
import styles from './files.module.css';

/** Base64, keystores and names around the contents. */
const BACKUP_FILE_BYTES = 1.5 * LIMITS.backupBytes;

/** Taking a backup in. What is here already stays as it is, whatever the file says. */
export function RestoreForm() {
  const messages = useMessages();
  const { backup: words } = messages;
  const api = useApi();
  const alertId = useId();
  const [file, setFile] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [restored, setRestored] = useState<readonly RestoredJson[]>();
  const { busy, problem, run, setProblem } = useTask(async () => {
    setRestored(undefined);
    const backup = jsonObjectIn(file);
    if (file === '') throw new ApiError('form-backup', words.noFile);
    if (!backup) throw new ApiError('form-backup', words.notABackup);
    setRestored((await api.restore(backup, passphrase)).groups);
    setPassphrase('');
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  return (
    <form className={styles.part} onSubmit={submit} noValidate>
      <h2>{words.restoreTitle}</h2>
      <p className={styles.lead}>{words.restoreText}</p>
      <FilePicker label={words.file} maxBytes={BACKUP_FILE_BYTES} onText={setFile} onProblem={setProblem} />
      <TextField
        label={words.restorePassphrase}
        type="password"
        autoComplete="off"
        value={passphrase}
        maxLength={LIMITS.passphraseMaxChars}
        onChange={(event) => setPassphrase(event.target.value)}
        problemId={problem ? alertId : undefined}
      />
      {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
      <div className={styles.buttons}>
        <Button kind="primary" type="submit" icon="up" label={busy ? words.restoreBusy : words.restore} disabled={busy} />
      </div>
      {restored && (
        <section className={styles.result} aria-label={words.restoredTitle} aria-live="polite">
          <h3>{words.restoredTitle}</h3>
          <ul>
            {restored.map((group) => (
              <li key={group.group_id}>
                <GroupName name={group.group_name} />: {words.outcomes[group.outcome]}
              </li>
            ))}
          </ul>
          <p>{words.silent}</p>
        </section>
      )}
    </form>
  );
}

import { type FormEvent, useId, useState } from 'react';
import { LIMITS } from '../../../records/limits.ts';
import { ApiError } from '../../client/api.ts';
import { useApi, useNodeState } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { downloadJson } from '../../logic/files.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './files.module.css';

/** Making a backup: the passphrase twice, since nobody can look it up later. */
export function BackupForm() {
  const messages = useMessages();
  const { backup: words } = messages;
  const api = useApi();
  const groups = useNodeState().view?.groups.length ?? 0;
  const alertId = useId();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [blocks, setBlocks] = useState(false);
  const [done, setDone] = useState(false);
  const { busy, problem, run } = useTask(async () => {
    setDone(false);
    const min = LIMITS.passphraseMinChars;
    if ([...passphrase].length < min) throw new ApiError('form-passphrase', words.tooShort({ min }));
    if (passphrase !== again) throw new ApiError('form-again', words.differ);
    downloadJson(`sett-backup-${new Date().toISOString().slice(0, 10)}.json`, await api.backup(passphrase, blocks));
    setPassphrase('');
    setAgain('');
    setDone(true);
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  return (
    <form className={styles.part} onSubmit={submit} noValidate>
      <h2>{words.makeTitle}</h2>
      <p className={styles.lead}>{groups === 0 ? words.makeNothing : words.makeText({ groups })}</p>
      <TextField
        label={words.passphrase}
        hint={words.passphraseHint({ min: LIMITS.passphraseMinChars })}
        type="password"
        autoComplete="new-password"
        value={passphrase}
        maxLength={LIMITS.passphraseMaxChars}
        onChange={(event) => setPassphrase(event.target.value)}
        problemId={problem && problem.code !== 'form-again' ? alertId : undefined}
      />
      <TextField
        label={words.again}
        type="password"
        autoComplete="new-password"
        value={again}
        maxLength={LIMITS.passphraseMaxChars}
        onChange={(event) => setAgain(event.target.value)}
        problemId={problem?.code === 'form-again' ? alertId : undefined}
      />
      <label className={styles.choice}>
        <input type="checkbox" checked={blocks} onChange={(event) => setBlocks(event.target.checked)} />
        <span>{words.blocks}</span>
      </label>
      {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
      <div className={styles.buttons}>
        <Button
          kind="primary"
          type="submit"
          icon="down"
          label={busy ? words.makeBusy : words.make}
          disabled={busy || groups === 0}
        />
      </div>
      <p aria-live="polite">{done && words.made}</p>
    </form>
  );
}

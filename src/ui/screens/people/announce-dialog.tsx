import { type FormEvent, useId, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { LIMITS } from '../../../records/limits.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './announce-dialog.module.css';

interface AnnounceDialogProps {
  readonly group: GroupView;
  readonly type: 'user' | 'producer';
  readonly onClose: () => void;
  readonly onSent: (trxId: string) => void;
}

export function AnnounceDialog({ group, type, onClose, onSent }: AnnounceDialogProps) {
  const messages = useMessages();
  const { dialog: words } = messages.people;
  const api = useApi();
  const alertId = useId();
  const [memo, setMemo] = useState('');
  const { busy, problem, run, setProblem } = useTask(async () => {
    const { trx_id } = await api.announce(group.groupId, { action: 'add', type, memo: memo.trim() });
    onSent(trx_id);
    onClose();
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (memo.trim().length > LIMITS.memoChars) {
      setProblem({ code: 'form-memo', message: words.tooLong({ max: LIMITS.memoChars }) });
    } else void run();
  };
  return (
    <Dialog
      title={type === 'producer' ? words.producerTitle : words.userTitle}
      lead={type === 'producer' ? words.producerLead : words.userLead}
      onClose={onClose}
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextField
          label={words.memo}
          hint={words.memoHint}
          value={memo}
          onChange={(event) => setMemo(event.target.value)}
          problemId={problem?.code === 'form-memo' ? alertId : undefined}
          autoComplete="off"
        />
        {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
        <div className={styles.buttons}>
          <Button kind="quiet" label={messages.app.cancel} onClick={onClose} />
          <Button kind="primary" type="submit" label={busy ? words.busy : words.submit} disabled={busy} />
        </div>
      </form>
    </Dialog>
  );
}

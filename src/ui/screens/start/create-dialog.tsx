import { type FormEvent, useId, useState } from 'react';
import { LIMITS } from '../../../records/limits.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { ChoiceCards } from '../../components/choice-cards.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { navigate } from '../../hooks/use-route.ts';
import { useTask } from '../../hooks/use-task.ts';
import { paths } from '../../logic/route.ts';
import { problemText, useMessages } from '../../messages/index.ts';

import styles from './dialogs.module.css';

const NAME = { min: LIMITS.groupNameMinChars, max: LIMITS.groupNameMaxChars };
const APP_KEY = { min: LIMITS.appKeyMinChars, max: LIMITS.appKeyMaxChars };

function fits(text: string, range: { min: number; max: number }): boolean {
  const length = Array.from(text.trim()).length;
  return length >= range.min && length <= range.max;
}

export function CreateDialog({ onClose }: { readonly onClose: () => void }) {
  const messages = useMessages();
  const { create, app } = messages;
  const api = useApi();
  const alertId = useId();
  const [name, setName] = useState('');
  const [appKey, setAppKey] = useState(create.appKeyDefault);
  const [encryption, setEncryption] = useState<'public' | 'private'>('public');
  const { busy, problem, run, setProblem } = useTask(async () => {
    const created = await api.createGroup({ name: name.trim(), appKey: appKey.trim(), encryption });
    navigate(paths.feed(created.group_id), true);
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!fits(name, NAME)) setProblem({ code: 'form-name', message: create.nameWrong(NAME) });
    else if (!fits(appKey, APP_KEY)) setProblem({ code: 'form-app-key', message: create.appKeyWrong(APP_KEY) });
    else void run();
  };
  return (
    <Dialog title={create.title} lead={create.lead} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextField
          label={create.name}
          hint={create.nameHint(NAME)}
          value={name}
          onChange={(event) => setName(event.target.value)}
          problemId={problem?.code === 'form-name' ? alertId : undefined}
          autoComplete="off"
          maxLength={NAME.max * 2}
          required
        />
        <ChoiceCards
          legend={create.access}
          value={encryption}
          onChange={setEncryption}
          choices={[
            { value: 'public', title: create.publicTitle, text: create.publicText },
            { value: 'private', title: create.privateTitle, text: create.privateText },
          ]}
        />
        <TextField
          label={create.appKey}
          hint={create.appKeyHint(APP_KEY)}
          value={appKey}
          onChange={(event) => setAppKey(event.target.value)}
          problemId={problem?.code === 'form-app-key' ? alertId : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={APP_KEY.max * 2}
          required
        />
        {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
        <div className={styles.buttons}>
          <Button kind="quiet" label={app.cancel} onClick={onClose} />
          <Button kind="primary" type="submit" label={busy ? create.busy : create.submit} disabled={busy} />
        </div>
      </form>
    </Dialog>
  );
}

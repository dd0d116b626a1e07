import { type FormEvent, useId, useState } from 'react';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextArea } from '../../components/field.tsx';
import { GroupName, Key } from '../../components/name.tsx';
import { navigate } from '../../hooks/use-route.ts';
import { useTask } from '../../hooks/use-task.ts';
import { paths } from '../../logic/route.ts';
import { normalizeSeed, previewSeed, type SeedPreview } from '../../logic/seed-preview.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './dialogs.module.css';

/** Pasting a seed, or looking at one that a link brought. Nothing is joined before the button is pressed. */
export function JoinDialog({ seed, onClose }: { readonly seed: string; readonly onClose: () => void }) {
  const messages = useMessages();
  const { join, app } = messages;
  const api = useApi();
  const alertId = useId();
  const [text, setText] = useState(() => normalizeSeed(seed));
  const { busy, problem, run, setProblem } = useTask(async () => {
    const joined = await api.joinGroup(normalizeSeed(text));
    navigate(paths.feed(joined.group_id), true);
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') setProblem({ code: 'form-seed', message: join.empty });
    else void run();
  };
  const preview = previewSeed(text);
  return (
    <Dialog title={join.title} lead={join.lead} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextArea
          label={join.seed}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            if (problem) setProblem(undefined);
          }}
          problemId={problem ? alertId : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          rows={5}
          required
        />
        {preview && <Preview preview={preview} />}
        {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
        <div className={styles.buttons}>
          <Button kind="quiet" label={app.cancel} onClick={onClose} />
          <Button kind="primary" type="submit" label={busy ? join.busy : join.submit} disabled={busy} />
        </div>
      </form>
    </Dialog>
  );
}

function Preview({ preview }: { readonly preview: SeedPreview }) {
  const { join, encryption } = useMessages();
  return (
    <section className={styles.preview} aria-label={join.previewTitle}>
      <h3>{join.previewTitle}</h3>
      <dl>
        <dt>{join.previewName}</dt>
        <dd>
          <GroupName name={preview.groupName} />
        </dd>
        <dt>{join.previewOwner}</dt>
        <dd>
          <Key pubkey={preview.ownerPubkey} />
        </dd>
        <dt>{join.previewAccess}</dt>
        <dd>{encryption[preview.encryption]}</dd>
      </dl>
      <p>{join.previewNote}</p>
    </section>
  );
}

import { type FormEvent, type KeyboardEvent, useId } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useNodeState } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { useDraft } from '../../hooks/use-draft.ts';
import { useProblems } from '../../hooks/use-problems.ts';
import { useTask } from '../../hooks/use-task.ts';
import { formatKiB } from '../../logic/bytes.ts';
import { POST_LIMIT_BYTES, postBytes } from '../../logic/post-size.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './composer.module.css';

/** The counter appears from here on: nobody needs to think of bytes before. */
const COUNT_FROM = 0.8 * POST_LIMIT_BYTES;

/** Where a post is written. The text stays until the node has stored it durably. */
export function Composer({ group, post }: { readonly group: GroupView; readonly post: (text: string) => Promise<void> }) {
  const messages = useMessages();
  const { composer, locale } = messages;
  const [text, setText] = useDraft(group.groupId);
  const fieldId = useId();
  const alertId = useId();
  const standing = useProblems(useNodeState(), group);
  const { busy, problem, run, setProblem } = useTask(async () => {
    await post(text);
    setText('');
  });
  const bytes = postBytes(text);
  const tooLarge = bytes > POST_LIMIT_BYTES;
  const sizes = { used: formatKiB(bytes, locale), limit: formatKiB(POST_LIMIT_BYTES, locale) };

  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    if (text.trim() === '') setProblem({ code: 'form-empty', message: composer.empty });
    else if (tooLarge) setProblem({ code: 'form-too-large', message: composer.tooLarge(sizes) });
    else void run();
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.nativeEvent.isComposing) submit();
  };

  return (
    <form className={styles.composer} onSubmit={submit} noValidate>
      <div className={styles.box}>
        <PersonMark pubkey={group.userPubkey} />
        <label htmlFor={fieldId} className="visually-hidden">
          {composer.label}
        </label>
        <textarea
          id={fieldId}
          className={styles.text}
          value={text}
          placeholder={composer.placeholder}
          readOnly={busy}
          rows={2}
          aria-describedby={problem ? alertId : undefined}
          aria-invalid={problem ? true : undefined}
          onChange={(event) => {
            setText(event.target.value);
            if (problem) setProblem(undefined);
          }}
          onKeyDown={keyDown}
        />
      </div>
      {problem && (
        <div className={styles.problem}>
          {/* A standing problem is announced already, at the top of the page. */}
          <Alert id={alertId} silent={standing.some(({ code }) => code === problem.code)}>
            {problemText(messages, problem)}
          </Alert>
        </div>
      )}
      <div className={styles.foot}>
        <span className={styles.hint} data-over={tooLarge || undefined}>
          {bytes >= COUNT_FROM ? composer.bytes(sizes) : composer.hint}
        </span>
        <Button kind="primary" type="submit" label={composer.submit} disabled={busy} />
      </div>
    </form>
  );
}

import type { ChangeView, GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Hash } from '../../components/hash.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { paths } from '../../logic/route.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './change-progress.module.css';

interface ChangeProgressProps {
  readonly group: GroupView;
  readonly change: ChangeView;
}

/** A change of consensus on its way, attempt by attempt and signature by signature, and what came of it. */
export function ChangeProgress({ group, change }: ChangeProgressProps) {
  const { change: plain, recovery } = useMessages();
  const words = change.recovery ? { ...plain, ...recovery.progress } : plain;
  const { producers, reason, phase } = change;
  const result = endOf(change);
  const title = result ? words.ended[result] : words.progress;
  const signed = producers.filter(({ hasResponded, refusal }) => hasResponded && refusal === undefined).length;
  return (
    <section className={styles.change} aria-labelledby="change-title" data-result={result}>
      <div className={styles.head}>
        <h2 id="change-title">{title}</h2>
        {!result && <p className={styles.signed}>{words.signed({ signed, of: producers.length })}</p>}
      </div>
      <p className={styles.text} role="status">
        {result ? words.endedText[result] : `${words.phases[phase].word}. ${words.phases[phase].text}`}
      </p>
      {!change.isOwner && !result && <p className={styles.text}>{words.askedYou}</p>}
      {reason && <p className={styles.text}>{words.reasons[reason]}</p>}
      {!result && phase !== 'ordering' && <Attempts change={change} />}
      <ul className={styles.producers}>
        {producers.map((producer) => (
          <Asked key={producer.pubkey} producer={producer} hasEnded={result !== undefined} />
        ))}
      </ul>
      {change.isOwner && change.trxId && !result && (
        <p className={styles.promised}>
          {words.promised} <Hash value={change.trxId} what={words.promised} short />
        </p>
      )}
      {change.isOwner && change.result === undefined && <Abandon group={group} change={change} />}
      {change.isOwner && result && result !== 'SUCCESS' && (
        <ButtonLink href={change.recovery ? paths.recover(group.groupId) : paths.change(group.groupId)} label={words.again} />
      )}
    </section>
  );
}

/** The result, once it is final; until then it is on its way, whatever the owner already knows of it. */
export const endOf = ({ phase, result }: ChangeView): ChangeView['result'] => (phase === 'done' ? result : undefined);

/** One mark an attempt: those that are over, the one that runs, those that are left. */
function Attempts({ change }: { readonly change: ChangeView }) {
  const { change: words } = useMessages();
  const { attempt, attempts, tickMs } = change;
  const text = attempt === 0 ? words.notBegun : words.attempt({ attempt, attempts });
  return (
    <div className={styles.attempts}>
      <span className={styles.ticks} aria-hidden="true">
        {Array.from({ length: attempts }, (_, index) => (
          <span key={String(index)} data-tick={index + 1 < attempt ? 'over' : index + 1 === attempt ? 'running' : 'left'} />
        ))}
      </span>
      <span>
        {text} · {words.attemptEach({ ms: tickMs })}
      </span>
    </div>
  );
}

function Asked({ producer, hasEnded }: { readonly producer: ChangeView['producers'][number]; readonly hasEnded: boolean }) {
  const { change: words } = useMessages();
  const state =
    producer.refusal !== undefined
      ? 'refused'
      : producer.isDecided
        ? 'decided'
        : producer.hasResponded
          ? 'responded'
          : hasEnded
            ? 'unsigned'
            : producer.link === 'away'
              ? 'away'
              : 'waiting';
  return (
    <li className={styles.producer} data-state={state}>
      <span className={styles.seal}>
        <PersonMark pubkey={producer.pubkey} size={30} />
      </span>
      <span className={styles.words}>
        <Key pubkey={producer.pubkey} />
        <span className={styles.state}>
          {words.producerState[state]}
          {producer.refusal && `: ${producer.refusal}`}
        </span>
      </span>
    </li>
  );
}

function Abandon({ group, change }: ChangeProgressProps) {
  const messages = useMessages();
  const { change: words } = messages;
  const api = useApi();
  const { busy, problem, run } = useTask(async () => {
    await api.abandonChange(group.groupId, change.reqId);
  });
  return (
    <div className={styles.abandon}>
      <Button size="small" label={words.abandon} disabled={busy} onClick={() => void run()} />
      <span>{words.abandonText}</span>
      {problem && <Alert>{problemText(messages, problem)}</Alert>}
    </div>
  );
}

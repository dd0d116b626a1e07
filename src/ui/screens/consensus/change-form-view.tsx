import { type FormEvent, useId, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { AGREEMENT_LIMITS, LIMITS } from '../../../records/limits.ts';
import { useApi, useNodeState } from '../../client/context.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { ChoiceCards } from '../../components/choice-cards.tsx';
import { TextField } from '../../components/field.tsx';
import { navigate } from '../../hooks/use-route.ts';
import { useTask } from '../../hooks/use-task.ts';
import {
  type ChangeField,
  type ChangeForm,
  changeFormOf,
  changeMeaning,
  changeProblem,
  changeRequestOf,
  producersToAsk,
} from '../../logic/change-form.ts';
import { groupState } from '../../logic/group-state.ts';
import { candidatesOf, isHere, type People } from '../../logic/people.ts';
import { paths } from '../../logic/route.ts';
import { type Messages, problemText, useMessages } from '../../messages/index.ts';
import styles from './change-form-view.module.css';
import { ChangeMeaningView } from './change-meaning-view.tsx';
import { ProducerPicker } from './producer-picker.tsx';
import { RecoveryCosts } from './recovery-costs.tsx';

interface ChangeFormProps {
  readonly group: GroupView;
  readonly people: People;
  readonly recovery: boolean;
}

/** The form, and beside it what it would mean. */
export function ChangeFormView({ group, people, recovery }: ChangeFormProps) {
  const messages = useMessages();
  const { change: words, recovery: recoveryWords } = messages;
  const api = useApi();
  const alertId = useId();
  const { consensus, epoch } = group;
  const candidates = candidatesOf(people);
  const here = new Set(candidates.filter(isHere).map(({ pubkey }) => pubkey));
  const [form, setForm] = useState<ChangeForm>(() => {
    const choosable = new Set(candidates.filter(({ canBeChosen }) => canBeChosen).map(({ pubkey }) => pubkey));
    return changeFormOf({ ...consensus, producers: producersToAsk(consensus.producers, choosable, recovery) });
  });
  const [accepted, setAccepted] = useState(false);
  const { busy, problem, run, setProblem } = useTask(async () => {
    await api.changeConsensus(group.groupId, changeRequestOf(form, epoch, recovery));
    navigate(paths.consensus(group.groupId));
    // How it goes stands at the top.
    window.scrollTo({ top: 0 });
  });
  const change = (part: Partial<ChangeForm>): void => {
    setForm((before) => ({ ...before, ...part }));
    if (problem) setProblem(undefined);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wrong = changeProblem(form, epoch);
    if (wrong) setProblem({ code: fieldCode(wrong.field), message: problemOf(messages, wrong.code, epoch) });
    else if (recovery && !accepted) setProblem({ code: 'form-costs', message: recoveryWords.mustConfirm });
    else void run();
  };
  const problemIdOf = (field: ChangeField): string | undefined => (problem?.code === fieldCode(field) ? alertId : undefined);
  const meaning = changeMeaning(form, {
    producers: group.producers,
    ownerPubkey: group.ownerPubkey,
    isHere: (pubkey) => here.has(pubkey),
  });
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <div className={styles.fields}>
        {recovery && <RecoveryCosts group={group} accepted={accepted} onAccept={setAccepted} />}
        <ProducerPicker
          candidates={candidates}
          chosen={form.producers}
          groupId={group.groupId}
          problemId={problemIdOf('producers')}
          onChange={(producers) => change({ producers })}
        />
        <PaceFields form={form} change={change} problemIdOf={problemIdOf} />
        <AgreementFields form={form} change={change} problemIdOf={problemIdOf} epoch={epoch} />
      </div>
      <div className={styles.side}>
        <ChangeMeaningView meaning={meaning} />
        {!recovery && groupState(group) === 'paused' && (
          <p className={styles.paused}>
            {words.meaningPaused} <a href={paths.recover(group.groupId)}>{recoveryWords.title}</a>
          </p>
        )}
        {problem && <Alert id={alertId}>{problemText(messages, problem)}</Alert>}
        <Button
          kind="primary"
          type="submit"
          label={busy ? (recovery ? recoveryWords.busy : words.busy) : recovery ? recoveryWords.submit : words.submit}
          disabled={busy}
        />
      </div>
    </form>
  );
}

const AGREEMENT_FIELDS: readonly ChangeField[] = ['tick', 'ticks', 'start'];
const fieldCode = (field: ChangeField): string => `form-${field}`;

function problemOf({ change: { problems } }: Messages, code: keyof Messages['change']['problems'], epoch: number): string {
  const { tickMinMs, tickMaxMs, ticksMin, ticksMax, epochTickMinMs, epochTickMaxMs } = AGREEMENT_LIMITS;
  switch (code) {
    case 'tooMany':
      return problems.tooMany({ max: LIMITS.producers });
    case 'interval':
      return problems.interval({ min: epochTickMinMs, max: epochTickMaxMs });
    case 'tick':
      return problems.tick({ min: tickMinMs, max: tickMaxMs });
    case 'ticks':
      return problems.ticks({ min: ticksMin, max: ticksMax });
    case 'start':
      return problems.start({ epoch });
    default:
      return problems[code];
  }
}

interface FieldsProps {
  readonly form: ChangeForm;
  readonly change: (part: Partial<ChangeForm>) => void;
  readonly problemIdOf: (field: ChangeField) => string | undefined;
}

function PaceFields({ form, change, problemIdOf }: FieldsProps) {
  const { change: words } = useMessages();
  const engines = useNodeState().view?.engines ?? [];
  return (
    <section className={styles.part} aria-labelledby="pace-title">
      <h3 id="pace-title">{words.pace}</h3>
      <TextField
        label={words.interval}
        hint={words.intervalHint({ min: AGREEMENT_LIMITS.epochTickMinMs })}
        value={form.interval}
        inputMode="numeric"
        problemId={problemIdOf('interval')}
        onChange={(event) => change({ interval: event.target.value })}
      />
      {engines.length > 1 && (
        <ChoiceCards
          legend={words.engine}
          value={form.engine}
          onChange={(engine) => change({ engine })}
          choices={engines.map((value) => ({ value, ...(words.engineTexts[value] ?? { title: value, text: '' }) }))}
        />
      )}
      {form.engine === 'hbbft' && (
        <ChoiceCards
          legend={words.encryption}
          value={form.encryption}
          onChange={(encryption) => change({ encryption })}
          choices={[
            { value: 'always', title: words.encryptionAlways, text: words.encryptionAlwaysText },
            { value: 'never', title: words.encryptionNever, text: words.encryptionNeverText },
            { value: 'some', title: words.encryptionSome, text: words.encryptionSomeText },
          ]}
        />
      )}
      {form.engine === 'hbbft' && form.encryption === 'some' && (
        <TextField
          label={words.encryptionEvery}
          value={form.encryptionEvery}
          inputMode="numeric"
          problemId={problemIdOf('encryption')}
          onChange={(event) => change({ encryptionEvery: event.target.value })}
        />
      )}
    </section>
  );
}

function AgreementFields({ form, change, problemIdOf, epoch }: FieldsProps & { readonly epoch: number }) {
  const { change: words } = useMessages();
  const total = Number(form.tick) * Number(form.ticks);
  const [isOpen, setOpen] = useState(false);
  // It stays open when what was wrong is mended.
  const hasProblem = AGREEMENT_FIELDS.some((field) => problemIdOf(field));
  if (hasProblem && !isOpen) setOpen(true);
  return (
    <details className={styles.more} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.more}</summary>
      <div className={styles.part}>
        <div className={styles.pair}>
          <TextField
            label={words.tick}
            hint={words.tickHint}
            value={form.tick}
            inputMode="numeric"
            problemId={problemIdOf('tick')}
            onChange={(event) => change({ tick: event.target.value })}
          />
          <TextField
            label={words.ticks}
            {...(Number.isFinite(total) && { hint: words.ticksHint({ total }) })}
            value={form.ticks}
            inputMode="numeric"
            problemId={problemIdOf('ticks')}
            onChange={(event) => change({ ticks: event.target.value })}
          />
        </div>
        <TextField
          label={words.start}
          hint={words.startHint({ epoch })}
          value={form.start}
          inputMode="numeric"
          problemId={problemIdOf('start')}
          onChange={(event) => change({ start: event.target.value })}
        />
        <TextField
          label={words.memo}
          hint={words.memoHint}
          value={form.memo}
          maxLength={LIMITS.memoChars}
          onChange={(event) => change({ memo: event.target.value })}
        />
      </div>
    </details>
  );
}

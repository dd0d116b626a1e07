import { type FormEvent, useState } from 'react';
import { LIMITS } from '../../../records/limits.ts';
import { ApiError } from '../../client/api.ts';
import { useApi } from '../../client/context.ts';
import { trxTypeName, type VerdictJson } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { Facts } from '../../components/facts.tsx';
import { TextArea } from '../../components/field.tsx';
import { Hash } from '../../components/hash.tsx';
import { Key } from '../../components/name.tsx';
import { ExactTime } from '../../components/time.tsx';
import { useTask } from '../../hooks/use-task.ts';
import { useScreenTitle } from '../../hooks/use-title.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { jsonObjectIn } from '../../logic/files.ts';
import { paths } from '../../logic/route.ts';
import { normalizeSeed } from '../../logic/seed-preview.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import { FilePicker } from './file-picker.tsx';
import styles from './files.module.css';

/** JSON of a receipt takes more than its bytes. */
const RECEIPT_FILE_BYTES = 1.5 * LIMITS.receiptBytes;

/** Whether a receipt holds, for whoever has the seed of its group and nothing else of it. */
export function VerifyPage() {
  const messages = useMessages();
  const { verify: words, app } = messages;
  const api = useApi();
  const heading = useScreenTitle<HTMLHeadingElement>(words.title);
  const [seed, setSeed] = useState('');
  const [receipt, setReceipt] = useState('');
  const [verdict, setVerdict] = useState<VerdictJson>();
  const { busy, problem, run, setProblem } = useTask(async () => {
    setVerdict(undefined);
    if (seed.trim() === '' || receipt.trim() === '') throw new ApiError('form-verify', words.empty);
    setVerdict(await api.verify(normalizeSeed(seed), jsonObjectIn(receipt) ?? receipt.trim()));
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  const change = (set: (text: string) => void) => (text: string) => {
    setVerdict(undefined);
    set(text);
  };
  return (
    <div className={styles.page}>
      <header>
        <p>
          <a href={paths.start}>{app.back}</a>
        </p>
        <h1 {...heading}>{words.title}</h1>
        <p className={styles.lead}>{words.lead}</p>
      </header>
      <form className={styles.part} onSubmit={submit} noValidate>
        <TextArea
          label={words.seed}
          value={seed}
          onChange={(event) => change(setSeed)(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          rows={4}
        />
        <FilePicker label={words.file} maxBytes={RECEIPT_FILE_BYTES} onText={change(setReceipt)} onProblem={setProblem} />
        <TextArea
          label={words.receipt}
          value={receipt}
          onChange={(event) => change(setReceipt)(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          rows={6}
        />
        <div className={styles.buttons}>
          <Button kind="primary" type="submit" icon="check" label={busy ? words.busy : words.submit} disabled={busy} />
        </div>
        {problem && <Alert>{problemText(messages, problem)}</Alert>}
        {verdict && <Verdict verdict={verdict} />}
      </form>
    </div>
  );
}

function Verdict({ verdict }: { readonly verdict: VerdictJson }) {
  const { verify: words, trx: trxWords } = useMessages();
  if (!verdict.valid) {
    return (
      <Alert>
        <p>{words.invalid}</p>
        <p>{verdict.reason}</p>
      </Alert>
    );
  }
  const { trx, header, producers = [], sealed_by: sealedBy = [], recoveries = [] } = verdict;
  const type = trxTypeName(trx?.Type);
  return (
    <section className={styles.result} aria-label={words.resultTitle} aria-live="polite">
      <h2>{words.valid}</h2>
      <p>{words.validText({ block: verdict.block_id ?? 0 })}</p>
      {verdict.result === 'rejected' && <p>{words.rejected}</p>}
      {recoveries.length > 0 && <p>{words.recoveries}</p>}
      <Facts
        wide
        facts={[
          { term: trxWords.type, value: trxWords.types[type] ?? type },
          { term: trxWords.sender, value: <Hash value={trx?.SenderPubkey ?? ''} what={trxWords.sender} /> },
          { term: trxWords.id, value: <Hash value={trx?.TrxId ?? ''} what={trxWords.id} /> },
          { term: words.sealedAt, value: <ExactTime timeMs={nsToMs(header?.TimeStamp)} /> },
          { term: words.sealed, value: words.sealedBy({ sealed: sealedBy.length, producers: producers.length }) },
        ]}
      />
      <h3>{words.producers}</h3>
      <ul aria-label={words.producers}>
        {producers.map((pubkey) => (
          <li key={pubkey}>
            <Key pubkey={pubkey} />
          </li>
        ))}
      </ul>
    </section>
  );
}

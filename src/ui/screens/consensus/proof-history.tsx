import { useCallback, useState } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import type { FullProofJson, ProofJson } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Facts } from '../../components/facts.tsx';
import { Hash } from '../../components/hash.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { TimeAgo } from '../../components/time.tsx';
import { useLoaded } from '../../hooks/use-loaded.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { type Messages, problemText, useMessages } from '../../messages/index.ts';
import styles from './proof-history.module.css';
import { SectionHead } from './section-head.tsx';

const ICONS: Readonly<Record<ProofJson['result'], IconName>> = { SUCCESS: 'check', TIMEOUT: 'clock', FAILED: 'close' };

/** Every change of consensus that was asked for, with its result: what the ledger holds, on every node alike. */
export function ProofHistory({ group }: { readonly group: GroupView }) {
  const messages = useMessages();
  const { consensus: words } = messages;
  const api = useApi();
  const { groupId } = group;
  const { blockId } = group.head;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new block may hold a result
  const load = useCallback(() => api.proofHistory(groupId), [api, groupId, blockId]);
  const loaded = useLoaded(load, true);
  const proofs = loaded.value?.toReversed() ?? [];
  return (
    <section aria-label={words.history}>
      <SectionHead title={words.history} text={words.historyText} />
      {loaded.state === 'failed' && <Alert>{problemText(messages, loaded.problem)}</Alert>}
      <ol>
        {proofs.map((proof) => (
          <Proof key={proof.req.ReqId} proof={proof} groupId={groupId} />
        ))}
      </ol>
    </section>
  );
}

function Proof({ proof, groupId }: { readonly proof: ProofJson; readonly groupId: string }) {
  const { consensus: words } = useMessages();
  const [open, setOpen] = useState(false);
  const { req, result } = proof;
  const producers = req.ProducerPubkeyList ?? [];
  const answered = new Set(proof.repononsed_producer);
  const isFounding = Number(req.Nonce ?? 0) === 0;
  return (
    <li className={styles.entry}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={styles.summary}>
          <span className={styles.result} data-result={result}>
            <Icon name={ICONS[result]} size={16} />
            {words.result[result]}
          </span>
          <span className={styles.marks} aria-hidden="true">
            {producers.map((pubkey) => (
              <span key={pubkey} data-answered={answered.has(pubkey)}>
                <PersonMark pubkey={pubkey} size={24} />
              </span>
            ))}
          </span>
          <span className={styles.count}>
            {isFounding ? words.founding : words.answered({ answered: answered.size, of: producers.length })}
            {req.Contract?.Recovery && ` · ${words.recovery}`}
          </span>
          <span className={styles.time}>
            <TimeAgo timeMs={nsToMs(req.Contract?.timestamp)} />
          </span>
          <Icon name="down" size={16} />
        </summary>
        {open && <ProofDetail reqId={req.ReqId ?? ''} groupId={groupId} />}
      </details>
    </li>
  );
}

/** The whole proof with its responses, read when it is opened. */
function ProofDetail({ reqId, groupId }: { readonly reqId: string; readonly groupId: string }) {
  const messages = useMessages();
  const { proof: words } = messages.consensus;
  const api = useApi();
  const loaded = useLoaded(useCallback(() => api.proof(groupId, reqId), [api, groupId, reqId]));
  if (loaded.state === 'failed') return <Alert>{problemText(messages, loaded.problem)}</Alert>;
  if (loaded.state === 'loading') return <p className={styles.count}>{words.loading}</p>;
  const proof = loaded.value;
  return (
    <div className={styles.detail}>
      <Facts wide facts={factsOf(messages, proof)} />
      <ul className={styles.answers} aria-label={words.producers}>
        {(proof.req.ProducerPubkeyList ?? []).map((pubkey) => (
          <li key={pubkey}>
            <PersonMark pubkey={pubkey} size={24} />
            <Key pubkey={pubkey} /> <span className={styles.count}>{answerOf(messages, proof, pubkey)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function answerOf(
  { consensus: { proof: words } }: Messages,
  { resps, responsed_producer }: FullProofJson,
  pubkey: string,
): string {
  const refusal = resps.find(({ SenderPubkey }) => SenderPubkey === pubkey)?.Refused;
  if (refusal) return words.refused({ why: refusal });
  return responsed_producer.includes(pubkey) ? words.answered : words.silent;
}

function factsOf({ consensus, locale }: Messages, { req }: FullProofJson) {
  const { proof: words } = consensus;
  const numbers = new Intl.NumberFormat(locale);
  const engine = req.Contract?.Contract ?? '';
  const ticks = Number(req.AgreementTickCount ?? 0);
  return [
    { term: words.reqId, value: <Hash value={req.ReqId ?? ''} what={words.reqId} /> },
    { term: words.nonce, value: numbers.format(Number(req.Nonce ?? 0)) },
    { term: words.startFromEpoch, value: numbers.format(Number(req.StartFromEpoch ?? 0)) },
    { term: words.interval, value: consensus.interval({ ms: Number(req.TrxEpochTickLenInMs ?? 0) }) },
    ...(ticks > 0
      ? [{ term: words.agreement, value: words.ticks({ count: ticks, ms: Number(req.AgreementTickLenInMs ?? 0) }) }]
      : []),
    ...(engine ? [{ term: consensus.facts.engine, value: consensus.engines[engine] ?? engine }] : []),
    {
      term: consensus.facts.encryption,
      value: consensus.encryption({ schedule: req.Contract?.Encryption ?? 0 }),
    },
    ...(req.SenderSign ? [{ term: words.sign, value: <Hash value={req.SenderSign} what={words.sign} short /> }] : []),
  ];
}

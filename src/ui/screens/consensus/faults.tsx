import { useCallback } from 'react';
import type { GroupView } from '../../../node/view.ts';
import { useApi } from '../../client/context.ts';
import type { ProvenFaultJson } from '../../client/records.ts';
import { Alert } from '../../components/alert.tsx';
import { Button } from '../../components/button.tsx';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { TimeAgo } from '../../components/time.tsx';
import { useLoaded } from '../../hooks/use-loaded.ts';
import { type FaultRow, faultyMembers, seenFaults } from '../../logic/faults.ts';
import { nsToMs } from '../../logic/feed-model.ts';
import { downloadJson } from '../../logic/files.ts';
import { problemText, useMessages } from '../../messages/index.ts';
import styles from './faults.module.css';
import { SectionHead } from './section-head.tsx';

/** What each producer has been seen to do wrong, in words; with the proof, where signed records are one. */
export function Faults({ group }: { readonly group: GroupView }) {
  const messages = useMessages();
  const { consensus: words } = messages;
  const api = useApi();
  const { groupId, provenFaults = 0 } = group;
  const { producers } = group.consensus;
  const seen = seenFaults(group);
  // Read anew with each that is stored.
  const load = useCallback(async () => (provenFaults > 0 ? api.provenFaults(groupId) : []), [api, groupId, provenFaults]);
  const loaded = useLoaded(load, true);
  const faulty = faultyMembers(seen, loaded.value ?? []);
  if (producers.length === 1 && faulty.length === 0) return null;
  const text = faulty.length > 0 ? words.faultsText : group.producing === 'idle' ? words.faultsUser : words.faultsNone;
  return (
    <section aria-label={words.faults}>
      <SectionHead title={words.faults} text={text} />
      {loaded.state === 'failed' && <Alert>{problemText(messages, loaded.problem)}</Alert>}
      {faulty.length > 0 && (
        <ul>
          {faulty.map(({ pubkey, rows }) => (
            <li key={pubkey} className={styles.row}>
              <PersonMark pubkey={pubkey} size={30} />
              <div>
                <Key pubkey={pubkey} />
                <ul className={styles.kinds}>
                  {rows.map((row) => (
                    <Fault key={row.kind} row={row} />
                  ))}
                </ul>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Fault({ row: { kind, count, proof } }: { readonly row: FaultRow }) {
  const { consensus: words } = useMessages();
  const name = words.faultKinds[kind] ?? kind;
  return (
    <li>
      {count > 0 ? `${name}, ${words.times({ count })}` : name}
      {proof && <Proof proof={proof} />}
    </li>
  );
}

function Proof({ proof }: { readonly proof: ProvenFaultJson }) {
  const { consensus: words } = useMessages();
  const save = () => downloadJson(`sett-fault-${proof.kind}-${proof.pubkey.slice(0, 12)}.json`, proof);
  return (
    <span className={styles.proof}>
      {words.faultProved} <TimeAgo timeMs={nsToMs(proof.found_at)} />
      <Button kind="quiet" size="small" label={words.faultSave} onClick={save} />
    </span>
  );
}

import type { GroupView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import { useMessages } from '../../messages/index.ts';
import styles from './faults.module.css';
import { SectionHead } from './section-head.tsx';

/** Of each producer, in epochs and in the newest change of consensus together; only those who have any. */
function faultsOf({
  consensus,
  change,
  ownerPubkey,
}: GroupView): { readonly pubkey: string; readonly faults: Record<string, number> }[] {
  const sums = new Map<string, Record<string, number>>();
  const asked = [...(change?.producers ?? []), { pubkey: ownerPubkey, faults: change?.ownerFaults ?? {} }];
  for (const { pubkey, faults } of [...consensus.producers, ...asked]) {
    const sum = sums.get(pubkey) ?? {};
    for (const [kind, count] of Object.entries(faults)) sum[kind] = (sum[kind] ?? 0) + count;
    sums.set(pubkey, sum);
  }
  return [...sums].flatMap(([pubkey, faults]) => (Object.keys(faults).length > 0 ? [{ pubkey, faults }] : []));
}

/** What each producer has been seen to do wrong, in words. */
export function Faults({ group }: { readonly group: GroupView }) {
  const { consensus: words } = useMessages();
  const { producers } = group.consensus;
  const faulty = faultsOf(group);
  if (producers.length === 1 && faulty.length === 0) return null;
  const text = faulty.length > 0 ? words.faultsText : group.producing === 'idle' ? words.faultsUser : words.faultsNone;
  return (
    <section aria-label={words.faults}>
      <SectionHead title={words.faults} text={text} />
      {faulty.length > 0 && (
        <ul>
          {faulty.map(({ pubkey, faults }) => (
            <li key={pubkey} className={styles.row}>
              <PersonMark pubkey={pubkey} size={30} />
              <div>
                <Key pubkey={pubkey} />
                <ul className={styles.kinds}>
                  {Object.entries(faults).map(([kind, count]) => (
                    <li key={kind}>
                      {words.faultKinds[kind] ?? kind}, {words.times({ count })}
                    </li>
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

import type { ConsensusView, GroupView, ProducerView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { SideSection } from '../../components/side-section.tsx';
import { displayName, shortKey } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './producers.module.css';

/** Of a group with several producers: who of them is here, and whether they are enough. */
export function Producers({ group }: { readonly group: GroupView }) {
  const { producers: words } = useMessages();
  const { consensus } = group;
  if (consensus.producers.length < 2) return null;
  const connected = connectedOf(consensus);
  return (
    <SideSection title={words.title} note={words.summary({ count: consensus.producers.length, connected })}>
      <ul className={styles.marks}>
        {consensus.producers.map((producer) => (
          <Producer key={producer.pubkey} producer={producer} />
        ))}
      </ul>
      <Progress consensus={consensus} connected={connected} />
    </SideSection>
  );
}

function Producer({ producer }: { readonly producer: ProducerView }) {
  const { producers: words } = useMessages();
  const faults = Object.values(producer.faults).reduce((sum, count) => sum + count, 0);
  const state = [words[producer.link], ...(faults > 0 ? [words.faults({ count: faults })] : [])].join(', ');
  const name = shortKey(displayName(producer.pubkey));
  return (
    <li className={styles.mark} data-link={producer.link} data-faulty={faults > 0} title={`${name}: ${state}`}>
      <PersonMark pubkey={producer.pubkey} size={30} />
      <span className="visually-hidden">
        {name}: {state}
      </span>
    </li>
  );
}

/** What the producers are at, or why they are at nothing. */
function Progress({ consensus, connected }: { readonly consensus: ConsensusView; readonly connected: number }) {
  const { producers: words } = useMessages();
  const { sealsNeeded: needed, sealing } = consensus;
  if (connected < needed) return <p className={styles.few}>{words.tooFew({ needed, connected })}</p>;
  if (sealing) {
    return <p className={styles.progress}>{words.sealing({ block: sealing.blockId, have: sealing.seals.length, needed })}</p>;
  }
  return <p className={styles.progress}>{words.enough({ needed, count: consensus.producers.length })}</p>;
}

function connectedOf({ producers }: ConsensusView): number {
  return producers.filter(({ link }) => link !== 'away').length;
}

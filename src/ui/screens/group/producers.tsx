import type { GroupView, ProducerView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { MissingProducers } from '../../components/missing-producers.tsx';
import { SideSection } from '../../components/side-section.tsx';
import { groupState } from '../../logic/group-state.ts';
import { paths } from '../../logic/route.ts';
import { displayName, shortKey } from '../../logic/text.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './producers.module.css';

/** Of a group with several producers: who of them is here, and whether they are enough. */
export function Producers({ group }: { readonly group: GroupView }) {
  const { availability: words } = useMessages();
  const { consensus, availability } = group;
  if (consensus.producers.length < 2) return null;
  return (
    <SideSection title={words.title} note={words.line(availability)}>
      <ul className={styles.marks}>
        {consensus.producers.map((producer) => (
          <Producer key={producer.pubkey} producer={producer} />
        ))}
      </ul>
      {/* While the group is paused the banner names them. */}
      {groupState(group) !== 'paused' && <MissingProducers group={group} />}
      <a className={styles.more} href={paths.consensus(group.groupId)}>
        {words.more}
      </a>
    </SideSection>
  );
}

function Producer({ producer }: { readonly producer: ProducerView }) {
  const { availability: words } = useMessages();
  const faults = Object.values(producer.faults).reduce((sum, count) => sum + count, 0);
  const link = producer.hasLostLog ? words.lostLog : words[producer.link];
  const state = [link, ...(faults > 0 ? [words.faults({ count: faults })] : [])].join(', ');
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

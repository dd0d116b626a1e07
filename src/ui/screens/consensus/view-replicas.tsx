import type { GroupView, ProducerView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import type { EpochPicture } from '../../hooks/use-live-consensus.ts';
import { type Replica, replicaOf, type ViewOf } from '../../logic/view-picture.ts';
import { useMessages } from '../../messages/index.ts';
// A row is the same whichever engine runs.
import styles from './epoch-proposers.module.css';
import { SectionHead } from './section-head.tsx';

/** Under an engine with a primary: who leads, what the block that it proposed waits for, and which replica has prepared and committed it. */
export function ViewReplicas({ group, picture }: { readonly group: GroupView; readonly picture: EpochPicture }) {
  const { consensus: words } = useMessages();
  const { view: ofView } = words;
  const { producers, view } = picture;
  const needed = group.consensus.sealsNeeded;
  const text = view
    ? view.isChanging
      ? ofView.changing({ view: view.view, wanting: view.viewChanges.length, needed })
      : ofView.phases[view.phase]({ block: view.blockId })
    : words.userText;
  return (
    <section aria-label={ofView.title}>
      <SectionHead title={ofView.title} note={view && ofView.number({ view: view.view })} text={text} />
      <ul className={styles.list}>
        {producers.map((producer, index) => (
          <ReplicaRow key={producer.pubkey} producer={producer} view={view} replica={view && replicaOf(view, index)} />
        ))}
      </ul>
    </section>
  );
}

interface ReplicaRowProps {
  readonly producer: ProducerView;
  readonly view: ViewOf | undefined;
  readonly replica: Replica | undefined;
}

function ReplicaRow({ producer, view, replica }: ReplicaRowProps) {
  const { consensus: words } = useMessages();
  const { link, pubkey } = producer;
  const outcome = ({ self: 'self', connected: 'online', away: 'away' } as const)[link];
  const isProposed = view !== undefined && view.phase !== 'waiting';
  const stages = replica
    ? ([
        ['proposed', isProposed && replica.isPrimary],
        ['prepared', replica.hasPrepared],
        ['committed', replica.hasCommitted],
      ] as const)
    : [];
  return (
    <li className={styles.row} data-link={link}>
      <span className={styles.who}>
        <PersonMark pubkey={pubkey} size={30} />
        <span>
          <Key pubkey={pubkey} />
          {replica?.isPrimary && <span className={styles.done}>{words.view.primary}</span>}
          {replica?.wantsView && <span className={styles.done}>{words.view.wants}</span>}
        </span>
      </span>
      {/* Only a primary proposes; for the others the first stage stays empty. */}
      <span className={styles.track}>
        {stages.map(([stage, isDone]) => (
          <span key={stage} className={styles.stage}>
            <span className={styles.bar} aria-hidden="true">
              <span className={styles.fill} style={{ transform: `scaleX(${isDone ? 1 : 0})` }} />
            </span>
            <span className={styles.stageName}>{words.view.stages[stage]}</span>
            <span className={styles.stageText}>{isDone ? words.agreement.yes : ''}</span>
          </span>
        ))}
      </span>
      <span className={styles.outcome} data-outcome={outcome}>
        {words.outcome[outcome]}
      </span>
    </li>
  );
}

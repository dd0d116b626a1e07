import type { GroupView, ProducerView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import type { EpochPicture } from '../../hooks/use-live-consensus.ts';
import { type Outcome, outcomeOf, type Place, progressOf, ringPlaces, stagesOf } from '../../logic/epoch-picture.ts';
import type { GroupState } from '../../logic/group-state.ts';
import { type Replica, replicaOf, replicaProgress } from '../../logic/view-picture.ts';
import { useMessages } from '../../messages/index.ts';
import styles from './sett-ring.module.css';

interface SettRingProps {
  readonly group: GroupView;
  readonly picture: EpochPicture;
  readonly state: GroupState;
}

const SIZE = 360;
const CENTRE = SIZE / 2;
const RADIUS = 138;
/** Marks are this large with few producers, and share the ring with many. */
const MARK_MAX = 48;
const MARK_SHARE = 0.62;

/** The producers around the ledger that they dig: a tunnel for whoever is there, lit when its proposal goes into the block. */
export function SettRing({ group, picture, state }: SettRingProps) {
  const { consensus: words, locale } = useMessages();
  const { producers, view } = picture;
  const replicas = view && producers.map((_, index) => replicaOf(view, index));
  const { availability, epoch, head } = group;
  const places = ringPlaces(producers.length, CENTRE, RADIUS);
  const size = Math.min(MARK_MAX, (2 * Math.PI * RADIUS * MARK_SHARE) / producers.length);
  const numbers = new Intl.NumberFormat(locale);
  return (
    <svg
      className={styles.ring}
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      role="img"
      aria-label={words.picture({ producers: availability.producers, online: availability.online, epoch })}
      data-state={state}
    >
      <circle cx={CENTRE} cy={CENTRE} r={RADIUS} className={styles.orbit} />
      {producers.map((producer, index) => (
        <Tunnel
          key={producer.pubkey}
          producer={producer}
          place={places[index]}
          outcome={replicas?.[index]?.hasCommitted ? 'in' : outcomeOf(producer.proposal, picture.isOver)}
        />
      ))}
      <ellipse cx={CENTRE} cy={CENTRE} rx="82" ry="66" className={styles.chamber} />
      <ellipse cx={CENTRE} cy={CENTRE} rx="77" ry="61" className={styles.wall} />
      <text x={CENTRE} y={CENTRE - 22} className={styles.label}>
        {words.epoch}
      </text>
      <text x={CENTRE} y={CENTRE + 12} className={styles.number}>
        {numbers.format(Math.max(epoch, picture.epoch))}
      </text>
      <text x={CENTRE} y={CENTRE + 38} className={styles.label}>
        {words.block} {numbers.format(head.blockId)}
      </text>
      {producers.map((producer, index) => (
        <Mark
          key={producer.pubkey}
          producer={producer}
          place={places[index]}
          size={size}
          count={producers.length}
          replica={replicas?.[index]}
        />
      ))}
    </svg>
  );
}

function Tunnel({ producer, place, outcome }: { producer: ProducerView; place: Place | undefined; outcome: Outcome }) {
  if (!place) return null;
  return (
    <line
      x1={place.x}
      y1={place.y}
      x2={CENTRE}
      y2={CENTRE}
      className={styles.tunnel}
      data-away={producer.link === 'away'}
      data-outcome={outcome}
    />
  );
}

interface MarkProps {
  readonly producer: ProducerView;
  readonly place: Place | undefined;
  readonly size: number;
  readonly count: number;
  readonly replica: Replica | undefined;
}

function Mark({ producer, place, size, count, replica }: MarkProps) {
  if (!place) return null;
  const { proposal, link } = producer;
  const radius = size / 2 + 5;
  const progress = replica ? replicaProgress(replica) : proposal ? progressOf(stagesOf(proposal, count)) : 0;
  const isFaulty = Object.keys(producer.faults).length > 0;
  return (
    <g className={styles.mark} data-link={link} data-faulty={isFaulty} data-primary={replica?.isPrimary || undefined}>
      <circle cx={place.x} cy={place.y} r={radius} className={styles.rim} />
      {(proposal || replica) && link !== 'away' && (
        <circle
          cx={place.x}
          cy={place.y}
          r={radius}
          className={styles.progress}
          pathLength={1}
          strokeDasharray={`${progress} 1`}
          transform={`rotate(-90 ${place.x} ${place.y})`}
        />
      )}
      <g transform={`translate(${place.x - size / 2} ${place.y - size / 2})`} className={styles.face}>
        <PersonMark pubkey={producer.pubkey} size={size} />
      </g>
    </g>
  );
}

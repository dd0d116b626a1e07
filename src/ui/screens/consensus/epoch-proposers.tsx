import type { GroupView, ProducerView } from '../../../node/view.ts';
import { PersonMark } from '../../components/marks.tsx';
import { Key } from '../../components/name.tsx';
import type { EpochPicture } from '../../hooks/use-live-consensus.ts';
import { outcomeOf, type Stages, sharesNeeded, stagesOf } from '../../logic/epoch-picture.ts';
import { type Messages, useMessages } from '../../messages/index.ts';
import styles from './epoch-proposers.module.css';
import { SectionHead } from './section-head.tsx';

/** Each proposer of the running epoch: how far its proposal has been broadcast, voted on and opened, and what came of it. */
export function EpochProposers({ group, picture }: { readonly group: GroupView; readonly picture: EpochPicture }) {
  const { consensus: words } = useMessages();
  const { producers, isOver, epoch } = picture;
  const hasProposals = producers.some(({ proposal }) => proposal !== undefined);
  const text = hasProposals ? words.runningText : group.producing === 'idle' ? words.userText : words.restingText;
  return (
    <section aria-label={words.running}>
      <SectionHead title={words.running} note={hasProposals ? words.lastEpoch({ epoch }) : undefined} text={text} />
      <ul className={styles.list}>
        {producers.map((producer) => (
          <Proposer
            key={producer.pubkey}
            producer={producer}
            count={producers.length}
            isOver={isOver}
            finishedEpoch={producer.finishedEpoch}
          />
        ))}
      </ul>
    </section>
  );
}

interface ProposerProps {
  readonly producer: ProducerView;
  readonly count: number;
  readonly isOver: boolean;
  readonly finishedEpoch: number | undefined;
}

function Proposer({ producer, count, isOver, finishedEpoch }: ProposerProps) {
  const messages = useMessages();
  const { consensus: words } = messages;
  const { proposal, link } = producer;
  const outcome = proposal ? outcomeOf(proposal, isOver) : presence(link);
  return (
    <li className={styles.row} data-link={link}>
      <span className={styles.who}>
        <PersonMark pubkey={producer.pubkey} size={30} />
        <span>
          <Key pubkey={producer.pubkey} />
          {finishedEpoch !== undefined && <span className={styles.done}>{words.finishedEpoch({ epoch: finishedEpoch })}</span>}
        </span>
      </span>
      {proposal ? (
        <span className={styles.track}>
          {stageTexts(messages, proposal, count).map(({ stage, text, fill, failed }) => (
            <span key={stage} className={styles.stage} data-failed={failed || undefined}>
              <span className={styles.bar} aria-hidden="true">
                <span className={styles.fill} style={{ transform: `scaleX(${fill})` }} />
              </span>
              <span className={styles.stageName}>{words.stages[stage]}</span>
              <span className={styles.stageText}>{text}</span>
            </span>
          ))}
        </span>
      ) : (
        <span />
      )}
      <span className={styles.outcome} data-outcome={outcome}>
        {words.outcome[outcome]}
      </span>
    </li>
  );
}

const presence = (link: ProducerView['link']) => (({ self: 'self', connected: 'online', away: 'away' }) as const)[link];

interface StageText {
  readonly stage: keyof Stages;
  readonly text: string;
  readonly fill: number;
  readonly failed?: boolean;
}

function stageTexts({ consensus: words }: Messages, proposal: NonNullable<ProducerView['proposal']>, count: number): StageText[] {
  const { broadcast, agreement, decryption } = proposal;
  const fills = stagesOf(proposal, count);
  const vote =
    agreement.decided === undefined
      ? agreement.round > 0
        ? words.agreement.round({ round: agreement.round })
        : words.agreement.waiting
      : agreement.decided
        ? words.agreement.yes
        : words.agreement.no;
  const opened =
    decryption.phase === 'waiting'
      ? words.decryption.waiting({ shares: decryption.shares, needed: sharesNeeded(count) })
      : words.decryption[decryption.phase];
  return [
    {
      stage: 'broadcast',
      text: words.broadcast[broadcast.phase]?.({ ...broadcast, count }) ?? broadcast.phase,
      fill: fills.broadcast,
      failed: broadcast.phase === 'failed',
    },
    { stage: 'agreement', text: vote, fill: fills.agreement },
    { stage: 'decryption', text: opened, fill: fills.decryption, failed: decryption.phase === 'failed' },
  ];
}

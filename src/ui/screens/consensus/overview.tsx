import type { GroupView } from '../../../node/view.ts';
import { faultyLimit } from '../../../records/quorum.ts';
import { ButtonLink } from '../../components/button.tsx';
import { type Fact, Facts } from '../../components/facts.tsx';
import { MissingProducers } from '../../components/missing-producers.tsx';
import type { EpochPicture } from '../../hooks/use-live-consensus.ts';
import { type GroupState, groupState } from '../../logic/group-state.ts';
import { isRecoveryUnderWay, renewalOf } from '../../logic/renewal.ts';
import { paths } from '../../logic/route.ts';
import { type Messages, useMessages } from '../../messages/index.ts';
import { endOf } from './change-progress.tsx';
import styles from './overview.module.css';
import { SettRing } from './sett-ring.tsx';

interface OverviewProps {
  readonly group: GroupView;
  readonly picture: EpochPicture;
}

/** The group at a glance: the producers around their ledger, a word for what they are at, and what they can bear. */
export function Overview({ group, picture }: OverviewProps) {
  const messages = useMessages();
  const { consensus: words, availability: there } = messages;
  const { availability } = group;
  const state = groupState(group);
  const isOpen = group.change !== undefined && endOf(group.change) === undefined;
  return (
    <section className={styles.overview} aria-labelledby="consensus-state">
      <SettRing group={group} picture={picture} state={state} />
      <div className={styles.words}>
        <h2 className={styles.state} id="consensus-state" data-state={state}>
          {words.state[state]}
        </h2>
        <p className={styles.line}>{there.line(availability)}</p>
        <p className={styles.text}>{stateText(messages, group, state)}</p>
        <p className={styles.text}>
          {words.tolerance({ producers: availability.producers, faulty: faultyLimit(availability.producers) })}
        </p>
        {state !== 'looking' && <MissingProducers group={group} />}
        <div className={styles.facts}>
          <Facts facts={factsOf(messages, group)} />
        </div>
        {group.role === 'owner' && !isOpen && (
          <p className={styles.actions}>
            <ButtonLink href={paths.change(group.groupId)} label={messages.change.open} />
          </p>
        )}
        {group.role === 'owner' &&
          state === 'paused' &&
          !isRecoveryUnderWay(group.change) &&
          renewalOf(group)?.by !== 'recovery' && (
            <p className={styles.actions}>
              <ButtonLink href={paths.recover(group.groupId)} label={messages.recovery.open} kind="quiet" />
            </p>
          )}
      </div>
    </section>
  );
}

function stateText({ consensus, availability }: Messages, group: GroupView, state: GroupState): string {
  const isOne = group.availability.producers === 1;
  if (state !== 'paused') return consensus.stateText[isOne && state === 'working' ? 'alone' : state];
  return isOne ? availability.pausedOne : availability.pausedText;
}

function factsOf({ consensus: words }: Messages, { consensus }: GroupView): Fact[] {
  return [
    { term: words.facts.interval, value: words.interval({ ms: consensus.intervalMs }) },
    { term: words.facts.engine, value: words.engines[consensus.engine] ?? consensus.engine },
    // A producer alone has nobody to hide its proposals from, and a leader under PBFT orders what it sees.
    ...(consensus.producers.length > 1 && consensus.engine === 'hbbft'
      ? [{ term: words.facts.encryption, value: words.encryption({ schedule: consensus.encryption }) }]
      : []),
    { term: words.facts.nonce, value: words.nonce({ nonce: consensus.nonce }) },
    ...(consensus.waitingBlocks > 0 ? [{ term: words.facts.waiting, value: consensus.waitingBlocks }] : []),
  ];
}

import type { GroupView } from '../../../node/view.ts';
import { GivenUpNotice } from '../../components/given-up-notice.tsx';
import { RenewalNotice } from '../../components/renewal-notice.tsx';
import { type EpochPicture, useLiveConsensus } from '../../hooks/use-live-consensus.ts';
import { ChangeProgress } from './change-progress.tsx';
import styles from './consensus-page.module.css';
import { EpochProposers } from './epoch-proposers.tsx';
import { Faults } from './faults.tsx';
import { Overview } from './overview.tsx';
import { ProofHistory } from './proof-history.tsx';
import { Timeline } from './timeline.tsx';
import { ViewReplicas } from './view-replicas.tsx';

/** What the group is doing, and whether it is healthy. */
export function ConsensusPage({ group }: { readonly group: GroupView }) {
  const picture = useLiveConsensus(group);
  return (
    <div className={styles.page}>
      <GivenUpNotice group={group} />
      <RenewalNotice group={group} />
      {group.change && <ChangeProgress group={group} change={group.change} />}
      <Overview group={group} picture={picture} />
      {group.consensus.producers.length > 1 && <Running group={group} picture={picture} />}
      <Timeline group={group} />
      <Faults group={group} />
      <ProofHistory group={group} />
    </div>
  );
}

/** What is being decided, as the engine at work does it. */
function Running({ group, picture }: { readonly group: GroupView; readonly picture: EpochPicture }) {
  const Part = group.consensus.engine === 'pbft' ? ViewReplicas : EpochProposers;
  return <Part group={group} picture={picture} />;
}

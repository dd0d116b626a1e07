import { quorum } from '../records/index.ts';
import type { Group } from './group.ts';
import type { ConsensusView, ProducerLink, ProducerView } from './view.ts';

/** What this node knows of its group's consensus right now. */
export function consensusViewOf(group: Group): ConsensusView {
  const { producers } = group.chain.configuration;
  const { producer } = group;
  const status = producer?.status;
  const heard = new Set(group.members.all().map(({ pubkey }) => pubkey));
  const linkOf = (pubkey: string, index: number): ProducerLink => {
    if (pubkey === group.row.UserPubkey) return 'self';
    return (producer ? producer.connected.includes(index) : heard.has(pubkey)) ? 'connected' : 'away';
  };
  const viewOf = (pubkey: string, index: number): ProducerView => {
    const finishedEpoch = status?.finished?.[index];
    const proposal = status?.proposers?.[index];
    return {
      pubkey,
      link: linkOf(pubkey, index),
      ...(finishedEpoch !== undefined && { finishedEpoch }),
      ...(proposal && { proposal }),
      faults: producer?.faultsOf(index) ?? {},
    };
  };
  return {
    epoch: group.epoch,
    producers: producers.map(viewOf),
    sealsNeeded: quorum(producers.length),
    waitingBlocks: group.chain.waiting.length,
    ...(producer?.sealing && { sealing: producer.sealing }),
  };
}

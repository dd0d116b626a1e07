import { quorum } from '../records/index.ts';
import type { Group } from './group.ts';
import type { Clock } from './ports.ts';
import type { AvailabilityView, ConsensusView, ProducerLink, ProducerView } from './view.ts';

/** What this node knows of its group's consensus right now. */
export function consensusViewOf(group: Group): ConsensusView {
  const { producers, nonce, engine, intervalMs, encryption } = group.chain.inForce;
  const { producer } = group;
  const status = producer?.status;
  const linkOf = (pubkey: string, index: number): ProducerLink => {
    if (pubkey === group.row.UserPubkey) return 'self';
    return (producer ? producer.connected.includes(index) : group.members.ofKey(pubkey).length > 0) ? 'connected' : 'away';
  };
  const viewOf = (pubkey: string, index: number): ProducerView => {
    const finishedEpoch = status?.finished?.[index];
    const proposal = status?.proposers?.[index];
    const link = linkOf(pubkey, index);
    return {
      pubkey,
      link,
      hasLostLog: link === 'self' ? group.silentBelow() > 0 : group.members.isSilent(pubkey, nonce),
      ...(finishedEpoch !== undefined && { finishedEpoch }),
      ...(proposal && { proposal }),
      faults: producer?.faultsOf(index) ?? {},
    };
  };
  return {
    nonce,
    engine,
    intervalMs,
    encryption,
    epoch: group.epoch,
    producers: producers.map(viewOf),
    ...(status?.view && { view: status.view }),
    sealsNeeded: quorum(producers.length),
    waitingBlocks: group.chain.waiting.length,
    ...(producer?.sealing && { sealing: producer.sealing }),
  };
}

/** Who of the producers is there, and whether they are enough. */
export function availabilityOf(group: Group, { producers, sealsNeeded }: ConsensusView, clock: Clock): AvailabilityView {
  const isOnline = ({ link, hasLostLog }: ProducerView): boolean =>
    link === 'self' ? group.producer !== undefined : link === 'connected' && !hasLostLog;
  const wallMs = Number(clock.nowNs() / 1_000_000n);
  const missing = producers
    .filter((producer) => !isOnline(producer))
    .map(({ pubkey, hasLostLog }) => {
      const heardAtMs = group.members.lastHeardMs(pubkey);
      return { pubkey, hasLostLog, ...(heardAtMs !== undefined && { sinceMs: wallMs - (clock.monotonicMs() - heardAtMs) }) };
    });
  const online = producers.length - missing.length;
  return { producers: producers.length, online, needed: sealsNeeded, isPaused: online < sealsNeeded, missing };
}

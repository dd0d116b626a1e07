import { toHex } from '../records/index.ts';
import { availabilityOf, consensusViewOf } from './consensus-view.ts';
import type { Group } from './group.ts';
import type { Clock, NetworkState } from './ports.ts';
import type { GroupView, MemberView, ProducingState, Role, SyncPhase } from './view.ts';

/** What a group shows of itself. */
export function viewOf(group: Group, network: NetworkState, clock: Clock): GroupView {
  const { seed, chain, row, problem, givenUp, provenFaults } = group;
  const { head, inForce } = chain;
  const change = group.change.view();
  const consensus = consensusViewOf(group);
  return {
    groupId: seed.groupId,
    groupName: seed.groupName,
    appKey: seed.appKey,
    encryption: seed.encryption,
    ownerPubkey: seed.ownerPubkey,
    userPubkey: row.UserPubkey,
    role: roleOf(group),
    head: {
      blockId: head.blockId,
      hash: toHex(head.hash),
      stateRoot: toHex(head.stateRoot),
      timeMs: Number(head.timeNs / 1_000_000n),
    },
    epoch: group.epoch,
    producers: inForce.producers,
    producing: producingOf(group),
    consensus,
    availability: availabilityOf(group, consensus, clock),
    sync: {
      phase: phaseOf(group),
      haveBlock: head.blockId,
      targetBlock: group.targetBlock,
      blocksPerSecond: group.syncer.blocksPerSecond(),
      sources: group.syncer.sources,
    },
    members: membersOf(group, network),
    ownPosts: group.outbox.posts(),
    posts: head.posts,
    ...(givenUp && { givenUp }),
    ...(provenFaults.count > 0 && { provenFaults: provenFaults.count }),
    ...(change && { change }),
    ...(problem && { problem }),
  };
}

function roleOf(group: Group): Role {
  if (group.row.UserPubkey === group.seed.ownerPubkey) return 'owner';
  return group.isProducer ? 'producer' : 'user';
}

function producingOf({ isProducer, producer }: Group): ProducingState {
  if (!isProducer) return 'idle';
  if (!producer) return 'stopped';
  return producer.status.resting ? 'resting' : 'working';
}

export function phaseOf(group: Group): SyncPhase {
  if (group.problem && group.problem.code !== 'bad-block') return 'stopped';
  if (group.targetBlock > group.chain.head.blockId) return 'syncing';
  // A group's only producer has nobody to be behind.
  const alone = group.isProducer && group.chain.inForce.producers.length === 1;
  return alone || group.members.all().length > 0 ? 'current' : 'looking';
}

function membersOf(group: Group, network: NetworkState): MemberView[] {
  const paths = new Map(network.peers.map(({ peerId, path }) => [peerId, path]));
  return group.members
    .all()
    .map(({ peerId, pubkey, headBlock }) => ({ peerId, pubkey, headBlock, path: paths.get(peerId) ?? 'none' }));
}

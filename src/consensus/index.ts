export {
  type BlockReference,
  type Configuration,
  type Confirmation,
  type Decision,
  type Defect,
  type Engine,
  type EngineInput,
  type EngineStatus,
  EPOCHS_UNDECIDED,
  type LogEntry,
  NO_STEP,
  type Proposal,
  type ProposerProgress,
  type Step,
  type TentativeBatch,
  TIME_AHEAD_LIMIT_NS,
  type TimerName,
  type ViewProgress,
} from './engine.ts';
export { type Fault, type FaultKind, type FaultOf, PROVABLE } from './fault.ts';
export { RESPONSE_PREFIX } from './handover/log.ts';
export { Owner, type OwnerInput, type OwnerStatus, type OwnerStep } from './handover/owner.ts';
export {
  Participant,
  type ParticipantInput,
  type ParticipantOptions,
  type ParticipantStatus,
} from './handover/participant.ts';
export { HandoverReport } from './handover/proofs.ts';
export {
  type RequestProblem,
  readTick,
  requestName,
  requestProblem,
  signTick,
} from './handover/request.ts';
export type {
  HandoverStep,
  OpenedRequest,
  PlainShare,
  SharesToDecrypt,
  SharesToEncrypt,
} from './handover/step.ts';
export { ShardTree } from './hbbft/broadcast/shard-tree.ts';
export { EPOCHS_AHEAD, HoneyBadger } from './hbbft/honey-badger/honey-badger.ts';
export type { Member } from './hbbft/honey-badger/member.ts';
export { coinName } from './hbbft/honey-badger/names.ts';
export { decodeProposal, encodeProposal } from './hbbft/honey-badger/proposal.ts';
export { type CoinMessage, decodeMessage, encodeMessage, type Message } from './hbbft/messages.ts';
export { type Roster, roster } from './hbbft/roster.ts';
export { isGoodEvidence } from './pbft/evidence.ts';
export * as pbftMessages from './pbft/messages.ts';
export { Pbft } from './pbft/pbft.ts';
export { type PbftMember, primaryOf, Signatures as PbftSignatures } from './pbft/signatures.ts';

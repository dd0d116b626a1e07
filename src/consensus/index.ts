export {
  type BlockReference,
  type Configuration,
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
  type TimerName,
} from './engine.ts';
export type { Fault, FaultKind } from './fault.ts';
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
export { decodeProposal, encodeProposal, proposalLimitBytes } from './hbbft/honey-badger/proposal.ts';
export { type CoinMessage, decodeMessage, encodeMessage, type Message } from './hbbft/messages.ts';

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
export { EPOCHS_AHEAD, HoneyBadger } from './hbbft/honey-badger/honey-badger.ts';
export type { Member } from './hbbft/honey-badger/member.ts';
export { proposalLimitBytes } from './hbbft/honey-badger/proposal.ts';

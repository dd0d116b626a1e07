export {
  type Configuration,
  type Decision,
  type Engine,
  type EngineInput,
  type EngineStatus,
  type Fault,
  type LogEntry,
  NO_STEP,
  type Proposal,
  type Step,
  type TimerName,
} from './engine.ts';
export { HoneyBadger, proposalLimitBytes } from './hbbft/honey-badger.ts';

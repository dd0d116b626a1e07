import { LIMITS } from '../../records/index.ts';
import {
  type Configuration,
  type Decision,
  type Engine,
  type EngineInput,
  type EngineStatus,
  type LogEntry,
  NO_STEP,
  type Proposal,
  type Step,
} from '../engine.ts';
import { epochKey, logProposal, readLoggedProposal } from './log.ts';
import { isResting, mayStart, type Pace, pace, tickMs } from './pace.ts';

/** `between`: waits for the tick; `proposing`: has asked for its proposal; `executing`: decided, until the node has stored it. */
type Phase = 'stopped' | 'between' | 'proposing' | 'executing';

/** Bytes that one producer may propose: consensus.md, "What to propose". */
export const proposalLimitBytes = (producers: number): number =>
  Math.floor((LIMITS.blockBytes - LIMITS.blockReserveBytes) / producers);

/**
 * HoneyBadgerBFT (Miller et al., CCS 2016) epochs. This is the part around the common subset: when an epoch starts, what is
 * logged before it counts, how a restart goes on. With one producer (N = 1, f = 0) its own proposal is the common subset.
 */
export class HoneyBadger implements Engine {
  readonly name = 'hbbft';
  readonly #configuration: Configuration;
  #epoch = 0;
  #phase: Phase = 'stopped';
  #pace: Pace = pace(0);

  constructor(configuration: Configuration) {
    if (configuration.producers.length !== 1) throw new RangeError('this engine runs groups of one producer');
    this.#configuration = configuration;
  }

  status(): EngineStatus {
    return { epoch: this.#epoch, resting: this.#phase === 'between' && isResting(this.#pace) };
  }

  handle(input: EngineInput): Step {
    switch (input.type) {
      case 'start':
        return this.#start(input.log, input.nextEpoch);
      case 'timer':
        this.#pace = input.name === 'interval' ? { ...this.#pace, intervalOver: true } : { ...this.#pace, restOver: true };
        return this.#startEpochIfDue();
      case 'waiting':
        this.#pace = { ...this.#pace, waiting: true, full: this.#pace.full || input.full };
        return this.#startEpochIfDue();
      case 'proposal':
        return this.#propose(input.epoch, input.proposal);
      case 'executed':
        return this.#finish(input.epoch, input.empty);
      case 'message':
        // Nobody else produces, so whoever sends this does not follow the protocol.
        return { ...NO_STEP, faults: [{ producer: input.sender, kind: 'unexpected-message' }] };
    }
  }

  #start(log: readonly LogEntry[], nextEpoch: number): Step {
    this.#epoch = nextEpoch;
    this.#pace = pace(0);
    const newest = log.at(-1);
    if (newest) {
      // The proposal was durable before the crash: the same epoch may have been decided with it, so it is decided with it again.
      const { epoch, proposal } = readLoggedProposal(newest);
      if (epoch >= nextEpoch) return this.#decide(epoch, proposal);
    }
    this.#phase = 'between';
    return { ...NO_STEP, timers: this.#ticks() };
  }

  #ticks(): Step['timers'] {
    const { intervalMs } = this.#configuration;
    const interval = { name: 'interval', delayMs: intervalMs } as const;
    if (!isResting(this.#pace)) return [interval];
    return [interval, { name: 'rest', delayMs: tickMs(this.#pace.emptyInRow, intervalMs) }];
  }

  #startEpochIfDue(): Step {
    if (this.#phase !== 'between' || !mayStart(this.#pace)) return NO_STEP;
    this.#phase = 'proposing';
    return { ...NO_STEP, propose: { epoch: this.#epoch, limitBytes: proposalLimitBytes(this.#configuration.producers.length) } };
  }

  #propose(epoch: number, proposal: Proposal): Step {
    if (this.#phase !== 'proposing' || epoch !== this.#epoch) return NO_STEP;
    return { ...this.#decide(epoch, proposal), persist: [logProposal(epoch, proposal)] };
  }

  /** N = 1: one broadcast, which its sender has; one agreement, which it decides alone. */
  #decide(epoch: number, proposal: Proposal): Step {
    this.#epoch = epoch;
    this.#phase = 'executing';
    const output: Decision = { epoch, proposals: [proposal] };
    return { ...NO_STEP, output };
  }

  #finish(epoch: number, empty: boolean): Step {
    if (this.#phase !== 'executing' || epoch !== this.#epoch) return NO_STEP;
    this.#epoch = epoch + 1;
    this.#phase = 'between';
    this.#pace = pace(empty ? this.#pace.emptyInRow + 1 : 0);
    // The log entry of an EMPTY epoch stays until the next one is written: it is what keeps the epoch number over a restart.
    return { ...NO_STEP, forget: epochKey(epoch), timers: this.#ticks() };
  }
}

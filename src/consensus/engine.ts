import type { Trx } from '../records/index.ts';

/**
 * The interface that every consensus engine has: a state machine without IO. It takes one input and returns one step; it never
 * reads a clock, the network, storage or a random source, so the same inputs give the same steps. That is what makes replay after
 * a crash, simulation and bug reports exact. (design: consensus.md, "State machines without IO")
 */
export interface Engine {
  /** Name in the consensus contract: `hbbft` or `pbft`. */
  readonly name: string;
  handle(input: EngineInput): Step;
  status(): EngineStatus;
}

/** Who produces, how fast, by which rules: what the newest CONSENSUS trx set. */
export interface Configuration {
  readonly groupId: string;
  /** Nonce of the CONSENSUS trx; 0 for the first one and for the time before block 1. */
  readonly nonce: number;
  /** Public keys in ascending order of their bytes; at least one. */
  readonly producers: readonly string[];
  readonly ownerPubkey: string;
  readonly intervalMs: number;
  readonly startEpoch: number;
  readonly engine: string;
  /** Execution rules that make a StateRoot (`Contract.Version`). */
  readonly rulesVersion: string;
}

/** What one producer puts forward in an epoch. No trx: EMPTY, which carries a time too. */
export interface Proposal {
  readonly trxs: readonly Trx[];
  readonly timeNs: bigint;
}

/** The outcome of an epoch: alike at every honest producer. */
export interface Decision {
  readonly epoch: number;
  /** By producer index; `undefined`: not in the common subset, or decided but unreadable (counts as EMPTY without a time). */
  readonly proposals: readonly (Proposal | undefined)[];
}

export type EngineInput =
  /** The engine begins, or goes on after a restart with what its log holds (in the order it was written). */
  | { readonly type: 'start'; readonly log: readonly LogEntry[]; readonly nextEpoch: number }
  /** A timer that a step asked for has run out. */
  | { readonly type: 'timer'; readonly name: TimerName }
  /** There are trxs to propose. `full`: enough for a whole proposal, so that nothing is gained by waiting. */
  | { readonly type: 'waiting'; readonly full: boolean }
  /** The answer to `Step.propose`. */
  | { readonly type: 'proposal'; readonly epoch: number; readonly proposal: Proposal }
  /** A message of another producer, by its index, from an authenticated stream. */
  | { readonly type: 'message'; readonly sender: number; readonly data: Uint8Array }
  /** The decision of this epoch was executed and stored; `empty`: it left no trx and made no block. */
  | { readonly type: 'executed'; readonly epoch: number; readonly empty: boolean };

export type TimerName = 'interval' | 'rest';

/** One entry of the write-ahead log. Its `key` orders entries and overwrites an earlier entry of the same key. */
export interface LogEntry {
  readonly key: string;
  readonly data: Uint8Array;
}

/** A producer's misbehaviour: data, never an exception. */
export interface Fault {
  /** Index of the producer. */
  readonly producer: number;
  readonly kind: 'malformed-message' | 'unexpected-message';
}

export interface Step {
  /** Durable before anything below leaves this machine. */
  readonly persist: readonly LogEntry[];
  /** Log keys below this one are no longer needed. */
  readonly forget?: string;
  readonly send: readonly { readonly to: number | 'all'; readonly data: Uint8Array }[];
  /** The engine wants this producer's proposal for an epoch, encoded in at most `limitBytes`. */
  readonly propose?: { readonly epoch: number; readonly limitBytes: number };
  /** To be executed on an overlay now, confirmed or rolled back later (PBFT). */
  readonly execute?: Decision;
  readonly confirm?: { readonly epoch: number };
  readonly rollback?: { readonly epoch: number };
  /** Decided: to be executed and made a block. */
  readonly output?: Decision;
  /** Timers to start; one of the same name is replaced. */
  readonly timers: readonly { readonly name: TimerName; readonly delayMs: number }[];
  readonly faults: readonly Fault[];
}

export interface EngineStatus {
  readonly epoch: number;
  readonly resting: boolean;
}

/** A step that does nothing; engines spread it and add. */
export const NO_STEP: Step = { persist: [], send: [], timers: [], faults: [] };

import type { Block, Seal, SealBody, Trx } from '../records/index.ts';
import type { Fault } from './fault.ts';

/**
 * The interface that every consensus engine has: a state machine without IO. It takes one input and returns one step; it never
 * reads a clock, the network, storage or a random source, so the same inputs give the same steps. That is what makes replay after
 * a crash, simulation and bug reports exact. (design: consensus.md, "State machines without IO")
 */
export interface Engine {
  /** Name in the consensus contract: `hbbft` or `pbft`. */
  readonly name: string;
  /** The most that it wants in one proposal. */
  readonly proposalLimitBytes: number;
  /** It executes before it agrees, and is told which trx has waited longest and which block is final (`oldest`, `final`). */
  readonly executesFirst: boolean;
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
  /** Hash of a recovery's bundle: what is said under it carries it beside the nonce. Undefined for what the producers before have ordered. */
  readonly bundleHash?: Uint8Array;
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

/** Where a chain stands once an epoch is over. An EMPTY epoch leaves it at an earlier epoch's block. */
export interface BlockReference {
  readonly epoch: number;
  readonly blockId: number;
  readonly blockHash: Uint8Array;
}

export type EngineInput =
  /**
   * The engine begins, or goes on after a restart with what its log holds (ascending by key). `nextEpoch`: the first epoch that the stored
   * chain does not cover. `blocks`: the newest stored blocks, ascending, back to the first with an epoch at least
   * {@link EPOCHS_UNDECIDED} below `nextEpoch`, or to the beginning; only a producer among several needs them. `isOver`: the newest stored
   * block is the last one of this configuration, here and in the other inputs that have it. Then nothing more is proposed or decided; what others
   * may need to get there is said again to whoever lacks it.
   */
  | {
      readonly type: 'start';
      readonly log: readonly LogEntry[];
      readonly nextEpoch: number;
      readonly blocks?: readonly BlockReference[];
      readonly isOver?: boolean;
      /** The block after which this configuration began (PBFT): the same at all its producers. */
      readonly base?: BlockReference;
    }
  /** A timer that a step asked for has run out. */
  | { readonly type: 'timer'; readonly name: TimerName }
  /** There are trxs to propose. `full`: enough for a whole proposal, so that nothing is gained by waiting. */
  | { readonly type: 'waiting'; readonly full: boolean }
  /** The answer to `Step.propose`. `random`: as many unpredictable bytes as it asked for. */
  | { readonly type: 'proposal'; readonly epoch: number; readonly proposal: Proposal; readonly random?: Uint8Array }
  /** The answer to `Step.wake`: an encoded trx that waits here. */
  | { readonly type: 'wake'; readonly trx: Uint8Array }
  /** An authenticated stream to another producer is open. What was sent on an earlier one may be lost. */
  | { readonly type: 'connected'; readonly peer: number }
  | { readonly type: 'disconnected'; readonly peer: number }
  /**
   * A message of another producer, by its index, from an authenticated stream. The engine keeps views of `data` (also in log entries),
   * which therefore must not change later.
   */
  | { readonly type: 'message'; readonly sender: number; readonly data: Uint8Array }
  /**
   * The decision of this epoch was executed and stored; `empty`: it left no trx and made no block. `head`: the newest block after it; only
   * a producer alone may leave it out.
   */
  | {
      readonly type: 'executed';
      readonly epoch: number;
      readonly empty: boolean;
      readonly head?: { readonly blockId: number; readonly blockHash: Uint8Array };
      readonly isOver?: boolean;
    }
  /** The answer to `Step.execute`. `stale`: the chain's tip is not the parent that was named. */
  | {
      readonly type: 'tentative';
      readonly ticket: number;
      /** The block that the batch gives, hashed, without seals; undefined: the rules for a block leave nothing of the batch. */
      readonly block: Block | undefined | 'stale';
      /** Whether the block's time is at most the larger of the own clock + {@link TIME_AHEAD_LIMIT_NS} and the parent's time + 1 ns. */
      readonly isTimely: boolean;
    }
  /** The valid, unexpired trx that has waited longest here, by whatever tells it from others; undefined: none waits (PBFT). */
  | { readonly type: 'oldest'; readonly trx: string | undefined }
  /** The newest block of this producer's chain that is final, and what makes it so: N−f have stored it. */
  | { readonly type: 'final'; readonly header: SealBody; readonly seals: readonly Seal[] }
  /**
   * The answer to `Step.behind`, or unasked where final blocks came another way: the chain was fetched, executed and stored up to this
   * epoch's end. `blocks` as in `start`.
   */
  | {
      readonly type: 'caught-up';
      readonly epoch: number;
      readonly blocks: readonly BlockReference[];
      readonly isOver?: boolean;
    };

export type TimerName = 'interval' | 'rest' | 'behind' | 'patience';

/** So far ahead of a backup's clock a new block's time may be (PBFT). */
export const TIME_AHEAD_LIMIT_NS = 10_000_000_000n;

/** Nobody starts an epoch so many after one that N−f producers have not finished. */
export const EPOCHS_UNDECIDED = 8;

/** One entry of the write-ahead log. Its `key` orders entries and overwrites an earlier entry of the same key. */
export interface LogEntry {
  readonly key: string;
  /** May be a view of a larger buffer. */
  readonly data: Uint8Array;
}

export interface Step {
  /** Durable before anything below leaves this machine. */
  readonly persist: readonly LogEntry[];
  /** Log keys below this one are no longer needed. To be deleted in the transaction that writes `persist`, or later. */
  readonly forget?: string;
  /** `all`: every other producer. To a producer that is not connected nothing is sent. */
  readonly send: readonly { readonly to: number | 'all'; readonly data: Uint8Array }[];
  /**
   * The engine wants this producer's proposal for an epoch, encoded in at most `limitBytes`, and so many random bytes with it. `alone`: nobody else
   * proposes in it, so whatever waits belongs there, not only this producer's share.
   */
  readonly propose?: {
    readonly epoch: number;
    readonly limitBytes: number;
    readonly randomBytes: number;
    readonly alone?: true;
  };
  /** A waiting trx ends this producer's rest: the engine wants it, to wake the others with. */
  readonly wake?: true;
  /** Trxs (encoded, unchecked) that ended another producer's rest: to be treated like any that gossip brings. */
  readonly woken?: readonly { readonly sender: number; readonly trx: Uint8Array }[];
  /**
   * f+1 producers have finished this epoch, which this one has not: fetch the chain up to this block, execute it, seal it, then say
   * `caught-up`. A later step may name a later epoch, which replaces this one. Until then the engine goes on as before; if an
   * `output` gets there first, this is void.
   */
  readonly behind?: BlockReference;
  /** The overlay of this `execute` is dropped, also where its answer is still under way (PBFT). Comes before a new `execute`. */
  readonly rollback?: { readonly ticket: number };
  /** To be executed on an overlay now, confirmed or rolled back later; nobody reads of it before that. One at a time (PBFT). */
  readonly execute?: TentativeBatch;
  /** What was executed is decided: to be sealed and stored as a block. Answered by `executed`; there is no rollback any more (PBFT). */
  readonly confirm?: Confirmation;
  /** Decided: to be executed and made a block. The next one comes after `executed`. */
  readonly output?: Decision;
  /** Timers to start; one of the same name is replaced. */
  readonly timers: readonly { readonly name: TimerName; readonly delayMs: number }[];
  readonly faults: readonly Fault[];
  /** This producer must stop and say why. The engine does nothing more. */
  readonly defect?: Defect;
}

/** A batch to execute before it is agreed on. The node makes the block of it as of any decision, with only one proposal in it. */
export interface TentativeBatch {
  /** Names the execution in its answer, `confirm` and `rollback`. */
  readonly ticket: number;
  readonly parent: { readonly blockId: number; readonly blockHash: Uint8Array };
  readonly batch: Decision;
}

export interface Confirmation {
  readonly ticket: number;
  readonly epoch: number;
  /** For `Block.Evidence`: the certificate and the commits that decided. */
  readonly evidence: Uint8Array;
}

export type Defect =
  /** f+1 producers have finished an epoch with another block than this one: its state or its code is wrong. */
  | { readonly kind: 'forked'; readonly epoch: number; readonly blockId: number; readonly blockHash: Uint8Array }
  /** Something is signed with this producer's key that its log lacks: the log was lost, or the key is in use elsewhere. */
  | { readonly kind: 'log-lost'; readonly epoch: number };

export interface EngineStatus {
  readonly epoch: number;
  readonly resting: boolean;
  /** Progress of the running epoch, by proposer; absent while there is none. */
  readonly proposers?: readonly ProposerProgress[];
  /** Newest epoch that each producer has finished, as far as is known here. */
  readonly finished?: readonly (number | undefined)[];
  /** Producers that an authenticated stream is open to. */
  readonly connected?: readonly number[];
  /** What it keeps in memory: epochs that it takes part in, and own messages for those who may lack them. */
  readonly kept?: { readonly epochs: number; readonly bytes: number };
  /** Where a group with a primary stands (PBFT). */
  readonly view?: ViewProgress;
}

/** Progress of the block that a primary has proposed, and who leads. */
export interface ViewProgress {
  readonly view: number;
  readonly primary: number;
  /** This producer has asked for the view and waits for it to begin. */
  readonly isChanging: boolean;
  /** Who has asked for this view. */
  readonly viewChanges: readonly number[];
  /** Height that is being decided. */
  readonly blockId: number;
  /** `waiting`: nothing proposed; `decided`: about to be stored. */
  readonly phase: 'waiting' | 'proposed' | 'executing' | 'executed' | 'prepared' | 'decided';
  /** Who has prepared, and who has committed, in this view. */
  readonly prepared: readonly number[];
  readonly committed: readonly number[];
}

/** How far one producer's proposal has come in the running epoch. */
export interface ProposerProgress {
  readonly broadcast: {
    /** `silent`: nothing heard; `echoing`: its value or echoes are here; `ready`: this producer is ready; `failed`: it sent rubbish. */
    readonly phase: 'silent' | 'echoing' | 'ready' | 'delivered' | 'failed';
    readonly echoes: number;
    readonly readies: number;
  };
  readonly agreement: {
    readonly round: number;
    readonly decided: boolean | undefined;
  };
  readonly decryption: {
    /** `unneeded`: not encrypted, or not in the common subset. */
    readonly phase: 'unneeded' | 'waiting' | 'decrypted' | 'failed';
    readonly shares: number;
  };
}

/** A step that does nothing; engines spread it and add. */
export const NO_STEP: Step = { persist: [], send: [], timers: [], faults: [] };

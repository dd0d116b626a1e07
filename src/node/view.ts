/** What a node shows of itself to a user interface: plain data, no secrets, safe to send between threads and tabs. */

import type { ProposerProgress, ViewProgress } from '../consensus/index.ts';

/** A condition that a person should know of. `code` is stable and keys the message catalogue; `message` is the English sentence. */
export interface Notice {
  readonly code: string;
  readonly message: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

export type Role = 'owner' | 'producer' | 'user';

/** `looking`: no member found yet; `syncing`: fetching blocks; `current`: at the newest head heard of; `stopped`: see `problem`. */
export type SyncPhase = 'looking' | 'syncing' | 'current' | 'stopped';

export interface SyncView {
  readonly phase: SyncPhase;
  /** Newest block that is verified and stored here. */
  readonly haveBlock: number;
  /** Newest block that any member has told of (at least `haveBlock`). */
  readonly targetBlock: number;
  /** Blocks a second over the last few seconds, 0 when idle. */
  readonly blocksPerSecond: number;
  /** Members that blocks are being fetched from right now. */
  readonly sources: number;
}

export interface MemberView {
  readonly peerId: string;
  readonly path: 'webrtc' | 'websocket' | 'relay' | 'none';
  readonly headBlock: number;
  /** Public key that this member posts or produces with, as it says. */
  readonly pubkey: string;
}

/** `idle`: not a producer; `working`: epochs run; `resting`: nothing to do; `stopped`: see `problem`. */
export type ProducingState = 'idle' | 'working' | 'resting' | 'stopped';

/** `sending`: stored in the outbox, nobody has it yet; `pending`: sent to at least one member; `invalid`: see `reason`. */
export type OwnPostState = 'sending' | 'pending' | 'invalid';

export interface OwnPost {
  readonly trxId: string;
  /** The JSON text that was posted. */
  readonly content: string;
  readonly state: OwnPostState;
  readonly reason?: Notice;
  readonly createdAtMs: number;
}

/** `self`: this node; `connected`: a producer has a proved stream to it, a user heard of it in the last minute; `away`: neither. */
export type ProducerLink = 'self' | 'connected' | 'away';

export interface ProducerView {
  readonly pubkey: string;
  readonly link: ProducerLink;
  /**
   * It says, and nothing speaks against it, that its log of what it signed is gone: it stays silent until it is appointed anew, by an ordinary change
   * where the others can order one, by a recovery where they cannot (C-13). Shown and offered only; nothing is decided by it.
   */
  readonly hasLostLog: boolean;
  /** Newest epoch that it has signed to be done with; known to producers. */
  readonly finishedEpoch?: number;
  /** How far its proposal has come in the epoch that runs here. */
  readonly proposal?: ProposerProgress;
  /** Misbehaviour seen here since this node began to produce: kind → how often. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Consensus at work, as far as this node knows: a producer all of it, a user who is there. */
export interface ConsensusView {
  /** Of the configuration at work: what the owner's newest successful change set. */
  readonly nonce: number;
  readonly engine: string;
  readonly intervalMs: number;
  /** 0: proposals are encrypted in every epoch; 1: never; k ≥ 2: every k-th epoch. */
  readonly encryption: number;
  /** The epoch that runs here; of a user the newest heard of. */
  readonly epoch: number;
  /** By ascending key, as everywhere: an index is a place in this list. */
  readonly producers: readonly ProducerView[];
  /** Seals that make a block final: N−f. */
  readonly sealsNeeded: number;
  /** Who leads, and how far the block that it proposed has come: known to producers whose engine has a primary (PBFT). */
  readonly view?: ViewProgress;
  /** Blocks decided here that wait for seals. */
  readonly waitingBlocks: number;
  /** The newest of them, and whose seals for it are here, by index. */
  readonly sealing?: { readonly blockId: number; readonly seals: readonly number[] };
}

/** Whether enough producers are there to make blocks, as far as this node knows. */
export interface AvailabilityView {
  readonly producers: number;
  /** This node counts if it produces. */
  readonly online: number;
  /** N−f. */
  readonly needed: number;
  /** Fewer are online than are needed: nothing becomes final until some come back. */
  readonly isPaused: boolean;
  readonly missing: readonly {
    readonly pubkey: string;
    /** Here or not, it cannot speak: see {@link ProducerView}. */
    readonly hasLostLog: boolean;
    /** When it was last heard of, in milliseconds since 1970; absent: never since this node was opened. */
    readonly sinceMs?: number;
  }[];
}

/** The newest request for a change of consensus that this node takes part in, as its owner or as a requested producer; open or just ended. */
export interface ChangeView {
  readonly reqId: string;
  readonly nonce: number;
  /** The promised id, under which success will appear; the owner's node knows it. */
  readonly trxId?: string;
  readonly isOwner: boolean;
  readonly recovery: boolean;
  readonly producers: readonly {
    readonly pubkey: string;
    readonly link: ProducerLink;
    readonly hasResponded: boolean;
    /** Its proof is in the agreement. */
    readonly isDecided?: boolean;
    readonly refusal?: string;
    /** Misbehaviour seen here in changes of consensus: kind → how often. */
    readonly faults: Readonly<Record<string, number>>;
  }[];
  /** The same of the owner: requests that were stale, altered, or contradicted others. */
  readonly ownerFaults: Readonly<Record<string, number>>;
  readonly intervalMs: number;
  readonly startFromEpoch: number;
  readonly encryption: number;
  readonly engine: string;
  /** 0: not begun. */
  readonly attempt: number;
  readonly attempts: number;
  readonly tickMs: number;
  readonly result?: 'SUCCESS' | 'TIMEOUT' | 'FAILED';
  /** Why it failed. */
  readonly reason?: 'refused' | 'too-few-dealings' | 'given-up';
  /** What is waited for. `ordering`: it has succeeded, and the trx is to become final; `ending`: the same without success. */
  readonly phase: 'waiting-for-producers' | 'agreeing' | 'ordering' | 'ending' | 'done';
}

/** Final blocks that a recovery has given up: this node had executed them, and took them back. */
export interface GivenUpView {
  /** Of the recovery. */
  readonly nonce: number;
  /** The last block that stayed. */
  readonly baseBlock: number;
  /** Those after it, up to this one, are gone. */
  readonly lastBlock: number;
  /** Posts and items of this user among them: they are pending again. */
  readonly ownTrxs: number;
  readonly atMs: number;
}

export interface GroupView {
  readonly groupId: string;
  readonly groupName: string;
  readonly appKey: string;
  readonly encryption: 'public' | 'private';
  readonly ownerPubkey: string;
  readonly userPubkey: string;
  readonly role: Role;
  readonly head: { readonly blockId: number; readonly hash: string; readonly stateRoot: string; readonly timeMs: number };
  readonly epoch: number;
  readonly producers: readonly string[];
  readonly producing: ProducingState;
  readonly consensus: ConsensusView;
  readonly availability: AvailabilityView;
  readonly change?: ChangeView;
  readonly sync: SyncView;
  /** Members connected or heard of in the last minute, without this node. */
  readonly members: readonly MemberView[];
  /** Own posts that are not final yet, oldest first. */
  readonly ownPosts: readonly OwnPost[];
  /** Number of final posts that this node holds. */
  readonly posts: number;
  /** The newest recovery that gave up final blocks which this node held. */
  readonly givenUp?: GivenUpView;
  /** How many faults signed records prove, if any; the routes have them. */
  readonly provenFaults?: number;
  /** Why the group does not go on here, if it does not. */
  readonly problem?: Notice;
}

export interface NodeView {
  readonly network: {
    readonly peerId: string | undefined;
    readonly relays: readonly {
      readonly address: string;
      readonly state: 'connecting' | 'connected' | 'reserved' | 'unreachable';
    }[];
    /** Connected peers that are not relays. */
    readonly peers: number;
    /** How each of them is connected: one entry a peer, its best connection. */
    readonly connections: readonly {
      readonly peerId: string;
      readonly path: 'webrtc' | 'websocket' | 'relay';
      /** Multiaddr of the connection. */
      readonly address: string;
    }[];
  };
  readonly storage: {
    readonly usedBytes: number | undefined;
    readonly quotaBytes: number | undefined;
    readonly persisted: boolean | undefined;
  };
  readonly groups: readonly GroupView[];
  /** Engines that this node runs, for a change of consensus to choose from. */
  readonly engines: readonly string[];
  /** Conditions of the whole node, e.g. storage full. */
  readonly notices: readonly Notice[];
}

/** What became of a request: in the block with this number, as a change of the state or, answered `Rejected`, as none. */
export interface TrxAnswer {
  readonly result: 'Applied' | 'Rejected';
  /** Of the state: the number of the block that made it. */
  readonly version: number;
  /** The history's root at that version, hexadecimal: what the block's seals sign. */
  readonly stateRoot: string;
  /** Why it was rejected. */
  readonly reason?: Notice;
}

/** Told to whoever listens. `view`: something in {@link NodeView} changed; `block`: a final block was stored. */
export type NodeEvent =
  | { readonly type: 'view'; readonly view: NodeView }
  | { readonly type: 'block'; readonly groupId: string; readonly blockId: number; readonly hash: string; readonly trxs: number }
  | { readonly type: 'trx'; readonly groupId: string; readonly trxId: string; readonly status: 'Pending' }
  | ({
      readonly type: 'trx';
      readonly groupId: string;
      readonly trxId: string;
      readonly status: 'Committed';
      readonly blockId: number;
    } & TrxAnswer);

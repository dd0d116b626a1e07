import type { Backup } from '../crypto/index.ts';
import type {
  AnnounceItem,
  AppConfigItem,
  AppConfigType,
  Block,
  ChainConfigItem,
  ChangeConsensusReq,
  ChangeConsensusResp,
  Plaintext,
  Receipt,
  Trx,
  TrxAuthMode,
  TrxType,
  UpdGroupUserItem,
  UserItem,
} from '../records/index.ts';
import type { NetworkError } from './ports.ts';
import type { ChangeView, ConsensusView, NodeEvent, NodeView, TrxAnswer } from './view.ts';

/** Everything that a program or a person can ask of a node; the API router is a thin skin over it. */

export type NodeErrorCode =
  | 'bad-seed' // what is wrong with it stands in `message`
  | 'bad-input'
  | 'bad-backup' // what is wrong with it stands in `message`, and as a code in the params' `reason`
  | 'unknown-group'
  | 'unknown-block'
  | 'unknown-trx'
  | 'unknown-proof'
  | 'unknown-account'
  | 'unknown-key' // no app setting of this name
  | 'still-joined' // clear before leave
  | 'too-large'
  | 'not-allowed' // the group's rules or the caller's role forbid it
  | 'request-open' // a request for a change of consensus waits for its result
  | 'not-announced' // it must announce itself first
  | 'rejected' // it would be answered Rejected in a block; why stands in `message`
  | 'storage-full'
  | 'fenced' // another tab has taken over
  | 'stopped' // the group does not go on here; the group's `problem` says why
  | 'unreachable' // an address at which nobody answers
  | 'unsupported'
  | 'internal';

export class NodeError extends Error {
  readonly code: NodeErrorCode;
  readonly params: Readonly<Record<string, string | number>>;
  constructor(
    code: NodeErrorCode,
    message: string,
    params: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'NodeError';
    this.code = code;
    this.params = params;
  }
}

export interface GroupInfo {
  readonly groupId: string;
  readonly groupName: string;
  readonly ownerPubkey: string;
  readonly userPubkey: string;
  /** age recipient (`age1…`) of this user in this group. */
  readonly userEncryptPubkey: string;
  /** EIP-55 address of `userPubkey`. */
  readonly userEthAddr: string;
  readonly encryption: 'public' | 'private';
  /** Hex. The group's shared key: whoever has the seed has it. */
  readonly cipherKey: string;
  readonly appKey: string;
  /** Hex: the genesis block's signature by the owner, as `join` prints it. */
  readonly signature: string;
  readonly topBlock: number;
  readonly lastUpdatedNs: bigint;
  readonly syncStatus: 'IDLE' | 'SYNCING' | 'CLOSED';
}

export interface ContentQuery {
  /** At most this many, 1–500. An answer may hold fewer, and the feed go on: large posts come in several answers. An empty one is the end. */
  readonly num: number;
  /** Newest first. */
  readonly reverse: boolean;
  /** Start after this trx (or with it, see `includeStart`). */
  readonly startTrx: string | undefined;
  /** Who sent it: somebody else may have copied its id. Undefined: the oldest of that id. */
  readonly startSender?: string | undefined;
  readonly includeStart: boolean;
  /** Only these public keys; empty: all. */
  readonly senders: readonly string[];
}

export interface ContentItem {
  readonly trxId: string;
  readonly publisher: string;
  readonly content: Plaintext;
  readonly timeStampNs: bigint;
  readonly blockId: number;
}

export interface TrxStatus extends Partial<TrxAnswer> {
  readonly status: 'Unknown' | 'Pending' | 'Committed' | 'Invalid';
  readonly blockId?: number;
  readonly seals?: number;
}

export interface ConsensusInfo {
  readonly producers: readonly {
    readonly groupId: string;
    readonly producerPubkey: string;
    readonly proofTrxId: string;
    readonly memo: string;
  }[];
  readonly trxEpochIntervalMs: number;
  readonly proofReqId: string;
  readonly currEpoch: number;
  readonly currBlockId: number;
  readonly lastUpdateNs: bigint;
}

export interface ConsensusProofInfo {
  readonly result: 'SUCCESS' | 'TIMEOUT' | 'FAILED';
  readonly req: ChangeConsensusReq;
  readonly resps: readonly ChangeConsensusResp[];
  readonly responsedProducers: readonly string[];
}

/** Misbehaviour with the signed records that prove it to anybody who knows the key. */
export interface ProvenFault {
  readonly pubkey: string;
  readonly kind: string;
  readonly foundAtNs: bigint;
  readonly records: readonly Uint8Array[];
}

/** An announcement of the own keys: as a user to be admitted, or as a producer to be appointed. */
export interface AnnounceChange {
  readonly action: 'add' | 'remove';
  readonly type: 'user' | 'producer';
  readonly memo: string;
}

/** The owner's word on a user that announced itself. */
export interface UserChange {
  readonly userPubkey: string;
  readonly action: 'add' | 'remove';
  readonly memo: string;
}

/** How trxs of a type are admitted, or who is on the allow or deny list for which types (removing no type by name removes all). */
export type ChainConfigChange =
  | { readonly type: 'set_trx_auth_mode'; readonly trxType: TrxType; readonly mode: TrxAuthMode; readonly memo: string }
  | {
      readonly type: 'upd_alw_list' | 'upd_dny_list';
      readonly action: 'add' | 'remove';
      readonly pubkey: string;
      readonly trxTypes: readonly TrxType[];
      readonly memo: string;
    };

/** A row of the allow or the deny list, with the owner's item that changed it last. */
export interface ListedSender {
  readonly pubkey: string;
  readonly trxTypes: readonly TrxType[];
  readonly item: ChainConfigItem;
}

/** A setting of the group's apps; `remove` looks at the name only. */
export interface AppConfigChange {
  readonly action: 'add' | 'remove';
  readonly name: string;
  readonly type: 'int' | 'bool' | 'string';
  /** A decimal integer, `true` or `false`, or any text. */
  readonly value: string;
  readonly memo: string;
}

export interface AppConfigKey {
  readonly name: string;
  readonly type: AppConfigType;
}

/** A signed item, and the trx that carries it, stored in the outbox. */
export interface Submitted<Item> {
  readonly item: Item;
  readonly trxId: string;
}

/** `present`: it was here already, with the same key. `other-key`: it is here under another key, which stays. */
export interface RestoredGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly outcome: 'restored' | 'present' | 'other-key';
}

/** What an owner asks for (consensus.md, "Changing consensus on a running group", 1). */
export interface WantedChange {
  readonly producers: readonly string[];
  readonly startFromEpoch: number;
  readonly trxEpochTickMs: number;
  readonly agreementTickMs: number;
  readonly agreementTickCount: number;
  /** Passed back to the caller; the request has no place for it. */
  readonly memo: string;
  /** Undefined: as it is now. */
  readonly engine?: string | undefined;
  readonly encryption?: number | undefined;
  /** Without those who produce now: they cannot order anything any more. Can cost final blocks that nobody reachable holds. */
  readonly recovery?: boolean | undefined;
}

/** A request for a change of consensus that is stored and on its way. */
export interface RequestedChange {
  readonly reqId: string;
  /** Under this id success will stand on the chain. */
  readonly trxId: string;
  readonly producers: readonly string[];
  readonly startFromEpoch: number;
  readonly trxEpochTickMs: number;
  /** f: how many of them may fail. */
  readonly failableProducers: number;
  readonly memo: string;
}

export interface NodeService {
  createGroup(options: {
    groupName: string;
    encryption: 'public' | 'private';
    appKey: string;
  }): Promise<{ groupId: string; seed: string }>;
  /** Joining a group one is in already answers the same as the first time. */
  joinGroup(seed: string): Promise<GroupInfo>;
  leaveGroup(groupId: string): Promise<void>;
  clearGroup(groupId: string): Promise<void>;
  groups(): readonly GroupInfo[];
  seed(groupId: string): string;

  /**
   * Posts a JSON text, within the bounds of a post (`postDepth` and `postMembers` of LIMITS, no member named twice, no number beyond all doubles), else throws
   * `bad-input`. Resolves with the trx id once the trx is stored in the outbox (acknowledged).
   * With `trxId` (a UUID of the caller's making) a repeated call is the same post: this is how a call survives a change of leading tab.
   */
  post(groupId: string, content: string, trxId?: string): Promise<string>;
  /** Takes an own post that is not final out of the outbox, by its author's wish. */
  discardPost(groupId: string, trxId: string): Promise<void>;
  contents(groupId: string, query: ContentQuery): Promise<ContentItem[]>;
  block(groupId: string, blockId: number): Promise<Block>;
  trx(groupId: string, trxId: string): Promise<Trx>;
  trxStatus(groupId: string, trxId: string): Promise<TrxStatus>;
  /** Proof for anybody who has the seed that the trx is in the chain. */
  receipt(groupId: string, trxId: string): Promise<Receipt>;

  consensus(groupId: string): Promise<ConsensusInfo>;
  /** Consensus at work at this moment, as far as this node knows. */
  liveConsensus(groupId: string): Promise<ConsensusView>;
  /** The first of each kind that each has committed as far as this node has seen, since it joined. */
  provenFaults(groupId: string): Promise<ProvenFault[]>;
  /**
   * The owner asks these producers to produce from now on, by these rules. Resolves once the request is stored. Throws `not-allowed`,
   * `request-open`, `bad-input`, `not-announced`, `unsupported`.
   */
  changeConsensus(groupId: string, wanted: WantedChange): Promise<RequestedChange>;
  /** The newest request that this node takes part in. Throws `unknown-proof` if it knows of none since it was started. */
  consensusChange(groupId: string): Promise<ChangeView>;
  /** The owner gives an open request up: its result is FAILED. */
  abandonChange(groupId: string, reqId: string): Promise<void>;
  /** Announces this user's own keys, or takes that back. Resolves once the trx is stored in the outbox, as for a post. */
  announce(groupId: string, change: AnnounceChange): Promise<Submitted<AnnounceItem>>;
  announcedProducers(groupId: string): Promise<AnnounceItem[]>;
  announcedUsers(groupId: string): Promise<AnnounceItem[]>;
  announcedUser(groupId: string, signPubkey: string): Promise<AnnounceItem>;
  admittedUsers(groupId: string): Promise<UserItem[]>;
  /** The owner only: admits a user that announced itself, or removes it. */
  updateUser(groupId: string, change: UserChange): Promise<Submitted<UpdGroupUserItem>>;
  /** The owner only: who may send what. */
  chainConfig(groupId: string, change: ChainConfigChange): Promise<Submitted<ChainConfigItem>>;
  allowList(groupId: string): Promise<ListedSender[]>;
  denyList(groupId: string): Promise<ListedSender[]>;
  authMode(groupId: string, trxType: TrxType): Promise<TrxAuthMode>;
  /** The owner only: named values for the group's apps. */
  appConfig(groupId: string, change: AppConfigChange): Promise<Submitted<AppConfigItem>>;
  appConfigKeys(groupId: string): Promise<AppConfigKey[]>;
  appConfigValue(groupId: string, name: string): Promise<AppConfigItem>;
  lastProof(groupId: string): Promise<ConsensusProofInfo>;
  proofHistory(groupId: string): Promise<ConsensusProofInfo[]>;
  proof(groupId: string, reqId: string): Promise<ConsensusProofInfo>;
  /** Connects to the peers at these multiaddrs, until the node stops. Answers for each what stands against it, undefined if it is connected. */
  connectPeers(addresses: readonly string[]): Promise<ReadonlyMap<string, NetworkError | undefined>>;
  /** Uses the relays at these multiaddrs, until the node stops. Throws `bad-input` and `unreachable`; those that are connected then stay. */
  addRelays(addresses: readonly string[]): Promise<void>;
  /** Looks for newer blocks now. */
  startSync(groupId: string): Promise<void>;

  /** Keys, seeds and, if asked for, blocks of all groups under a passphrase: the one way in which keys leave the node. */
  backup(options: { passphrase: string; blocks: boolean }): Promise<Backup>;
  /** Takes in the groups of a backup that are not here. Restored producers read until they are appointed anew. */
  restore(backup: unknown, passphrase: string): Promise<readonly RestoredGroup[]>;

  view(): NodeView;
  subscribe(listener: (event: NodeEvent) => void): () => void;
}

import { message, type TypeOf } from './codec.ts';
import {
  AnnounceType,
  AppConfigType,
  ChainConfigType,
  ConsensusResult,
  GroupBroadcastKind,
  ItemAction,
  PackageType,
  ReqBlockResult,
  StorageType,
  SyncRequestKind,
  TrxAuthMode,
  TrxType,
} from './enums.ts';
import {
  bytes,
  enumeration,
  exactBytes,
  flag,
  int32,
  int64,
  int64Ns,
  nested,
  repeated,
  text,
  timeNs,
  uint32,
  uint64,
  uint64Ns,
} from './fields.ts';
import { LIMITS } from './limits.ts';

/**
 * All records that travel or are stored, by name, number and type as other software of this family knows them; ours beside them.
 * `hashed: false` marks what a record's hash leaves out.
 */

const KiB = 1024;
const HASH = 32;
const SIGNATURE = 65;
const GCM_NONCE = 12;
/** UUIDs (36), public keys (44), age recipients (62), versions. */
const ID = { maxBytes: 128 };
const MEMO = { maxBytes: 4 * LIMITS.memoChars };
const TRX_BYTES = LIMITS.trxDataBytes + LIMITS.trxOverheadBytes;
/** The shortest signed trx takes some 250 bytes of a block. */
const BLOCK_TRXS = Math.floor(LIMITS.blockBytes / 200);
/** The shortest block, one sealed trx in it, takes some 500 bytes of an answer. */
const ANSWER_BLOCKS = Math.floor(LIMITS.syncResponseBytes / 400);
/** A record that travels inside a trx's `Data`. */
const ITEM_BYTES = LIMITS.trxDataBytes;
const NOT_HASHED = { hashed: false };

// --------------------------------------------------------------------------------------------------------------- trxs, blocks

export const Package = message('Package', LIMITS.blockBytes + KiB, {
  type: enumeration(1, PackageType),
  Data: bytes(2, { maxBytes: LIMITS.blockBytes }),
});
export type Package = TypeOf<typeof Package>;

export const Trx = message('Trx', TRX_BYTES, {
  TrxId: text(1, ID),
  Type: enumeration(2, TrxType),
  GroupId: text(3, ID),
  Data: bytes(4, { maxBytes: LIMITS.trxDataBytes }),
  TimeStamp: timeNs(5),
  Version: text(6, ID),
  Expired: timeNs(7),
  ResendCount: int64(8, NOT_HASHED),
  Nonce: int64(9),
  SenderPubkey: text(10, ID),
  SenderSign: exactBytes(11, SIGNATURE, NOT_HASHED),
  StorageType: enumeration(12, StorageType, NOT_HASHED),
});
export type Trx = TypeOf<typeof Trx>;

/** One producer's word for a block: `Sign` is over the hash of its {@link SealBody}. */
export const Seal = message('Seal', 512, {
  ProducerPubkey: text(1, ID),
  Sign: exactBytes(2, SIGNATURE),
});
export type Seal = TypeOf<typeof Seal>;

export const Block = message('Block', LIMITS.blockBytes, {
  GroupId: text(1, ID),
  BlockId: uint64(2),
  Epoch: uint64(3),
  PrevHash: exactBytes(4, HASH),
  ProducerPubkey: text(5, ID),
  Trxs: repeated(nested(6, Trx), BLOCK_TRXS),
  TimeStamp: timeNs(8),
  BlockHash: exactBytes(9, HASH, NOT_HASHED),
  ProducerSign: exactBytes(10, SIGNATURE, NOT_HASHED),
  StateRoot: exactBytes(11, HASH),
  Evidence: bytes(12, { maxBytes: LIMITS.blockReserveBytes, hashed: false }),
  Seals: repeated(nested(13, Seal), LIMITS.producers, NOT_HASHED),
  ConfigNonce: uint64(14),
});
export type Block = TypeOf<typeof Block>;

/** What a seal signs: the header of a block. */
export const SealBody = message('SealBody', KiB, {
  Tag: text(1, ID),
  GroupId: text(2, ID),
  ConfigNonce: uint64(3),
  BlockId: uint64(4),
  Epoch: uint64(5),
  TimeStamp: timeNs(6),
  PrevHash: exactBytes(7, HASH),
  BlockHash: exactBytes(8, HASH),
  StateRoot: exactBytes(9, HASH),
});
export type SealBody = TypeOf<typeof SealBody>;

/** A final block without its trxs. */
export const SealedHeader = message('SealedHeader', 16 * KiB, {
  Header: nested(1, SealBody),
  Seals: repeated(nested(2, Seal), LIMITS.producers),
});
export type SealedHeader = TypeOf<typeof SealedHeader>;

// ---------------------------------------------------------------------------------------------------------- change of consensus

export const ConsensusContract = message('ConsensusContract', 2 * KiB, {
  ContractId: text(1, ID),
  Nonce: uint64(2),
  GroupId: text(3, ID),
  Contract: text(4, ID),
  Version: text(5, ID),
  timestamp: uint64Ns(6),
  OwnerPubkey: text(7, ID),
  ContractHash: exactBytes(8, HASH, NOT_HASHED),
  OwnerSign: exactBytes(9, SIGNATURE, NOT_HASHED),
  Encryption: uint32(10),
  Recovery: flag(11),
  BaseBlockId: uint64(12),
  BaseHash: exactBytes(13, HASH),
});
export type ConsensusContract = TypeOf<typeof ConsensusContract>;

export const ChangeConsensusReq = message('ChangeConsensusReq', 8 * KiB, {
  ReqId: text(1, ID),
  GroupId: text(2, ID),
  Nonce: uint64(3),
  ProducerPubkeyList: repeated(text(4, ID), LIMITS.producers),
  AgreementTickLenInMs: uint64(6),
  AgreementTickCount: uint64(7),
  StartFromEpoch: uint64(8),
  TrxEpochTickLenInMs: uint64(9),
  Contract: nested(10, ConsensusContract),
  SenderPubkey: text(11, ID),
  MsgHash: exactBytes(12, HASH, NOT_HASHED),
  SenderSign: exactBytes(13, SIGNATURE, NOT_HASHED),
});
export type ChangeConsensusReq = TypeOf<typeof ChangeConsensusReq>;

export const ChangeConsensusResp = message('ChangeConsensusResp', 64 * KiB, {
  RespId: text(1, ID),
  GroupId: text(2, ID),
  SenderPubkey: text(3, ID),
  Req: nested(4, ChangeConsensusReq),
  MsgHash: exactBytes(5, HASH, NOT_HASHED),
  SenderSign: exactBytes(6, SIGNATURE, NOT_HASHED),
  /** A dealing of degree 7 for 24 producers: 8 points, a proof, and 23 encrypted shares of some 300 bytes. */
  KeyGenDealing: bytes(7, { maxBytes: 16 * KiB }),
  /** A header and at most 24 seals. */
  HigherBlock: bytes(8, { maxBytes: 16 * KiB }),
  Refused: text(9),
});
export type ChangeConsensusResp = TypeOf<typeof ChangeConsensusResp>;

export const ConsensusProof = message('ConsensusProof', 72 * KiB, {
  req: nested(1, ChangeConsensusReq),
  resp: nested(2, ChangeConsensusResp),
});
export type ConsensusProof = TypeOf<typeof ConsensusProof>;

export const ChangeConsensusResultBundle = message('ChangeConsensusResultBundle', ITEM_BYTES, {
  Result: enumeration(1, ConsensusResult),
  Req: nested(2, ChangeConsensusReq),
  Resps: repeated(nested(3, ChangeConsensusResp), LIMITS.producers),
  Epoch: uint64(4),
  ResponsedProducers: repeated(text(5, ID), LIMITS.producers),
  KeyGenAcks: repeated(bytes(6, { maxBytes: 4 * KiB }), LIMITS.producers),
});
export type ChangeConsensusResultBundle = TypeOf<typeof ChangeConsensusResultBundle>;

// ------------------------------------------------------------------------------------------------------------------ block sync

/** `BlksRequested` −1: as many as possible. */
export const ReqBlock = message('ReqBlock', KiB, {
  GroupId: text(1, ID),
  FromBlock: uint64(2),
  BlksRequested: int32(3),
  ReqPubkey: text(4, ID),
});
export type ReqBlock = TypeOf<typeof ReqBlock>;

export const BlocksBundle = message('BlocksBundle', LIMITS.syncResponseBytes, {
  Blocks: repeated(nested(1, Block), ANSWER_BLOCKS),
});
export type BlocksBundle = TypeOf<typeof BlocksBundle>;

export const ReqBlockResp = message('ReqBlockResp', LIMITS.syncResponseBytes, {
  GroupId: text(1, ID),
  RequesterPubkey: text(2, ID),
  ProviderPubkey: text(3, ID),
  Result: enumeration(4, ReqBlockResult),
  FromBlock: uint64(5),
  BlksRequested: int32(6),
  BlksProvided: int32(7),
  Blocks: nested(8, BlocksBundle),
});
export type ReqBlockResp = TypeOf<typeof ReqBlockResp>;

/** A request on the sync stream (ours). */
export const SyncRequest = message('SyncRequest', LIMITS.syncRequestBytes, {
  Kind: enumeration(1, SyncRequestKind),
  Blocks: nested(2, ReqBlock),
  TrxId: text(3, ID),
  SenderPubkey: text(4, ID),
  /** The peer that asks: a request that was overheard is of no use to another. */
  PeerId: text(5, ID),
  /** Blocks that wait for seals are wanted too (by a producer that has fallen behind). */
  Waiting: flag(6),
});
export type SyncRequest = TypeOf<typeof SyncRequest>;

/** Its answer (ours): what was asked for, if it is here, and the provider's head. */
export const SyncResponse = message('SyncResponse', LIMITS.syncResponseBytes, {
  Blocks: nested(1, ReqBlockResp),
  Trx: nested(2, Trx),
  HeadBlockId: uint64(3),
  HeadHash: exactBytes(4, HASH),
  Epoch: uint64(5),
});
export type SyncResponse = TypeOf<typeof SyncResponse>;

/**
 * Body of a Package of type GROUP_BROADCAST (ours). `Id`, `Sender`, `Hash`, `SizeBytes` speak of the block or trx that is announced;
 * `Nonce` makes equal beacons differ, which gossip would otherwise take for repeats.
 */
export const GroupBroadcast = message('GroupBroadcast', 2 * KiB, {
  Kind: enumeration(1, GroupBroadcastKind),
  PeerId: text(2, ID),
  Pubkey: text(3, ID),
  HeadBlockId: uint64(4),
  HeadHash: exactBytes(5, HASH),
  Epoch: uint64(6),
  ClockNs: int64Ns(7),
  Id: text(8, ID),
  Sender: text(9, ID),
  Hash: exactBytes(10, HASH),
  SizeBytes: uint64(11),
  Nonce: exactBytes(12, GCM_NONCE),
  /** Of the configuration that sealed the head. */
  ConfigNonce: uint64(13),
  /** Of a producer whose log is gone: it speaks under no nonce below this one, the next above the configuration in force. 0: its log is whole. */
  SilentBelow: uint64(14),
  /** By `Pubkey`, of a member that the group may need (N-15). */
  Sign: exactBytes(15, SIGNATURE),
});
export type GroupBroadcast = TypeOf<typeof GroupBroadcast>;

// ----------------------------------------------------------------------------------------------------------------------- items

export const PostItem = message('PostItem', ITEM_BYTES + KiB, {
  TrxId: text(1, ID),
  SenderPubkey: text(2, ID),
  Content: bytes(3, { maxBytes: ITEM_BYTES }),
  TimeStamp: timeNs(4),
});
export type PostItem = TypeOf<typeof PostItem>;

export const ProducerItem = message('ProducerItem', 8 * KiB, {
  GroupId: text(1, ID),
  ProducerPubkey: text(2, ID),
  ProofTrxId: text(3, ID),
  BlkCnt: int64(4),
  Memo: text(5, MEMO),
});
export type ProducerItem = TypeOf<typeof ProducerItem>;

export const UpdGroupUserItem = message('UpdGroupUserItem', 8 * KiB, {
  GroupId: text(1, ID),
  UserPubkey: text(2, ID),
  Action: enumeration(3, ItemAction),
  Memo: text(4, MEMO),
});
export type UpdGroupUserItem = TypeOf<typeof UpdGroupUserItem>;

export const UserItem = message('UserItem', 8 * KiB, {
  GroupId: text(1, ID),
  UserPubkey: text(2, ID),
  EncryptPubkey: text(3, ID),
  ProofTrxId: text(4, ID),
  TxCnt: int64(5),
  Memo: text(6, MEMO),
});
export type UserItem = TypeOf<typeof UserItem>;

export const AnnounceContent = message('AnnounceContent', 6 * KiB, {
  Type: enumeration(1, AnnounceType),
  SignPubkey: text(2, ID),
  EncryptPubkey: text(3, ID),
  Memo: text(4, MEMO),
});
export type AnnounceContent = TypeOf<typeof AnnounceContent>;

export const AnnounceItem = message('AnnounceItem', 8 * KiB, {
  GroupId: text(1, ID),
  Action: enumeration(2, ItemAction),
  Content: nested(3, AnnounceContent),
  AnnouncerPubkey: text(4, ID),
  Hash: exactBytes(5, HASH, NOT_HASHED),
  Signature: exactBytes(6, SIGNATURE, NOT_HASHED),
});
export type AnnounceItem = TypeOf<typeof AnnounceItem>;

/** `OwnerSignature` is the signature in hex. */
export const ChainConfigItem = message('ChainConfigItem', 16 * KiB, {
  GroupId: text(1, ID),
  Type: enumeration(2, ChainConfigType),
  /** An encoded {@link ChainSendTrxRuleListItem} or {@link SetTrxAuthModeItem}. */
  Data: bytes(3, { maxBytes: 8 * KiB }),
  OwnerPubkey: text(4, ID),
  OwnerSignature: text(5, { maxBytes: 2 * SIGNATURE, hashed: false }),
  TimeStamp: timeNs(6),
  Memo: text(7, MEMO),
});
export type ChainConfigItem = TypeOf<typeof ChainConfigItem>;

export const ChainSendTrxRuleListItem = message('ChainSendTrxRuleListItem', 8 * KiB, {
  Action: enumeration(1, ItemAction),
  Pubkey: text(3, ID),
  Type: repeated(enumeration(4, TrxType), Object.keys(TrxType).length),
});
export type ChainSendTrxRuleListItem = TypeOf<typeof ChainSendTrxRuleListItem>;

export const SetTrxAuthModeItem = message('SetTrxAuthModeItem', KiB, {
  Type: enumeration(1, TrxType),
  Mode: enumeration(2, TrxAuthMode),
});
export type SetTrxAuthModeItem = TypeOf<typeof SetTrxAuthModeItem>;

/** `OwnerSign` is the signature in hex. */
export const AppConfigItem = message('AppConfigItem', 80 * KiB, {
  GroupId: text(1, ID),
  Action: enumeration(2, ItemAction),
  Name: text(3, { maxBytes: 4 * LIMITS.appConfigNameChars }),
  Type: enumeration(4, AppConfigType),
  Value: text(5, { maxBytes: 4 * LIMITS.appConfigValueChars }),
  OwnerPubkey: text(6, ID),
  OwnerSign: text(7, { maxBytes: 2 * SIGNATURE, hashed: false }),
  Memo: text(8, MEMO),
  TimeStamp: timeNs(9),
});
export type AppConfigItem = TypeOf<typeof AppConfigItem>;

export const HBTrxBundle = message('HBTrxBundle', LIMITS.blockBytes, {
  Trxs: repeated(nested(1, Trx), BLOCK_TRXS),
});
export type HBTrxBundle = TypeOf<typeof HBTrxBundle>;

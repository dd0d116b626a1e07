/** The enumerations of the records. proto3 omits 0 on the wire and in JSON: it is always the first name. */

export const PackageType = {
  TRX: 0,
  BLOCK: 1,
  GROUP_BROADCAST: 2,
  CHANGE_CONSENSUS_REQ: 3,
  HBB_PT: 4,
  HBB_PC: 5,
  SEALED_HEADER: 6,
} as const;
export type PackageType = (typeof PackageType)[keyof typeof PackageType];

export const TrxType = {
  POST: 0,
  ANNOUNCE: 1,
  CONSENSUS: 2,
  USER: 3,
  REQ_BLOCK: 4,
  REQ_BLOCK_RESP: 5,
  CHAIN_CONFIG: 6,
  APP_CONFIG: 7,
} as const;
export type TrxType = (typeof TrxType)[keyof typeof TrxType];

export const StorageType = { CHAIN: 0, CACHE: 1 } as const;
export type StorageType = (typeof StorageType)[keyof typeof StorageType];

/** How a trx in a block was answered. */
export const TrxResult = { APPLIED: 0, REJECTED: 1 } as const;
export type TrxResult = (typeof TrxResult)[keyof typeof TrxResult];

/** The result of a change of consensus. */
export const ConsensusResult = { SUCCESS: 0, FAIL: 1, TIMEOUT: 2 } as const;
export type ConsensusResult = (typeof ConsensusResult)[keyof typeof ConsensusResult];

/** `BLOCK_IN_RESP_ON_TOP`: the blocks reach the provider's head. */
export const ReqBlockResult = { BLOCK_IN_RESP: 0, BLOCK_IN_RESP_ON_TOP: 1, BLOCK_NOT_FOUND: 2 } as const;
export type ReqBlockResult = (typeof ReqBlockResult)[keyof typeof ReqBlockResult];

export const ItemAction = { ADD: 0, REMOVE: 1 } as const;
export type ItemAction = (typeof ItemAction)[keyof typeof ItemAction];

export const AnnounceType = { AS_USER: 0, AS_PRODUCER: 1 } as const;
export type AnnounceType = (typeof AnnounceType)[keyof typeof AnnounceType];

export const ChainConfigType = { SET_TRX_AUTH_MODE: 0, UPD_DNY_LIST: 1, UPD_ALW_LIST: 2 } as const;
export type ChainConfigType = (typeof ChainConfigType)[keyof typeof ChainConfigType];

export const TrxAuthMode = { FOLLOW_ALW_LIST: 0, FOLLOW_DNY_LIST: 1 } as const;
export type TrxAuthMode = (typeof TrxAuthMode)[keyof typeof TrxAuthMode];

export const AppConfigType = { INT: 0, BOOL: 1, STRING: 2 } as const;
export type AppConfigType = (typeof AppConfigType)[keyof typeof AppConfigType];

/** `PRESENCE`: here I am; `BLOCK`, `TRX`: there is one to fetch; `LEAVING`: do not look for me. */
export const GroupBroadcastKind = { PRESENCE: 0, BLOCK: 1, TRX: 2, LEAVING: 3 } as const;
export type GroupBroadcastKind = (typeof GroupBroadcastKind)[keyof typeof GroupBroadcastKind];

export const SyncRequestKind = { BLOCKS: 0, TRX: 1 } as const;
export type SyncRequestKind = (typeof SyncRequestKind)[keyof typeof SyncRequestKind];

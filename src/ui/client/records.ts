import type { ProducerView } from '../../node/view.ts';
import type { ViewJson } from '../logic/view-picture.ts';

/** Records as the API prints them: bytes as base64, default values omitted, `TimeStamp` and `Expired` as text. */

export interface TrxJson {
  readonly TrxId: string;
  /** Number of the type; absent for POST. */
  readonly Type?: number | string;
  readonly GroupId: string;
  readonly Data?: string;
  readonly TimeStamp?: string;
  readonly Version?: string;
  readonly Expired?: string;
  readonly Nonce?: number;
  readonly SenderPubkey: string;
  readonly SenderSign?: string;
}

export interface SealJson {
  readonly ProducerPubkey: string;
  readonly Sign?: string;
}

export interface BlockJson {
  readonly GroupId: string;
  readonly BlockId?: number;
  readonly Epoch?: number;
  readonly ConfigNonce?: number;
  readonly PrevHash?: string;
  readonly ProducerPubkey?: string;
  readonly Trxs?: readonly TrxJson[];
  readonly TimeStamp?: string;
  readonly BlockHash?: string;
  readonly ProducerSign?: string;
  readonly StateRoot?: string;
  readonly Seals?: readonly SealJson[];
}

export interface AnnounceItemJson {
  readonly Content?: {
    readonly SignPubkey?: string;
    readonly EncryptPubkey?: string;
    readonly Memo?: string;
  };
  readonly AnnouncerPubkey?: string;
}

export interface ChangeRequestJson {
  readonly ReqId?: string;
  readonly Nonce?: number | string;
  readonly ProducerPubkeyList?: readonly string[];
  readonly AgreementTickLenInMs?: number | string;
  readonly AgreementTickCount?: number | string;
  readonly StartFromEpoch?: number | string;
  readonly TrxEpochTickLenInMs?: number | string;
  readonly Contract?: {
    readonly Contract?: string;
    readonly timestamp?: number | string;
    readonly Encryption?: number;
    readonly Recovery?: boolean;
  };
  readonly SenderSign?: string;
}

export interface ChangeResponseJson {
  readonly SenderPubkey?: string;
  readonly Refused?: string;
}

export type ChangeResult = 'SUCCESS' | 'TIMEOUT' | 'FAILED';

/** As `/consensus/proof/history` lists them. */
export interface ProofJson {
  readonly result: ChangeResult;
  readonly req: ChangeRequestJson;
  readonly repononsed_producer: readonly string[];
}

/** As `/consensus/proof/:req_id` gives one. */
export interface FullProofJson {
  readonly result: ChangeResult;
  readonly req: ChangeRequestJson;
  readonly resps: readonly ChangeResponseJson[];
  readonly responsed_producer: readonly string[];
}

/** `/consensus/live`. */
export interface LiveConsensusJson {
  readonly epoch: number;
  readonly producers: readonly {
    readonly pubkey: string;
    readonly link: ProducerView['link'];
    readonly has_lost_log: boolean;
    readonly finished_epoch?: number;
    readonly proposal?: ProducerView['proposal'];
    readonly faults: ProducerView['faults'];
  }[];
  readonly view?: ViewJson;
}

/** As `/consensus/faults` lists them. */
export interface ProvenFaultJson {
  readonly pubkey: string;
  readonly kind: string;
  /** Nanoseconds since 1970. */
  readonly found_at: number | string;
  /** The signed records that prove it, encoded. */
  readonly records: readonly string[];
}

export interface TrxStatusJson {
  readonly status: 'Unknown' | 'Pending' | 'Committed' | 'Invalid';
  readonly block_id?: number;
  readonly reason?: { readonly message: string };
  readonly result?: 'Applied' | 'Rejected';
  /** Hexadecimal. */
  readonly state_root?: string;
}

/** What a receipt says, once it is found valid; else the reason why it is not. */
export interface VerdictJson {
  readonly valid: boolean;
  readonly reason?: string;
  readonly trx?: TrxJson;
  readonly result?: 'applied' | 'rejected';
  readonly block_id?: number;
  readonly header?: { readonly TimeStamp?: string };
  readonly producers?: readonly string[];
  readonly sealed_by?: readonly string[];
  readonly recoveries?: readonly number[];
}

export interface RestoredJson {
  readonly group_id: string;
  readonly group_name: string;
  readonly outcome: 'restored' | 'present' | 'other-key';
}

const TYPE_NAMES = [
  'POST',
  'ANNOUNCE',
  'CONSENSUS',
  'USER',
  'REQ_BLOCK',
  'REQ_BLOCK_RESP',
  'CHAIN_CONFIG',
  'APP_CONFIG',
] as const;

/** Name of a trx type as `wire.md` lists them; an unknown number as it is. */
export function trxTypeName(type: number | string | undefined): string {
  if (typeof type === 'string') return type;
  return TYPE_NAMES[type ?? 0] ?? String(type);
}

/** Bytes behind a base64 text, padded or not. */
export function base64Bytes(text: string | undefined): number {
  return text ? Math.floor((text.replace(/=+$/u, '').length * 3) / 4) : 0;
}

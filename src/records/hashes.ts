import { sha256 } from './hash.ts';
import {
  AnnounceItem,
  AppConfigItem,
  Block,
  ChainConfigItem,
  ChangeConsensusReq,
  ChangeConsensusResp,
  ConsensusContract,
  SealBody,
  Trx,
} from './schema.ts';

/**
 * The hash of each signed record: SHA-256 over its encoding without the fields that its description marks `hashed: false` (its own
 * hash and signature; for a trx also `ResendCount` and `StorageType`; for a block also `Evidence` and `Seals`). Records inside
 * another are hashed whole.
 */

export const trxHash = (trx: Trx): Uint8Array => sha256(Trx.encodeHashed(trx));
export const blockHash = (block: Block): Uint8Array => sha256(Block.encodeHashed(block));
export const announceHash = (item: AnnounceItem): Uint8Array => sha256(AnnounceItem.encodeHashed(item));
export const contractHash = (contract: ConsensusContract): Uint8Array => sha256(ConsensusContract.encodeHashed(contract));
export const requestHash = (request: ChangeConsensusReq): Uint8Array => sha256(ChangeConsensusReq.encodeHashed(request));
export const responseHash = (response: ChangeConsensusResp): Uint8Array => sha256(ChangeConsensusResp.encodeHashed(response));
export const chainConfigHash = (item: ChainConfigItem): Uint8Array => sha256(ChainConfigItem.encodeHashed(item));
export const appConfigHash = (item: AppConfigItem): Uint8Array => sha256(AppConfigItem.encodeHashed(item));
export const sealBodyHash = (body: SealBody): Uint8Array => sha256(SealBody.encodeHashed(body));

/** First words of every SealBody, so that a seal is a signature of nothing else. */
export const SEAL_TAG = 'sett/seal/1';

/** The header of a block as its seals sign it; takes `BlockHash` as it stands in the block. */
export function sealBodyOf(block: Block): SealBody {
  return {
    Tag: SEAL_TAG,
    GroupId: block.GroupId,
    ConfigNonce: block.ConfigNonce,
    BlockId: block.BlockId,
    Epoch: block.Epoch,
    TimeStamp: block.TimeStamp,
    PrevHash: block.PrevHash,
    BlockHash: block.BlockHash,
    StateRoot: block.StateRoot,
  };
}

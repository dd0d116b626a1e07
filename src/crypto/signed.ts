import {
  type AnnounceItem,
  type AppConfigItem,
  announceHash,
  appConfigHash,
  type Block,
  blockHash,
  type ChainConfigItem,
  type ChangeConsensusReq,
  type ChangeConsensusResp,
  type ConsensusContract,
  chainConfigHash,
  contractHash,
  equalBytes,
  fromHex,
  genesisBlock,
  RecordError,
  requestHash,
  responseHash,
  type Seal,
  type SealBody,
  type Seed,
  sealBodyHash,
  sealBodyOf,
  type Trx,
  toHex,
  trxHash,
} from '../records/index.ts';
import { publicKeyOf, signHash, verifyHash } from './keys.ts';

/**
 * Signing fills in a record's key, hash and signature fields and leaves the given record alone. Verifying is total and checks both the hash
 * that the record carries, where it carries one, and the signature by the key that the record names: whether that key may say such a thing is for the
 * caller to ask.
 */

/** A record that cannot be encoded (over a limit) has no hash, so nothing about it verifies. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}

export function signTrx(trx: Trx, secret: Uint8Array): Trx {
  const named = { ...trx, SenderPubkey: publicKeyOf(secret) };
  return { ...named, SenderSign: signHash(trxHash(named), secret) };
}

export function verifyTrx(trx: Trx): boolean {
  return holds(() => verifyHash(trxHash(trx), trx.SenderSign, trx.SenderPubkey));
}

/** Fills `BlockHash` and `ProducerSign`. `ProducerPubkey` is inside the hash and must be the signer's already. */
export function signBlock(block: Block, secret: Uint8Array): Block {
  const hash = blockHash(block);
  return { ...block, BlockHash: hash, ProducerSign: signHash(hash, secret) };
}

/** Whether `BlockHash` is the block's and `ProducerSign` its producer's (only N = 1 and the genesis block have one). */
export function verifyBlockSignature(block: Block): boolean {
  return holds(() => {
    const hash = blockHash(block);
    return equalBytes(hash, block.BlockHash) && verifyHash(hash, block.ProducerSign, block.ProducerPubkey);
  });
}

/** The seed of a group that the owner of `secret` makes: names the owner, and signs the genesis block that the seed implies. */
export function signGenesis(seed: Omit<Seed, 'signature'>, secret: Uint8Array): Seed {
  const named = { ...seed, ownerPubkey: publicKeyOf(secret), signature: new Uint8Array() };
  return { ...named, signature: signBlock(genesisBlock(named), secret).ProducerSign };
}

/** Whether the seed's signature is its owner's over the genesis block that the seed implies. */
export function verifySeed(seed: Seed): boolean {
  return holds(() => verifyBlockSignature(genesisBlock(seed)));
}

/** A producer's seal of a block. The block's hash must stand in it. */
export function signSeal(block: Block, secret: Uint8Array): Seal {
  return { ProducerPubkey: publicKeyOf(secret), Sign: signHash(sealBodyHash(sealBodyOf(block)), secret) };
}

/** Whether a seal is its producer's over this block's header. That `BlockHash` is the block's is checked with the block. */
export function verifySeal(seal: Seal, block: Block): boolean {
  return verifyHeaderSeal(seal, sealBodyOf(block));
}

/** {@link verifySeal} for whoever has the header alone. */
export function verifyHeaderSeal(seal: Seal, header: SealBody): boolean {
  return holds(() => verifyHash(sealBodyHash(header), seal.Sign, seal.ProducerPubkey));
}

export function signAnnounce(item: AnnounceItem, secret: Uint8Array): AnnounceItem {
  const named = { ...item, AnnouncerPubkey: publicKeyOf(secret) };
  const hash = announceHash(named);
  return { ...named, Hash: hash, Signature: signHash(hash, secret) };
}

export function verifyAnnounce(item: AnnounceItem): boolean {
  return holds(() => {
    const hash = announceHash(item);
    return equalBytes(hash, item.Hash) && verifyHash(hash, item.Signature, item.AnnouncerPubkey);
  });
}

export function signContract(contract: ConsensusContract, secret: Uint8Array): ConsensusContract {
  const named = { ...contract, OwnerPubkey: publicKeyOf(secret) };
  const hash = contractHash(named);
  return { ...named, ContractHash: hash, OwnerSign: signHash(hash, secret) };
}

export function verifyContract(contract: ConsensusContract): boolean {
  return holds(() => {
    const hash = contractHash(contract);
    return equalBytes(hash, contract.ContractHash) && verifyHash(hash, contract.OwnerSign, contract.OwnerPubkey);
  });
}

/** The contract inside is hashed whole: sign it first. */
export function signRequest(request: ChangeConsensusReq, secret: Uint8Array): ChangeConsensusReq {
  const named = { ...request, SenderPubkey: publicKeyOf(secret) };
  const hash = requestHash(named);
  return { ...named, MsgHash: hash, SenderSign: signHash(hash, secret) };
}

/** Whether the request's hash and signature are good, and those of the contract inside it, which must be the same owner's for the same group. */
export function verifyRequest(request: ChangeConsensusReq): boolean {
  return holds(() => {
    const hash = requestHash(request);
    const { Contract: contract } = request;
    return (
      equalBytes(hash, request.MsgHash) &&
      verifyHash(hash, request.SenderSign, request.SenderPubkey) &&
      (contract === undefined ||
        (contract.OwnerPubkey === request.SenderPubkey && contract.GroupId === request.GroupId && verifyContract(contract)))
    );
  });
}

/** The request inside is hashed whole, with its signature. */
export function signResponse(response: ChangeConsensusResp, secret: Uint8Array): ChangeConsensusResp {
  const named = { ...response, SenderPubkey: publicKeyOf(secret) };
  const hash = responseHash(named);
  return { ...named, MsgHash: hash, SenderSign: signHash(hash, secret) };
}

/** Whether the response's own hash and signature are good; the request inside is checked by {@link verifyRequest}. */
export function verifyResponse(response: ChangeConsensusResp): boolean {
  return holds(() => {
    const hash = responseHash(response);
    return equalBytes(hash, response.MsgHash) && verifyHash(hash, response.SenderSign, response.SenderPubkey);
  });
}

/** `OwnerSignature` is a string on the wire: the signature in lower-case hex, as this family's REST answers print it. */
export function signChainConfig(item: ChainConfigItem, secret: Uint8Array): ChainConfigItem {
  const named = { ...item, OwnerPubkey: publicKeyOf(secret) };
  return { ...named, OwnerSignature: toHex(signHash(chainConfigHash(named), secret)) };
}

export function verifyChainConfig(item: ChainConfigItem): boolean {
  return holds(() => verifyHexSignature(chainConfigHash(item), item.OwnerSignature, item.OwnerPubkey));
}

/** `OwnerSign` is a string on the wire: the signature in lower-case hex. */
export function signAppConfig(item: AppConfigItem, secret: Uint8Array): AppConfigItem {
  const named = { ...item, OwnerPubkey: publicKeyOf(secret) };
  return { ...named, OwnerSign: toHex(signHash(appConfigHash(named), secret)) };
}

export function verifyAppConfig(item: AppConfigItem): boolean {
  return holds(() => verifyHexSignature(appConfigHash(item), item.OwnerSign, item.OwnerPubkey));
}

function verifyHexSignature(hash: Uint8Array, signature: string, pubkey: string): boolean {
  const bytes = fromHex(signature);
  // One text for one signature: upper case would be a second.
  return bytes !== undefined && toHex(bytes) === signature && verifyHash(hash, bytes, pubkey);
}

import { leafHash, verifyHeaderSeal, verifyInclusion, verifyTrx } from '../crypto/index.ts';
import {
  ConsensusResult,
  comparePubkeys,
  decodeOrNothing,
  equalBytes,
  HistoryLeaf,
  quorum,
  RECEIPT_TAG,
  Receipt,
  SEAL_TAG,
  type SealBody,
  StorageType,
  type Trx,
  type TrxProof,
  TrxResult,
  trxHash,
} from '../records/index.ts';
import { type ActiveConfiguration, configurationOfRow, type GroupIdentity, verifiedBundle } from './configuration.ts';

/**
 * Receipts: that a trx is in a group's chain, shown to somebody who has nothing but the seed (architecture.md, "Receipts").
 *
 * How it works: the seed's owner alone may seal block 1. From there each link is a CONSENSUS trx in a block that the producers so far have sealed, and names
 * the producers from then on; after a recovery the new ones seal it. The last of them must have sealed the block of the trx itself.
 */

/** Which part of a receipt does not hold: the trx's own proof, or the link with this number (from 0). */
export interface ReceiptFlaw {
  readonly part: 'receipt' | 'trx' | number;
  /** A sentence that says what is wrong. */
  readonly message: string;
}

export type ReceiptVerdict =
  | { readonly valid: false; readonly flaw: ReceiptFlaw }
  | {
      readonly valid: true;
      readonly trx: Trx;
      /** A rejected trx is in the chain and had no effect. */
      readonly result: TrxResult;
      /** The block that was sealed over the trx: the trx stands in it, or before it. */
      readonly header: SealBody;
      /** Who was to seal that block, ascending by key. */
      readonly producers: readonly string[];
      /** Who did. */
      readonly sealedBy: readonly string[];
      /** Nonces of the recoveries that the receipt passes: at each the group's owner may have given up final blocks. */
      readonly recoveries: readonly number[];
    };

/** The receipt in its one binary form; undefined for any other bytes, those that only decode to one included. Total. */
export function readReceipt(bytes: Uint8Array): Receipt | undefined {
  const receipt = decodeOrNothing(Receipt, bytes);
  return receipt && equalBytes(Receipt.encode(receipt), bytes) ? receipt : undefined;
}

/** Thrown inside this file where something does not hold. */
class Flaw extends Error {}

function need(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Flaw(message);
}

/** Whether a receipt holds, and what it then says. Total; needs nothing but its arguments. The identity is that of a seed whose signature verifies. */
export function verifyReceipt(identity: GroupIdentity, receipt: Receipt): ReceiptVerdict {
  let part: ReceiptFlaw['part'] = 'receipt';
  try {
    need(
      receipt.Tag === RECEIPT_TAG,
      `It is no receipt of a form known here: it is marked ${JSON.stringify(receipt.Tag.slice(0, 40))}.`,
    );
    let configuration = configurationOfRow(undefined, identity);
    let newest: Newest | undefined;
    const recoveries: number[] = [];
    for (const [place, link] of receipt.Links.entries()) {
      part = place;
      const next = readLink(link, configuration, identity);
      checkProof(link, next.isRecovery ? next.configuration : configuration, identity, newest);
      if (next.isRecovery) recoveries.push(next.configuration.nonce);
      newest = { header: link.Header, isRecovery: next.isRecovery };
      configuration = next.configuration;
    }
    part = 'trx';
    const { Proof: proof } = receipt;
    need(proof !== undefined, 'The receipt holds no trx.');
    checkProof(proof, configuration, identity, newest);
    return {
      valid: true,
      trx: proof.Trx,
      result: proof.Leaf.Result,
      header: proof.Header,
      producers: configuration.producers,
      sealedBy: proof.Seals.map(({ ProducerPubkey }) => ProducerPubkey),
      recoveries,
    };
  } catch (error) {
    if (error instanceof Flaw) return { valid: false, flaw: { part, message: error.message } };
    throw error;
  }
}

/** The block that the receipt has come to. */
interface Newest {
  readonly header: SealBody;
  readonly isRecovery: boolean;
}

type WholeProof = TrxProof &
  Required<Pick<TrxProof, 'Trx' | 'Leaf' | 'Header'>> & { Trx: Trx; Leaf: HistoryLeaf; Header: SealBody };

function needParts(proof: TrxProof): asserts proof is WholeProof {
  need(
    proof.Trx !== undefined && proof.Leaf !== undefined && proof.Header !== undefined,
    'The trx, its leaf or the header of its block is missing.',
  );
}

/** The configuration that a link sets. */
function readLink(
  link: TrxProof,
  configuration: ActiveConfiguration,
  identity: GroupIdentity,
): { configuration: ActiveConfiguration; isRecovery: boolean } {
  needParts(link);
  const bundle = verifiedBundle(link.Trx, identity, configuration.nonceFloor);
  need(
    bundle?.Req !== undefined,
    "It is not a change of consensus that verifies: under the seed's cipher key, signed by the group's owner and the producers that it names, newer than the one before.",
  );
  need(bundle.Result === ConsensusResult.SUCCESS, 'The change of consensus did not succeed, so it names no producers.');
  need(link.Leaf.Result === TrxResult.APPLIED, 'The change of consensus was rejected by the ledger, so it names no producers.');
  const { Contract: contract } = bundle.Req;
  const isRecovery = contract?.Recovery === true;
  if (isRecovery) {
    const { Header: header } = link;
    const isOnBase = header.BlockId === contract.BaseBlockId + 1 && equalBytes(header.PrevHash, contract.BaseHash);
    need(isOnBase, 'The recovery does not stand right above the block that it names as its base.');
  }
  return { configuration: configurationOfRow({ Bundle: bundle, TrxId: link.Trx.TrxId }, identity), isRecovery };
}

/** Whether a trx is in the history that this block's header names, and the producers of `configuration` have sealed it. */
function checkProof(
  proof: TrxProof,
  configuration: ActiveConfiguration,
  identity: GroupIdentity,
  newest: Newest | undefined,
): asserts proof is WholeProof {
  needParts(proof);
  const { Trx: trx, Leaf: leaf, Header: header } = proof;
  need(header.Tag === SEAL_TAG, 'The header is not that of a block.');
  need(header.GroupId === identity.groupId && trx.GroupId === identity.groupId, 'It is of another group than the seed.');
  need(
    header.ConfigNonce === configuration.nonce,
    `The block was sealed under consensus ${header.ConfigNonce}, but the receipt shows the producers of consensus ${configuration.nonce}.`,
  );
  if (newest === undefined)
    need(header.BlockId === 1, "Only block 1 is sealed by the seed's owner alone: the changes of consensus are missing.");
  else checkOrder(header, newest);
  need(
    trx.ResendCount === 0 && trx.StorageType === StorageType.CHAIN,
    'A trx in a block has no resend count and no storage type.',
  );
  need(verifyTrx(trx), "The trx's signature is not its sender's: something of it was changed.");
  need(equalBytes(leaf.TrxHash, trxHash(trx)), 'The leaf is that of another trx.');
  const inclusion = {
    leaf: leafHash(HistoryLeaf.encode(leaf)),
    leafIndex: proof.LeafIndex,
    size: proof.HistorySize,
    path: proof.Path,
    root: header.StateRoot,
  };
  need(verifyInclusion(inclusion), "The path does not lead from the trx to the root that the block's header names.");
  checkSeals(proof, configuration);
}

/** A chain goes up; only what a recovery's own block holds stands beside its link. */
function checkOrder(header: SealBody, { header: before, isRecovery }: Newest): void {
  if (isRecovery && header.BlockId === before.BlockId) {
    need(equalBytes(header.BlockHash, before.BlockHash), 'The receipt names two blocks of one height.');
    return;
  }
  const isAbove = header.BlockId > before.BlockId && header.Epoch > before.Epoch && header.TimeStamp > before.TimeStamp;
  need(isAbove, 'The block does not come after the change of consensus that named its producers.');
}

function checkSeals({ Seals: seals, Header: header }: WholeProof, { producers }: ActiveConfiguration): void {
  let before: string | undefined;
  for (const seal of seals) {
    need(
      before === undefined || comparePubkeys(before, seal.ProducerPubkey) < 0,
      'The seals are not in order, or one is there twice.',
    );
    before = seal.ProducerPubkey;
    need(producers.includes(seal.ProducerPubkey), 'Somebody sealed the block who was no producer of the group then.');
    need(verifyHeaderSeal(seal, header), 'A seal is not its producer’s over this header: one of the two was changed.');
  }
  const needed = quorum(producers.length);
  need(seals.length >= needed, `${seals.length} of the producers sealed the block; ${needed} of ${producers.length} are needed.`);
}

import { type BlockReference, type EngineInput, EPOCHS_UNDECIDED } from '../../consensus/index.ts';
import { sealBodyOf } from '../../records/index.ts';
import type { Chain } from '../chain.ts';

/** What an engine is told of the stored chain. */

/** Stored blocks, ascending, back to the first that is {@link EPOCHS_UNDECIDED} epochs before `nextEpoch`. */
export async function newestReferences(chain: Chain, nextEpoch: number): Promise<BlockReference[]> {
  const blocks: BlockReference[] = [];
  for (let blockId = chain.tip.blockId; blockId >= 0; blockId--) {
    const block = await chain.storedBlock(blockId);
    if (!block) break;
    blocks.unshift({ epoch: block.Epoch, blockId, blockHash: block.BlockHash });
    if (block.Epoch <= nextEpoch - EPOCHS_UNDECIDED) break;
  }
  return blocks;
}

/**
 * The block after which the configuration in force began, the same at all its producers: the one that set it. The trx of a recovery stands in a
 * block of its own configuration, which began after the block below.
 */
export async function baseOf(chain: Chain): Promise<BlockReference> {
  const { nonce, ownerPubkey, proofTrxId } = chain.inForce;
  const place = await chain.placeOf(ownerPubkey, proofTrxId);
  const setter = nonce === 0 ? 0 : (place?.BlockId ?? chain.tip.blockId);
  const block = await chain.storedBlock(setter);
  const base = block && nonce > 0 && block.ConfigNonce === nonce ? await chain.storedBlock(setter - 1) : block;
  if (!base) throw new Error('the block after which this configuration began is missing');
  return { epoch: base.Epoch, blockId: base.BlockId, blockHash: base.BlockHash };
}

/** What makes the newest final block final, if it is of this configuration. */
export async function finalInputs(chain: Chain, nonce: number): Promise<EngineInput[]> {
  const block = await chain.storedBlock(chain.head.blockId);
  if (!block || block.BlockId === 0 || block.ConfigNonce !== nonce) return [];
  return [{ type: 'final', header: sealBodyOf(block), seals: block.Seals }];
}

/** The newest block of the chain at the end of an epoch that it covers. */
export async function referenceAt(chain: Chain, epoch: number): Promise<BlockReference> {
  const { tip } = chain;
  let head: BlockReference = { epoch: tip.epoch, blockId: tip.blockId, blockHash: tip.hash };
  while (head.epoch > epoch) {
    const block = await chain.storedBlock(head.blockId - 1);
    if (!block) throw new Error(`block ${head.blockId - 1} of this chain is missing`);
    head = { epoch: block.Epoch, blockId: block.BlockId, blockHash: block.BlockHash };
  }
  return head;
}

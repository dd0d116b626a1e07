import { equalBytes } from '../../records/index.ts';
import type { Chain } from '../chain.ts';

/** Whether a chain has this very block. */
export async function hasBlock(chain: Chain, blockId: number, hash: Uint8Array): Promise<boolean> {
  const block = await chain.storedBlock(blockId);
  return block !== undefined && equalBytes(block.BlockHash, hash);
}

/** Where two chains of one nonce differ, each by a final block that is sealed under it. */
export interface TwoChains {
  readonly nonce: number;
  readonly ours: { readonly blockId: number; readonly hash: Uint8Array };
  readonly theirs: { readonly blockId: number; readonly hash: Uint8Array };
}

import { type GroupIdentity, isFinal, type Recovery, recoveryIn } from '../../ledger/index.ts';
import { type Block, blockHash, equalBytes } from '../../records/index.ts';
import type { Chain } from '../chain.ts';

/** Whether a chain has this very block. */
export async function hasBlock(chain: Chain, blockId: number, hash: Uint8Array): Promise<boolean> {
  const block = await chain.storedBlock(blockId);
  return block !== undefined && equalBytes(block.BlockHash, hash);
}

/**
 * The block among these, of another chain from where it leaves this one, that shows a second chain under a configuration nonce of this one: both are final, so
 * neither counts more. Undefined if none of them does; a block that this chain has too shows nothing, whoever calls it another's.
 */
export async function secondChain(chain: Chain, ours: Block, theirs: readonly Block[]): Promise<Block | undefined> {
  const { identity, head } = chain;
  for (const block of theirs) {
    if (!equalBytes(block.BlockHash, blockHash(block))) continue;
    const isInstead =
      block.BlockId === ours.BlockId &&
      block.ConfigNonce === ours.ConfigNonce &&
      isFinal(block, chain.configurationUnder(ours.ConfigNonce));
    const isSecondOpening = block.ConfigNonce === head.configNonce && openingIn(block, identity) !== undefined;
    if ((isInstead || isSecondOpening) && !(await hasBlock(chain, block.BlockId, block.BlockHash))) return block;
  }
  return undefined;
}

/** The recovery that this block is the first of, sealed by those whom that names; undefined if it is none. */
export function openingIn(block: Block, identity: GroupIdentity): Recovery | undefined {
  const recovery = recoveryIn(block.Trxs[0], identity, block.ConfigNonce - 1);
  return recovery?.nonce === block.ConfigNonce && isFinal(block, recovery.configuration) ? recovery : undefined;
}

/** Where two chains of one nonce differ, each by a final block. */
export interface TwoChains {
  readonly nonce: number;
  readonly ours: { readonly blockId: number; readonly hash: Uint8Array };
  readonly theirs: { readonly blockId: number; readonly hash: Uint8Array };
}

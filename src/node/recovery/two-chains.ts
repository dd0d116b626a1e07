import { type GroupIdentity, isFinal, recoveryIn } from '../../ledger/index.ts';
import { type Block, blockHash, equalBytes } from '../../records/index.ts';
import type { Chain } from '../chain.ts';

/**
 * The block among these, of another chain from where it leaves this one, that shows a second chain under a configuration nonce of this one: both are final, so
 * neither counts more. Undefined if none of them does.
 */
export function secondChain(chain: Chain, ours: Block, theirs: readonly Block[]): Block | undefined {
  const { identity, head } = chain;
  return theirs.find((block) => {
    if (!equalBytes(block.BlockHash, blockHash(block))) return false;
    if (
      block.BlockId === ours.BlockId &&
      block.ConfigNonce === ours.ConfigNonce &&
      isFinal(block, chain.configurationUnder(ours.ConfigNonce))
    )
      return true;
    return block.ConfigNonce === head.configNonce && opensFinally(block, identity);
  });
}

/** Whether it is the first block of a recovery, sealed by those whom that names. */
function opensFinally(block: Block, identity: GroupIdentity): boolean {
  const recovery = recoveryIn(block.Trxs[0], identity, block.ConfigNonce - 1);
  return recovery?.nonce === block.ConfigNonce && isFinal(block, recovery.configuration);
}

/** Where two chains of one nonce differ, each by a final block. */
export interface TwoChains {
  readonly nonce: number;
  readonly ours: { readonly blockId: number; readonly hash: Uint8Array };
  readonly theirs: { readonly blockId: number; readonly hash: Uint8Array };
}

import { type ChangeConsensusReq, equalBytes, SealedHeader, sealBodyOf } from '../../records/index.ts';
import type { Chain } from '../chain.ts';

/** Whether a member may answer a request now: `reason`, with the final block that speaks against the base of a recovery, if it has to refuse. */
export type Standing = 'wait' | 'ready' | { readonly reason: string; readonly higherBlock?: Uint8Array };

/**
 * Where a requested producer stands to the base of a recovery: it answers once it has executed the base and holds no final block above it, and
 * refuses otherwise (consensus.md, "Recovery"). In the mailbox.
 */
export async function standingToBase({ Contract: contract }: ChangeConsensusReq, chain: Chain): Promise<Standing> {
  const { BaseBlockId: blockId = 0, BaseHash: hash } = contract ?? {};
  const { head } = chain;
  if (head.blockId < blockId) return 'wait';
  const base = await chain.storedBlock(blockId);
  const isHere = base !== undefined && hash !== undefined && equalBytes(base.BlockHash, hash);
  if (head.blockId === blockId && isHere) return 'ready';
  const reason = isHere ? `it holds a later final block, ${head.blockId}` : `it holds another final block ${blockId}`;
  const block = await chain.storedBlock(head.blockId);
  return { reason, ...(block && { higherBlock: SealedHeader.encode({ Header: sealBodyOf(block), Seals: block.Seals }) }) };
}

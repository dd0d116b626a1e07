import {
  type ActiveConfiguration,
  configurationOfRow,
  flawOf,
  type GroupIdentity,
  isRecovery,
  type ParentBlock,
  recoveryIn,
  verifiedBundle,
} from '../../ledger/index.ts';
import { type Block, ConsensusResult, TrxType } from '../../records/index.ts';

/**
 * Fork choice (C-38). Of two chains that verify the one counts whose newest block is sealed under the higher configuration nonce. A CONSENSUS trx alone moves
 * nothing: producers that were replaced can put the owner's own success on a fork of theirs, and only those whom it names can seal what comes after it.
 */

/** Blocks that follow each other on a base, as far as each is sealed by the producers of its configuration. Nothing of them is executed. */
export interface SealedFork {
  readonly blocks: readonly Block[];
  /** The block that they stand on. */
  readonly base: { readonly blockId: number; readonly hash: Uint8Array };
}

/**
 * How far blocks are sealed, from a base on: cheap, and needed before anything is taken back for them. Executing them may still refuse what this lets through.
 * @param after the configuration of the block after the base
 */
export function sealedFork(
  blocks: readonly Block[],
  base: ParentBlock,
  after: ActiveConfiguration,
  identity: GroupIdentity,
): SealedFork {
  let parent = base;
  let configuration = after;
  let count = 0;
  for (const block of blocks) {
    const opened = recoveryIn(block.Trxs[0], identity, configuration.nonceFloor);
    const isOpening = opened?.nonce === block.ConfigNonce && opened.base.blockId === parent.blockId;
    const current = isOpening ? opened.configuration : configuration;
    if (flawOf(block, parent, current) !== undefined) break;
    count += 1;
    parent = { blockId: block.BlockId, epoch: block.Epoch, timeNs: block.TimeStamp, hash: block.BlockHash };
    configuration = nextConfiguration(block, isOpening ? settled(current, current.nonce) : current, identity);
  }
  return { blocks: blocks.slice(0, count), base: { blockId: base.blockId, hash: base.hash } };
}

/** What the success of a change in this block sets for the next one. */
export function nextConfiguration(block: Block, current: ActiveConfiguration, identity: GroupIdentity): ActiveConfiguration {
  for (const trx of block.Trxs) {
    if (trx.Type !== TrxType.CONSENSUS) continue;
    const bundle = verifiedBundle(trx, identity, current.nonceFloor);
    if (bundle?.Result !== ConsensusResult.SUCCESS || isRecovery(bundle)) continue;
    return configurationOfRow({ Bundle: bundle, TrxId: trx.TrxId }, identity);
  }
  return current;
}

/** The configuration of a recovery once its first block is made. */
function settled({ isOpening: _, ...configuration }: ActiveConfiguration, nonceFloor: number): ActiveConfiguration {
  return { ...configuration, nonceFloor };
}

/** The blocks of a fork up to the first that is sealed under this nonce or a higher one; undefined if none is. */
export function upToNonce({ blocks }: SealedFork, nonce: number): readonly Block[] | undefined {
  const last = blocks.findIndex(({ ConfigNonce }) => ConfigNonce >= nonce);
  return last < 0 ? undefined : blocks.slice(0, last + 1);
}

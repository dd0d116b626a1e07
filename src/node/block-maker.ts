import type { Decision } from '../consensus/index.ts';
import { assembleBlock, blockTimeNs, type Execution, orderTrxs } from '../ledger/index.ts';
import type { Block, Trx } from '../records/index.ts';
import type { Chain } from './chain.ts';

export interface MadeBlock {
  readonly block: Block;
  readonly execution: Execution;
}

/** All trxs that a decision proposes, in no order that counts. */
export const proposedTrxs = (decision: Decision): Trx[] => decision.proposals.flatMap((proposal) => [...(proposal?.trxs ?? [])]);

/**
 * The block of a decision on top of the chain's tip, executed, without seals; undefined if the decision leaves no trx. Nothing of the chain
 * changes.
 */
export async function makeBlock(chain: Chain, decision: Decision): Promise<MadeBlock | undefined> {
  const { tip, configuration } = chain;
  const proposed = proposedTrxs(decision);
  const times = decision.proposals.flatMap((proposal) => (proposal ? [proposal.timeNs] : []));
  const timeNs = blockTimeNs(times, tip.timeNs);
  const trxs = orderTrxs(proposed, await chain.orderContext(proposed, timeNs));
  if (trxs.length === 0) return undefined;
  const execution = chain.execute(trxs);
  const block = assembleBlock({
    parent: tip,
    configuration,
    epoch: decision.epoch,
    proposers: decision.proposals.flatMap((proposal, index) => (proposal ? [index] : [])),
    timeNs,
    trxs,
    stateRoot: execution.stateRoot,
  });
  return { block, execution };
}

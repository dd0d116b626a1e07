import { appendLeaf, type Frontier, frontierRoot, leafHash } from '../crypto/index.ts';
import { HistoryLeaf, type Trx, TrxResult, TrxType, trxHash } from '../records/index.ts';
import type { GroupIdentity } from './configuration.ts';
import { appConfig } from './frontends/app-config.ts';
import { consensus } from './frontends/consensus.ts';
import { content } from './frontends/content.ts';
import { type Frontend, type FrontendContext, Rejection } from './frontends/frontend.ts';
import { announce, user } from './frontends/members.ts';
import { rules } from './frontends/rules.ts';
import { BudgetExceeded, digestOf, type KvChange, KvOverlay, type KvReader, KvTransaction } from './kv.ts';

/** The frontends in the order in which their sub-batches run. They own disjoint tables, so the order does not matter. */
const FRONTENDS: readonly { readonly name: string; readonly runs: Partial<Record<TrxType, Frontend>> }[] = [
  { name: 'content', runs: { [TrxType.POST]: content } },
  { name: 'members', runs: { [TrxType.ANNOUNCE]: announce, [TrxType.USER]: user } },
  { name: 'rules', runs: { [TrxType.CHAIN_CONFIG]: rules } },
  { name: 'app config', runs: { [TrxType.APP_CONFIG]: appConfig } },
  { name: 'consensus', runs: { [TrxType.CONSENSUS]: consensus } },
];

/** How one trx of a batch was answered. */
export interface TrxAnswer {
  readonly result: TrxResult;
  /** Why it was rejected; for people, not part of the ledger. */
  readonly reason?: string;
}

/** A batch run on an overlay: nothing of it counts until it is confirmed. */
export interface Execution {
  /** One answer a trx, in block order. */
  readonly answers: readonly TrxAnswer[];
  readonly changes: readonly KvChange[];
  /** The history after this batch. */
  readonly frontier: Frontier;
  readonly stateRoot: Uint8Array;
  /** What the batch appended to the history, a leaf a trx. */
  readonly leaves: readonly HistoryLeaf[];
  /** Merkle nodes that the batch completed, in the order of completion. */
  readonly historyNodes: readonly Uint8Array[];
}

/**
 * Runs an ordered batch: splits it into one sub-batch a frontend, runs each, and puts one leaf a trx into the history in block order
 * (architecture.md, "Dispatcher and frontends"; sources/pbft-integration.rst, "Proposed integration layout").
 * `before` and `frontier` are left as they were: whoever confirms the execution applies its changes, whoever rolls back drops it.
 */
export function execute(before: KvReader, frontier: Frontier, trxs: readonly Trx[], identity: GroupIdentity): Execution {
  const block = new KvOverlay(before);
  const context: FrontendContext = { identity, before };
  const done: { answer: TrxAnswer; digest: Uint8Array }[] = new Array(trxs.length);
  for (const { runs } of FRONTENDS) {
    trxs.forEach((trx, place) => {
      const frontend = runs[trx.Type];
      if (frontend) done[place] = runOne(frontend, trx, block, context);
    });
  }
  let history = frontier;
  const historyNodes: Uint8Array[] = [];
  const leaves: HistoryLeaf[] = [];
  trxs.forEach((trx, place) => {
    const outcome = done[place];
    if (!outcome) throw new TypeError(`a trx of type ${trx.Type} cannot be in a block`);
    const leaf: HistoryLeaf = { TrxHash: trxHash(trx), WriteSetDigest: outcome.digest, Result: outcome.answer.result };
    leaves.push(leaf);
    const appended = appendLeaf(history, leafHash(HistoryLeaf.encode(leaf)));
    history = appended.frontier;
    historyNodes.push(...appended.completed);
  });
  return {
    answers: done.map(({ answer }) => answer),
    changes: block.changes(),
    frontier: history,
    stateRoot: frontierRoot(history),
    leaves,
    historyNodes,
  };
}

const NOTHING_WRITTEN = digestOf([]);

function runOne(frontend: Frontend, trx: Trx, block: KvOverlay, context: FrontendContext) {
  const transaction = new KvTransaction(block);
  try {
    frontend(trx, transaction, context);
  } catch (error) {
    if (!(error instanceof Rejection || error instanceof BudgetExceeded)) throw error;
    return { answer: { result: TrxResult.REJECTED, reason: error.message }, digest: NOTHING_WRITTEN };
  }
  const digest = digestOf(transaction.writes.changes());
  block.absorb(transaction.writes);
  return { answer: { result: TrxResult.APPLIED }, digest };
}

import type { Configuration, Decision } from '../../../consensus/index.ts';
import { decodeFrontier, emptyFrontier, encodeFrontier, frontierRoot } from '../../../crypto/index.ts';
import { assembleBlock, blockTimeNs, type Execution, execute, KvState } from '../../../ledger/index.ts';
import { Block, blockHash, concatBytes, equalBytes, sha256, type Trx, toHex } from '../../../records/index.ts';

/** A batch on an overlay. */
export interface Draft {
  readonly block: Block;
  readonly execution: Execution;
}

export const GROUP_ID = 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11';
const IDENTITY = { groupId: GROUP_ID, ownerPubkey: 'owner', cipherKey: new Uint8Array(32).fill(3) };

const genesis: Block = Block.create({
  GroupId: GROUP_ID,
  StateRoot: frontierRoot(emptyFrontier()),
  BlockHash: sha256(new TextEncoder().encode('genesis')),
});

/** A trx whose id begins so is the last of its block and changes the configuration once the block is final. */
export const CHANGE_PREFIX = 'zz-change-';
export const isChange = (block: Block): boolean => block.Trxs.some(({ TrxId }) => TrxId.startsWith(CHANGE_PREFIX));

/** The real dispatcher, state and history, without a store, and with simple rules for a block: each trx once, in order of ids. */
export class VirtualLedger {
  readonly blocks: Block[] = [genesis];
  readonly #state = new KvState();
  /** Every row, those that the state does not keep in memory too. */
  readonly #rows = new Map<string, Uint8Array>();
  readonly #trxIds = new Set<string>();
  #frontier = emptyFrontier();

  get tip(): Block {
    return this.blocks.at(-1) as Block;
  }

  has(trxId: string): boolean {
    return this.#trxIds.has(trxId);
  }

  /** The block of a decision on the tip; nothing of the ledger changes. */
  draft(decision: Decision, configuration: Configuration): Draft | undefined {
    const proposals = decision.proposals.flatMap((proposal) => proposal ?? []);
    const trxs = this.#order(proposals.flatMap((proposal) => proposal.trxs));
    if (trxs.length === 0) return undefined;
    const execution = execute(this.#state, this.#frontier, trxs, IDENTITY);
    const { BlockId: blockId, Epoch: epoch, TimeStamp: timeNs, BlockHash: hash } = this.tip;
    const block = assembleBlock({
      parent: { blockId, epoch, timeNs, hash },
      configuration: { ...configuration, encryption: 1, nonceFloor: 0, proofTrxId: '', proofReqId: '' },
      epoch: decision.epoch,
      proposers: decision.proposals.flatMap((proposal, index) => (proposal ? index : [])),
      timeNs: blockTimeNs(
        proposals.map((proposal) => proposal.timeNs),
        timeNs,
      ),
      trxs,
      stateRoot: execution.stateRoot,
    });
    return { block, execution };
  }

  #order(trxs: readonly Trx[]): Trx[] {
    const once = new Map(trxs.filter(({ TrxId }) => !this.has(TrxId)).map((trx) => [trx.TrxId, trx]));
    const ordered = [...once.values()].sort((a, b) => (a.TrxId < b.TrxId ? -1 : 1));
    const change = ordered.findIndex(({ TrxId }) => TrxId.startsWith(CHANGE_PREFIX));
    return change < 0 ? ordered : ordered.slice(0, change + 1);
  }

  /** Executes a block from elsewhere; undefined where it is not the next one, or not what executing it gives. */
  examine(block: Block, configuration: Configuration): Draft | undefined {
    const proposer = configuration.producers.indexOf(block.ProducerPubkey);
    if (block.BlockId !== this.tip.BlockId + 1 || proposer < 0) return undefined;
    const proposal = { trxs: block.Trxs, timeNs: block.TimeStamp };
    const proposals = configuration.producers.map((_, index) => (index === proposer ? proposal : undefined));
    const draft = this.draft({ epoch: block.Epoch, proposals }, configuration);
    if (!draft || !equalBytes(draft.block.BlockHash, block.BlockHash) || !equalBytes(blockHash(block), block.BlockHash))
      return undefined;
    return draft;
  }

  apply({ block, execution }: Draft): void {
    for (const { table, key, value } of execution.changes) {
      this.#state.apply(table, key, value);
      if (value) this.#rows.set(`${table}/${key}`, value);
      else this.#rows.delete(`${table}/${key}`);
    }
    for (const { TrxId } of block.Trxs) this.#trxIds.add(TrxId);
    this.#frontier = decodeFrontier(encodeFrontier(execution.frontier));
    this.blocks.push(block);
  }

  /** Of state, history, index and blocks: everything that a rollback must leave alone. */
  digest(): string {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = rows.flatMap(([key, value]) => [new TextEncoder().encode(key), value]);
    const all = concatBytes(...parts, encodeFrontier(this.#frontier), this.tip.BlockHash);
    return `${toHex(sha256(all))} ${this.#trxIds.size} ${this.blocks.length}`;
  }
}

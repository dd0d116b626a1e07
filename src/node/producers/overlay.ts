import { type Confirmation, type EngineInput, type TentativeBatch, TIME_AHEAD_LIMIT_NS } from '../../consensus/index.ts';
import { sealBlock, sizeInBlockBytes } from '../../ledger/index.ts';
import { type Block, equalBytes } from '../../records/index.ts';
import { type MadeBlock, makeBlock, proposedTrxs } from '../block-maker.ts';
import type { Chain } from '../chain.ts';
import type { Clock } from '../ports.ts';

export interface OverlayOptions {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly signSecret: Uint8Array;
  /** The most that may be proposed: beyond it seals and evidence would not find room in the block. */
  readonly limitBytes: number;
}

/** A batch that was executed before it is agreed on. Nothing of it is in the chain or the store, so that forgetting it is all of a rollback. */
export class Overlay {
  readonly #options: OverlayOptions;
  #held: { readonly ticket: number; readonly made: MadeBlock } | undefined;

  constructor(options: OverlayOptions) {
    this.#options = options;
  }

  /** Makes the block of a batch. In the mailbox, as everything here. */
  async execute({ ticket, parent, batch }: TentativeBatch): Promise<EngineInput> {
    const { chain, clock, limitBytes } = this.#options;
    const { tip } = chain;
    this.#held = undefined;
    if (tip.blockId !== parent.blockId || !equalBytes(tip.hash, parent.blockHash))
      return { type: 'tentative', ticket, block: 'stale', isTimely: false };
    const bytes = proposedTrxs(batch).reduce((sum, trx) => sum + sizeInBlockBytes(trx), 0);
    const made = bytes > limitBytes ? undefined : await makeBlock(chain, batch);
    if (!made) return { type: 'tentative', ticket, block: undefined, isTimely: false };
    this.#held = { ticket, made };
    const latestByClock = clock.nowNs() + TIME_AHEAD_LIMIT_NS;
    const latest = latestByClock > tip.timeNs ? latestByClock : tip.timeNs + 1n;
    return { type: 'tentative', ticket, block: made.block, isTimely: made.block.TimeStamp <= latest };
  }

  rollBack(ticket: number): void {
    if (this.#held?.ticket === ticket) this.#held = undefined;
  }

  /**
   * Stages the block, sealed, with what it was agreed by; undefined if the chain has got it another way meanwhile. Throws RangeError for what was
   * not executed.
   */
  async confirm({ ticket, evidence }: Confirmation): Promise<Block | undefined> {
    const { chain, signSecret } = this.#options;
    const held = this.#held;
    this.#held = undefined;
    if (held?.ticket !== ticket) throw new RangeError(`what is confirmed, ${ticket}, was not executed`);
    const { block, execution } = held.made;
    if (chain.tip.blockId >= block.BlockId) return undefined;
    const sealed = sealBlock({ ...block, Evidence: evidence }, chain.configuration, signSecret);
    await chain.stage(sealed, execution);
    return sealed;
  }
}

import { verifySeal } from '../crypto/index.ts';
import type { Block } from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { Refusal } from './chain-head.ts';
import type { Write } from './ports.ts';
import type { Producing } from './producing.ts';
import type { Recovering } from './recovery/recovering.ts';
import type { Split } from './recovery/split.ts';
import type { AppliedBlocks } from './sync.ts';

export interface BlockIntakeOptions {
  readonly chain: Chain;
  readonly producing: Pick<Producing, 'isProducer' | 'takesBlocks' | 'producer' | 'follow' | 'confirmed' | 'keyInUse'>;
  readonly recovering: Recovering;
  readonly userPubkey: string;
  /** While two chains count alike, nothing is taken but a recovery, which ends that. */
  readonly split: Split;
  /** Rows that go into the transaction that makes these blocks final, besides the chain's own. */
  readonly alsoWrite: (final: readonly Block[]) => readonly Write[];
  /** Blocks became final and are stored. */
  readonly stored: (blocks: readonly Block[]) => void;
}

/** Final blocks from elsewhere: verifies them, executes them, stores them. All of it runs in the group's mailbox. */
export class BlockIntake {
  readonly #options: BlockIntakeOptions;

  constructor(options: BlockIntakeOptions) {
    this.#options = options;
  }

  async apply(blocks: readonly Block[]): Promise<AppliedBlocks> {
    const { chain, producing, split } = this.#options;
    let applied = 0;
    let staged: Block[] = [];
    let refusal: AppliedBlocks['refusal'];
    const flush = async (): Promise<void> => {
      await chain.flush(producing.isProducer ? 'strict' : 'relaxed', this.#options.alsoWrite(staged));
      applied += staged.length;
      this.#options.stored(staged);
      staged = [];
    };
    for (let place = 0; place < blocks.length; place++) {
      const block = blocks[place] as Block;
      const isBeside = block.BlockId <= chain.tip.blockId;
      const isRecovery = !isBeside && chain.recoveryOf(block) !== undefined;
      // Who is about to open a recovery takes no block of before, unless a later recovery comes with it.
      if (isBeside || (chain.opening && !isRecovery)) {
        if (staged.length > 0) await flush();
        const taken = await this.#placed(blocks.slice(place));
        if (typeof taken === 'string') {
          refusal = { reason: taken, block };
          break;
        }
        applied += taken;
        place += Math.max(0, taken - 1);
        if (isBeside || taken > 0) continue;
      }
      // Asked for before this node produced, or what it builds itself.
      if (!isRecovery && (split.found || !producing.takesBlocks)) break;
      const examined = await chain.examine(block);
      if ('refusal' in examined) {
        refusal = { reason: examined.refusal, block };
        break;
      }
      if (producing.producer && this.#hasSealed(block)) await producing.keyInUse(block.ConfigNonce);
      await chain.stage(block, examined.execution);
      staged.push(block);
      if (chain.isStageFull) await flush();
    }
    if (staged.length > 0) await flush();
    await producing.follow();
    if (applied > 0) await producing.producer?.jumped();
    return refusal ? { applied, refusal } : { applied };
  }

  /**
   * The first of these is of a height that the chain has, or is about to open a recovery at: it is the same block, whose seals may be new, or they lead
   * to a recovery. Answers how many came in the place of others.
   */
  async #placed(blocks: readonly Block[]): Promise<number | Refusal> {
    const { producing, recovering, stored } = this.#options;
    const taken = await recovering.take(blocks);
    if (taken === 'other') {
      const [first] = blocks;
      if (first) await producing.confirmed(first);
      return 0;
    }
    if (typeof taken === 'string') return taken;
    stored(taken);
    return taken.length;
  }

  /** Whether this node's key has sealed the block: as this node did not make it, the key is at work elsewhere too. */
  #hasSealed(block: Block): boolean {
    return block.Seals.some((seal) => seal.ProducerPubkey === this.#options.userPubkey && verifySeal(seal, block));
  }
}

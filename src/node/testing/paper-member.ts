import { groupTopic } from '../../crypto/index.ts';
import type { GroupIdentity } from '../../ledger/index.ts';
import type { Block, ChangeConsensusResp, Trx } from '../../records/index.ts';
import { BlockIntake } from '../block-intake.ts';
import { Chain } from '../chain.ts';
import type { ReadPost } from '../chain-head.ts';
import { Mailbox } from '../mailbox.ts';
import { Members } from '../members.ts';
import { Outbox } from '../outbox.ts';
import type { Ports, Write } from '../ports.ts';
import { readPublicPost } from '../read-post.ts';
import { Recovering } from '../recovery/recovering.ts';
import { Split } from '../recovery/split.ts';
import type { AppliedBlocks } from '../sync.ts';
import { VerifiedTrxs } from '../verified.ts';

export interface PaperMemberOptions {
  readonly identity: GroupIdentity;
  readonly genesis: Block;
  readonly userPubkey: string;
  readonly ports: Pick<Ports, 'store' | 'clock' | 'network' | 'random'>;
  /** As in a public group by default. */
  readonly readPost?: ReadPost;
}

/** A user's. */
const PRODUCING = {
  isProducer: false,
  takesBlocks: true,
  producer: undefined,
  halt: () => {},
  follow: async () => {},
  overtaken: () => {},
  confirmed: async () => {},
  keyInUse: async () => {},
};

/**
 * For tests and benchmarks: what a member holds of a group, and its part in recoveries, with nothing around them. It produces nothing, and hears
 * nobody.
 */
export class PaperMember {
  readonly chain: Chain;
  readonly outbox: Outbox;
  readonly members = new Members();
  readonly split: Split;
  readonly recovering: Recovering;
  /** Takes blocks as they come from others. */
  readonly intake: BlockIntake;
  /** What was handed on: others' trxs that are in no block any more, and own ones that are pending again. */
  pooled: readonly Trx[] = [];
  returned: readonly Trx[] = [];
  /** Whether this member has promised the response that a bundle carries. */
  hasPromised: (response: ChangeConsensusResp) => boolean = () => true;
  readonly #userPubkey: string;

  /** Its chain is empty until {@link load}. */
  constructor(options: PaperMemberOptions) {
    const { identity, genesis, userPubkey, ports } = options;
    const { groupId, cipherKey } = identity;
    const readPost = options.readPost ?? readPublicPost(cipherKey);
    const { store } = ports;
    this.#userPubkey = userPubkey;
    this.chain = new Chain({ identity, genesis, store, verified: new VerifiedTrxs(), readPost });
    this.outbox = new Outbox(store, groupId);
    this.split = new Split(store, groupId);
    this.recovering = new Recovering({
      ...ports,
      topic: groupTopic(cipherKey, groupId),
      groupId,
      cipherKey,
      userPubkey,
      chain: this.chain,
      mailbox: new Mailbox(() => this.chain.dropStaged()),
      members: this.members,
      outbox: this.outbox,
      producing: PRODUCING,
      change: () => this,
      apply: (blocks) => this.intake.apply(blocks),
      alsoWrite: (final) => this.#settled(final),
      stored: (final) => this.#forget(final),
      toPool: async (trxs) => {
        this.pooled = [...this.pooled, ...trxs];
      },
      returned: (trxs) => {
        this.returned = [...this.returned, ...trxs];
      },
      twoChains: async () => {},
      failed: (error) => {
        throw error;
      },
    });
    this.intake = new BlockIntake({
      chain: this.chain,
      recovering: this.recovering,
      producing: PRODUCING,
      userPubkey,
      split: this.split,
      alsoWrite: (final) => this.#settled(final),
      stored: (final) => this.#forget(final),
    });
  }

  #settled(final: readonly Block[]): Write[] {
    return final.flatMap(({ Trxs }) => this.outbox.writesFor(Trxs, this.#userPubkey));
  }

  /** Begins where the store says. Throws Error if that does not hold together. */
  async load(): Promise<void> {
    const { sound } = await this.chain.reload();
    if (!sound) throw new Error('what is stored does not hold together');
    await this.outbox.load();
    await this.recovering.load();
  }

  /** Takes the next blocks of its chain, final or not. Throws Error for any others. */
  async apply(blocks: readonly Block[]): Promise<AppliedBlocks> {
    for (const block of blocks) {
      const examined = await this.chain.examine(block, { needsSeals: false });
      if ('refusal' in examined) throw new Error(`block ${block.BlockId} is refused: ${examined.refusal}`);
      await this.chain.stage(block, examined.execution);
      if (this.chain.isStageFull) await this.#flush();
    }
    await this.#flush();
    return { applied: blocks.length };
  }

  async #flush(): Promise<void> {
    const final = this.chain.stagedFinal;
    await this.chain.flush('relaxed', this.#settled(final));
    this.#forget(final);
  }

  #forget(final: readonly Block[]): void {
    for (const { Trxs } of final) this.outbox.forget(Trxs, this.#userPubkey);
  }
}

import { openBytes } from '../../crypto/index.ts';
import { bundleHash, bundleIn, configurationOf, KvState, type Recovery, recoveryIn } from '../../ledger/index.ts';
import { type Block, ConsensusResult, equalBytes, PostItem, type Trx, TrxType } from '../../records/index.ts';
import { askForBlocks, type BlockAsker, blocksIn } from '../block-requests.ts';
import type { Chain } from '../chain.ts';
import type { Refusal } from '../chain-head.ts';
import type { Change } from '../change/change.ts';
import type { Mailbox } from '../mailbox.ts';
import type { Member, Members } from '../members.ts';
import type { Outbox } from '../outbox.ts';
import type { Clock, PeerId, Store, Write } from '../ports.ts';
import type { Producing } from '../producing.ts';
import { GivenUpRow, keyOf, type OutboxRow } from '../rows.ts';
import type { AppliedBlocks } from '../sync.ts';
import type { GivenUpView } from '../view.ts';
import { nextConfiguration, type SealedFork, sealedFork, upToNonce } from './fork-choice.ts';
import { hasBlock, type TwoChains } from './two-chains.ts';

export interface RecoveringOptions extends BlockAsker {
  readonly chain: Chain;
  readonly store: Store;
  readonly clock: Clock;
  readonly mailbox: Mailbox;
  readonly members: Members;
  readonly outbox: Outbox;
  readonly producing: Pick<Producing, 'halt' | 'follow' | 'overtaken'>;
  readonly change: () => Pick<Change, 'hasPromised'>;
  /** Verifies and stores blocks in order. In the mailbox. */
  readonly apply: (blocks: readonly Block[]) => Promise<AppliedBlocks>;
  /** Rows that go into the transaction that makes these blocks final, besides the chain's own. */
  readonly alsoWrite: (final: readonly Block[]) => readonly Write[];
  /** Valid trxs that this node's producer has a use for. In the mailbox. */
  readonly toPool: (trxs: readonly Trx[]) => Promise<void>;
  /** Blocks became final and are stored that nobody handed in. In the mailbox. */
  readonly stored: (blocks: readonly Block[]) => void;
  /** Own trxs are pending again. */
  readonly returned: (trxs: readonly Trx[]) => void;
  /** This node has to stop. In the mailbox. */
  readonly twoChains: (found: TwoChains) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

const ASK_TIMEOUT_MS = 5_000;
/** Answers of a member that are put together to get to the block that counts: some 64 MB, which a tab can hold, and write at once. */
const ANSWERS_MAX = 32;
/** Between two looks at the chain of one member. */
const LOOK_AGAIN_MS = 5_000;
/** And after one that took several answers and brought nothing: whoever lies of a higher configuration is not to cost more than that. */
const LONG_LOOK_AGAIN_MS = 300_000;

/**
 * This node's part in recoveries, that of the owner who asks apart: it produces under one that it has promised, once the owner has signed its
 * success; it finds chains of a higher configuration, and goes over to them; what it gives up on the way is told, and sent again if it is its own
 * user's. (consensus.md, "Recovery")
 */
export class Recovering {
  readonly #options: RecoveringOptions;
  readonly #lookedAtMs = new Map<PeerId, number>();
  #givenUp: GivenUpView | undefined;
  /** The success of a recovery that this node is bound to, whose base it has left for a chain that counted more. Sent again until it is final. */
  #awaited: Trx | undefined;
  /** Lanes in which a member is being looked at: of proved ones, and of others. */
  readonly #looking = new Set<boolean>();

  constructor(options: RecoveringOptions) {
    this.#options = options;
  }

  /** The newest recovery that took final blocks back here. */
  get givenUp(): GivenUpView | undefined {
    return this.#givenUp;
  }

  /** In the mailbox. */
  async load(): Promise<void> {
    const row = await this.#options.store.get('log', keyOf.givenUp(this.#options.groupId));
    this.#givenUp = row && viewOf(GivenUpRow.decode(row));
  }

  // ------------------------------------------------------------------------------------------------------------------ adoption

  /**
   * The owner has signed the success of a recovery. A producer that has promised its response follows it, the first of its nonce: from now on it is
   * at the base, and the next block opens the recovery. In the mailbox.
   */
  async adopt(trx: Trx): Promise<void> {
    const recovery = this.#toFollow(trx);
    if (!recovery) return;
    if (await this.#isBaseFinal(recovery)) await this.#follow(trx, recovery, []);
    else this.#awaited = trx;
  }

  /** The recovery in a trx, if this node is bound to follow it: the first of its nonce, and above whatever it has. */
  #toFollow(trx: Trx | undefined): Recovery | undefined {
    const { chain, userPubkey } = this.#options;
    const recovery = this.#above(trx);
    const adopted = this.#above(chain.adopted);
    if (!recovery || (adopted && adopted.nonce >= recovery.nonce)) return undefined;
    const response = recovery.bundle.Resps.find(({ SenderPubkey }) => SenderPubkey === userPubkey);
    return response && this.#options.change().hasPromised(response) ? recovery : undefined;
  }

  /**
   * Follows a recovery: takes back what stands above its base, or, where this chain does not have that, above the block on which those stand that lead
   * to it. Throws {@link Refused}, and changes nothing, if those do not hold.
   */
  async #follow(trx: Trx, recovery: Recovery, toBase: readonly Block[]): Promise<void> {
    const { producing, toPool, stored } = this.#options;
    const [first] = toBase;
    const common = first ? { blockId: first.BlockId - 1, hash: first.PrevHash } : recovery.base;
    const dropped = await this.#takeBack({ ...recovery, base: common }, toBase, trx);
    this.#awaited = undefined;
    if (toBase.length > 0) stored(toBase);
    await producing.follow();
    await toPool([trx, ...dropped]);
  }

  /** The recovery in a trx, if it is above this chain's configuration. */
  #above(trx: Trx | undefined): Recovery | undefined {
    const { chain } = this.#options;
    return recoveryIn(trx, chain.identity, chain.configuration.nonceFloor);
  }

  async #isBaseFinal({ base }: Recovery): Promise<boolean> {
    const { chain } = this.#options;
    return base.blockId <= chain.head.blockId && (await hasBlock(chain, base.blockId, base.hash));
  }

  /**
   * Takes back what stands above the base, stores that together with the blocks that come instead and the recovery that is adopted on them, if one is, and
   * answers the trxs of others that are in no block any more. All of it happens on a second view of the chain, which counts once everything is stored: whatever fails
   * before, nothing has changed. Throws {@link Refused}.
   */
  async #takeBack(fork: Fork, instead: readonly Block[], adopted?: Trx): Promise<readonly Trx[]> {
    const { chain, outbox, producing, userPubkey, alsoWrite, returned } = this.#options;
    const headBefore = chain.head.blockId;
    const { next, dropped } = await this.#staged(fork.base, instead);
    if (adopted) next.stageAdoption(adopted);
    const kept = new Set(instead.flatMap(({ Trxs }) => Trxs.map(nameOf)));
    const rows = await this.#ownOf(
      dropped.filter(({ BlockId }) => BlockId <= headBefore),
      kept,
    );
    const lost = this.#lost(fork, headBefore, rows.length);
    await next.flush('strict', [
      ...outbox.writesBack(rows),
      ...(lost ? [{ table: 'log', key: keyOf.givenUp(this.#options.groupId), value: GivenUpRow.encode(lost) } as const] : []),
      ...alsoWrite(instead),
    ]);
    producing.halt();
    chain.become(next);
    if (lost) this.#givenUp = viewOf(lost);
    outbox.takeBack(rows);
    if (rows.length > 0) returned(rows.map(({ Trx }) => Trx));
    // The outbox sends own ones.
    const isLeft = (trx: Trx): boolean =>
      trx.Type !== TrxType.CONSENSUS && trx.SenderPubkey !== userPubkey && !kept.has(nameOf(trx));
    return dropped.flatMap(({ Trxs }) => Trxs).filter(isLeft);
  }

  /** The chain as it would be with these blocks on a base instead of those above it, and the latter. Throws {@link Refused}. */
  async #staged(base: Fork['base'], blocks: readonly Block[]): Promise<{ next: Chain; dropped: readonly Block[] }> {
    const next = await this.#options.chain.scratch();
    const dropped = await next.stageRollback(base.blockId);
    for (const block of blocks) {
      const examined = await next.examine(block);
      if ('refusal' in examined) throw new Refused(examined.refusal);
      await next.stage(block, examined.execution);
    }
    return { next, dropped };
  }

  #lost({ nonce, base }: Fork, headBefore: number, ownTrxs: number): GivenUpRow | undefined {
    if (headBefore <= base.blockId) return undefined;
    const { clock } = this.#options;
    return { Nonce: nonce, BaseBlockId: base.blockId, LastBlockId: headBefore, OwnTrxs: ownTrxs, Time: clock.nowNs() };
  }

  /**
   * Rows for the outbox of this user's trxs in blocks that are taken back. A success of a change of consensus is none: what was asked for before a
   * recovery counts no more.
   */
  async #ownOf(blocks: readonly Block[], kept: ReadonlySet<string>): Promise<(OutboxRow & { readonly Trx: Trx })[]> {
    const { chain, store, userPubkey, groupId } = this.#options;
    const rows: (OutboxRow & { readonly Trx: Trx })[] = [];
    for (const { BlockId, Trxs } of blocks) {
      for (const [place, trx] of Trxs.entries()) {
        if (trx.SenderPubkey !== userPubkey || this.#isOvertaken(trx) || kept.has(nameOf(trx))) continue;
        const content = await store.get('contents', keyOf.content(groupId, BlockId, place));
        const plain = content ? PostItem.decode(content).Content : openBytes(chain.identity.cipherKey, trx.Data);
        rows.push({ Trx: trx, Content: plain ?? NOTHING, CreatedAt: trx.TimeStamp, InvalidCode: '', InvalidReason: '' });
      }
    }
    return rows;
  }

  #isOvertaken(trx: Trx): boolean {
    return trx.Type === TrxType.CONSENSUS && bundleIn(trx, this.#options.chain.identity)?.Result === ConsensusResult.SUCCESS;
  }

  // -------------------------------------------------------------------------------------------------------------- another chain

  /**
   * Blocks from a height on that this chain has, or is about to open a recovery at. If they are another chain's that counts more, as many as it takes to show
   * that come in the place of what stands there. `other`: they do not. In the mailbox.
   */
  async take(blocks: readonly Block[]): Promise<readonly Block[] | 'other' | Refusal> {
    const { producing, toPool } = this.#options;
    const fork = await this.#sealedFork(blocks);
    const taken = fork && upToNonce(fork, this.#leastNonceOver(fork));
    const last = taken?.at(-1);
    if (!fork || !taken || !last) return 'other';
    return unlessRefused(async () => {
      const dropped = await this.#takeBack({ nonce: last.ConfigNonce, base: fork.base }, taken);
      await producing.follow();
      await toPool(dropped);
      return taken;
    });
  }

  /** How far these blocks are sealed, if they stand on a final block of this chain in the place of others; undefined if they do not. */
  async #sealedFork(blocks: readonly Block[]): Promise<SealedFork | undefined> {
    const { chain } = this.#options;
    const [first] = blocks;
    if (!first || first.BlockId - 1 > chain.head.blockId || (await hasBlock(chain, first.BlockId, first.BlockHash)))
      return undefined;
    const base = await chain.storedBlock(first.BlockId - 1);
    if (!base || !equalBytes(base.BlockHash, first.PrevHash)) return undefined;
    const { BlockId: blockId, Epoch: epoch, TimeStamp: timeNs, BlockHash: hash } = base;
    const under = blockId === 0 ? configurationOf(new KvState(), chain.identity) : chain.configurationUnder(base.ConfigNonce);
    const after = nextConfiguration(base, under, chain.identity);
    return sealedFork(blocks, { blockId, epoch, timeNs, hash }, after, chain.identity);
  }

  /** The nonce that another chain has to be sealed under, to count more than this one and what is adopted here. */
  #leastNonceOver({ blocks }: SealedFork): number {
    const { chain } = this.#options;
    const adopted = this.#above(chain.adopted);
    const isOpenedThere = ({ Trxs: [trx] }: Block): boolean => adopted !== undefined && this.#isSame(adopted, trx);
    const adoptedNonce = adopted === undefined || blocks.some(isOpenedThere) ? 0 : adopted.nonce;
    return 1 + Math.max(chain.head.configNonce, adoptedNonce);
  }

  #isSame({ bundle }: Recovery, trx: Trx | undefined): boolean {
    const other = this.#above(trx)?.bundle;
    return other !== undefined && equalBytes(bundleHash(bundle), bundleHash(other));
  }

  /** Once a second: looks at members whose chain is of a higher configuration, or differs under the same one. */
  tick(): void {
    const { clock, members } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const peer of this.#lookedAtMs.keys()) if (!members.get(peer)) this.#lookedAtMs.delete(peer);
    const awaited = this.#toFollow(this.#awaited);
    // In two lanes, so that made-up members, however many, take no turn of those whose keys speak for them.
    for (const isProved of [true, false]) this.#lookAtOne(isProved, awaited, nowMs);
  }

  #lookAtOne(isProved: boolean, awaited: Recovery | undefined, nowMs: number): void {
    if (this.#looking.has(isProved)) return;
    const { members, failed } = this.#options;
    const lookedAtMs = ({ peerId }: Member): number => this.#lookedAtMs.get(peerId) ?? -LOOK_AGAIN_MS;
    const leastNonce = Math.max(1, this.#ownNonce);
    // The one that was looked at longest ago: who comes first in any other order might keep the rest from their turn.
    const [member] = members
      .all()
      .filter((each) => each.isProved === isProved && nowMs - lookedAtMs(each) >= LOOK_AGAIN_MS)
      .filter((each) => awaited || each.configNonce >= leastNonce)
      .sort((a, b) => lookedAtMs(a) - lookedAtMs(b));
    if (!member) return;
    this.#lookedAtMs.set(member.peerId, nowMs);
    this.#looking.add(isProved);
    this.#visit(member, awaited, leastNonce)
      .catch(failed)
      .finally(() => this.#looking.delete(isProved));
  }

  /** What other chains are compared with: what is adopted counts, though no block is made of it yet. */
  get #ownNonce(): number {
    const { opening, head } = this.#options.chain;
    return opening?.nonce ?? head.configNonce;
  }

  async #visit(member: Member, awaited: Recovery | undefined, leastNonce: number): Promise<void> {
    const isBack = awaited !== undefined && (await this.#goBack(member, awaited));
    if (!isBack && member.configNonce >= leastNonce) await this.#look(member);
  }

  /**
   * Goes back to the base of a recovery that this node is bound to, where a member has it: a chain of a higher configuration than the base's was gone over to
   * meanwhile, which counts less than the recovery. Answers whether it did.
   */
  async #goBack(member: Member, { base }: Recovery): Promise<boolean> {
    const { chain, mailbox } = this.#options;
    if (member.headBlock < base.blockId) return false;
    const [block] = await this.#blocksOf(member, base.blockId, 1);
    if (!block || !equalBytes(block.BlockHash, base.hash)) return false;
    const from = await this.#leavesAt(member, Math.min(chain.head.blockId, base.blockId));
    if (from === undefined) return false;
    const { blocks, answers } = await this.#blocksFrom(member, from, ({ BlockId }) => BlockId >= base.blockId);
    const toBase = blocks.slice(0, base.blockId - from + 1);
    const isBack = await mailbox.run(() => this.#followFrom(toBase));
    if (!isBack && answers > 1) this.#restLong(member);
    return isBack;
  }

  /** In the mailbox. */
  async #followFrom(toBase: readonly Block[]): Promise<boolean> {
    const { chain } = this.#options;
    const trx = this.#awaited;
    const recovery = this.#toFollow(trx);
    const [first] = toBase;
    if (!trx || !recovery || !first || !equalBytes(recovery.base.hash, toBase.at(-1)?.BlockHash ?? NOTHING)) return false;
    // What they stand on is still there, and final.
    const under = first.BlockId - 1;
    if (under > chain.head.blockId || !(await hasBlock(chain, under, first.PrevHash))) return false;
    return (await unlessRefused(() => this.#follow(trx, recovery, toBase))) === undefined;
  }

  /** Finds where the chain of a member leaves this one, and takes what counts more. */
  async #look(member: Member): Promise<void> {
    const { chain, mailbox, apply, twoChains } = this.#options;
    const newest = Math.min(chain.head.blockId, member.headBlock);
    const isHigher = member.configNonce > this.#ownNonce;
    // Where nothing is higher and its head is one of ours, nobody has to be asked.
    if (!isHigher && (await hasBlock(chain, member.headBlock, member.headHash))) return;
    const other = await this.#whereDiffers(member, newest);
    if (other === undefined) return;
    const { blocks, answers } = await this.#blocksFrom(
      member,
      other,
      ({ ConfigNonce }) => !isHigher || ConfigNonce > this.#ownNonce,
    );
    const [first] = blocks;
    if (first?.BlockId !== other) return;
    await mailbox.run(async () => {
      const { applied } = await apply(blocks);
      if (applied > 0) return;
      if (answers > 1) this.#restLong(member);
      const found = await this.secondChain(blocks);
      if (found) await twoChains(found);
    });
  }

  /**
   * Two chains of one nonce are two that each hold a block sealed under it, and verify: neither counts more. What is sealed under older nonces only shows
   * nothing, whoever sealed it. In the mailbox.
   * @param blocks of the other chain, from where it leaves this one
   */
  async secondChain(blocks: readonly Block[]): Promise<TwoChains | undefined> {
    const { chain } = this.#options;
    const { configNonce: nonce, blockId, hash } = chain.head;
    // Those of before have sealed the head: they can have sealed another one since they were replaced.
    if (nonce !== chain.inForce.nonce) return undefined;
    const fork = await this.#sealedFork(blocks);
    const shown = fork && upToNonce(fork, nonce);
    const theirs = shown?.at(-1);
    if (!fork || !shown || theirs?.ConfigNonce !== nonce) return undefined;
    if (typeof (await unlessRefused(() => this.#staged(fork.base, shown))) === 'string') return undefined;
    const beside = await chain.storedBlock(theirs.BlockId);
    const ours = beside?.ConfigNonce === nonce ? nameOfBlock(beside) : { blockId, hash };
    return { nonce, ours, theirs: nameOfBlock(theirs) };
  }

  /**
   * The least height at which a member has another block than this chain, or than it may have: who is about to open a recovery takes no block of a
   * lower configuration, unless a later one overtakes it. Undefined if there is none up to `newest`.
   */
  async #whereDiffers(member: Member, newest: number): Promise<number | undefined> {
    const { opening } = this.#options.chain;
    const isAtBase = opening?.base.blockId === newest && member.headBlock > newest;
    return (await this.#leavesAt(member, newest)) ?? (isAtBase ? newest + 1 : undefined);
  }

  /** The least height up to `newest` at which a member has another block than this chain. */
  async #leavesAt(member: Member, newest: number): Promise<number | undefined> {
    if (!(await this.#differsAt(member, newest))) return undefined;
    let same = 0;
    let other = newest;
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (await this.#differsAt(member, middle)) other = middle;
      else same = middle;
    }
    return other;
  }

  /** A member's blocks from a height on, in as many answers as it takes to come to one that is enough. */
  async #blocksFrom(
    member: Member,
    from: number,
    isEnough: (block: Block) => boolean,
  ): Promise<{ readonly blocks: readonly Block[]; readonly answers: number }> {
    const blocks: Block[] = [];
    let answers = 0;
    while (answers < ANSWERS_MAX && from + blocks.length <= member.headBlock) {
      const next = from + blocks.length;
      const more = await this.#blocksOf(member, next, -1);
      if (more[0]?.BlockId !== next) break;
      answers += 1;
      blocks.push(...more);
      if (more.some(isEnough)) break;
    }
    return { blocks, answers };
  }

  #restLong({ peerId }: Member): void {
    this.#lookedAtMs.set(peerId, this.#options.clock.monotonicMs() + LONG_LOOK_AGAIN_MS - LOOK_AGAIN_MS);
  }

  /** Whether a member gives another block of this height than this chain has. One that gives none differs nowhere. */
  async #differsAt(member: Member, blockId: number): Promise<boolean> {
    const [block] = await this.#blocksOf(member, blockId, 1);
    return block?.BlockId === blockId && !(await hasBlock(this.#options.chain, blockId, block.BlockHash));
  }

  async #blocksOf(member: Member, from: number, count: number): Promise<readonly Block[]> {
    return blocksIn(await askForBlocks(this.#options, member.peerId, { from, count }, ASK_TIMEOUT_MS));
  }

  /** Asks every member that can be reached for its newest final block, users too, and takes what is above the own one. Not in the mailbox. */
  async findNewest(): Promise<void> {
    const { chain, members, mailbox, producing, apply } = this.#options;
    const take = async (blocks: readonly Block[]): Promise<void> => {
      // A producer would wait for its own to bring them.
      producing.overtaken();
      await apply(blocks);
    };
    for (;;) {
      const before = chain.head.blockId;
      const asked = members.all().map((member) => this.#blocksOf(member, before + 1, -1));
      const offers = (await Promise.all(asked)).filter(([first]) => first?.BlockId === before + 1);
      for (const blocks of offers.sort((a, b) => b.length - a.length)) await mailbox.run(() => take(blocks));
      if (chain.head.blockId === before) return;
    }
  }
}

/** Where two chains part, and the nonce of the one that counts. */
type Fork = Pick<Recovery, 'nonce' | 'base'>;

/** What comes of it; where a block is refused, why, and nothing has changed. */
async function unlessRefused<T>(goOver: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await goOver();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.refusal;
  }
}

/** Thrown where a block does not hold; caught in one place. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

const NOTHING = new Uint8Array();

const nameOfBlock = ({ BlockId: blockId, BlockHash: hash }: Block) => ({ blockId, hash });

const nameOf = ({ SenderPubkey, TrxId }: Trx): string => `${SenderPubkey}/${TrxId}`;

const viewOf = ({ Nonce, BaseBlockId, LastBlockId, OwnTrxs, Time }: GivenUpRow): GivenUpView => ({
  nonce: Nonce,
  baseBlock: BaseBlockId,
  lastBlock: LastBlockId,
  ownTrxs: OwnTrxs,
  atMs: Number(Time / 1_000_000n),
});

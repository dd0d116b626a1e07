import { decodeFrontier, emptyFrontier, encodeFrontier, frontierRoot } from '../crypto/index.ts';
import {
  type ActiveConfiguration,
  bundleHash,
  bundleOfNonce,
  configurationOf,
  configurationOfNonce,
  type Execution,
  execute,
  flawOf,
  type GroupIdentity,
  isFinal,
  KvState,
  type OrderContext,
  orderTrxs,
  type ParentBlock,
  type Recovery,
  RULES_VERSION,
  recoveryIn,
  sameTrxs,
  sealBlock,
  TABLES_IN_MEMORY,
} from '../ledger/index.ts';
import { Block, type ChangeConsensusResultBundle, decodeOrNothing, equalBytes, type Trx, TrxType } from '../records/index.ts';
import { type Above, type ChainOptions, genesisHead, type Head, headOf, type Refusal } from './chain-head.ts';
import { contentWrites, executionWrites } from './chain-rows.ts';
import { isEvidenceGood } from './evidence.ts';
import { type Durability, StoreError, type Write } from './ports.ts';
import { rollBack } from './recovery/roll-back.ts';
import { AdoptedRow, HeadRow, keyOf, ledgerKeyOf, PlaceRow, startingWith } from './rows.ts';

/** Rows that may wait in one transaction: beyond this a tab's memory and its responsiveness suffer. */
const STAGED_LIMIT = { blocks: 64, writes: 4_000 } as const;

/**
 * A group's chain as this node holds it: head, state, history. Blocks are staged in memory and written in one transaction at a block's
 * boundary; if that write fails, {@link reload} goes back to what is stored.
 */
export class Chain {
  readonly identity: GroupIdentity;
  readonly #options: ChainOptions;
  /** The newest block staged; what follows is built and checked on it. */
  #tip: Head;
  /** The newest final block stored: what this node tells others and shows. */
  #head: Head;
  /** Blocks above the head, ascending: staged, or stored and waiting for seals. Each with the configuration whose seals make it final. */
  #above: Above[] = [];
  #state = new KvState();
  #frontier = emptyFrontier();
  #configuration: ActiveConfiguration;
  #staged: Write[] = [];
  #stagedBlocks: Block[] = [];
  /** Trxs of staged blocks, which the store does not know yet. */
  #stagedTrxs = new Set<string>();
  /** Trxs of blocks that are staged to be taken back, which the store still knows. */
  #droppedTrxs = new Set<string>();
  /** The CONSENSUS trx of a recovery that this node produces under, until the chain has it. */
  #adopted: Trx | undefined;

  /** What is in memory may not be what is stored: nothing is done with it before it has been read again. */
  #isStale = false;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.#tip = genesisHead(options.genesis);
    this.#head = this.#tip;
    this.#configuration = configurationOf(this.#state, this.identity);
  }

  /** The newest final block stored. */
  get head(): Head {
    return this.#head;
  }

  /** The newest block, staged ones and those that wait for seals included. */
  get tip(): Head {
    return this.#tip;
  }

  /** The newest block stored, final or waiting for seals. */
  get stored(): Head {
    return this.hasStaged
      ? (this.#above.findLast(({ head }) => head.blockId < (this.#stagedBlocks[0]?.BlockId ?? 0))?.head ?? this.#head)
      : this.#tip;
  }

  /** Of the next block on the tip. */
  get configuration(): ActiveConfiguration {
    return this.#configuration;
  }

  /**
   * Whose seals are at work: that of the blocks that wait for them, else of the next block. A new configuration begins when the last block of
   * the one before it is final; until then these two differ.
   */
  get inForce(): ActiveConfiguration {
    return this.#above[0]?.configuration ?? this.#configuration;
  }

  /** Whether this software has the rules by which the next block is executed (architecture.md, "Upgrades"). */
  get knowsRules(): boolean {
    return this.#configuration.rulesVersion === RULES_VERSION;
  }

  /** The recovery that the next block opens; undefined for any other block. */
  get opening(): Recovery | undefined {
    return this.#configuration.isOpening && this.#recoveryOnTip(this.#adopted);
  }

  /** The CONSENSUS trx of the newest recovery that this node has adopted, in the chain or not yet. */
  get adopted(): Trx | undefined {
    return this.#adopted;
  }

  /** What set the configuration whose seals are at work; undefined before block 1. */
  get bundleInForce(): ChangeConsensusResultBundle | undefined {
    return this.opening?.bundle ?? bundleOfNonce(this.#state, this.inForce.nonce);
  }

  get state(): KvState {
    return this.#state;
  }

  get hasStaged(): boolean {
    return this.#stagedBlocks.length > 0;
  }

  /** Whether {@link flush} should come before anything more is staged. */
  get isStageFull(): boolean {
    return this.#stagedBlocks.length >= STAGED_LIMIT.blocks || this.#staged.length >= STAGED_LIMIT.writes;
  }

  /**
   * Drops what is staged and reads head, state and history from the store. Answers whether what is stored holds together. If reading fails nothing changes, but
   * that nothing more can be staged on what may not be stored.
   */
  async reload(): Promise<{ sound: boolean }> {
    this.#isStale = true;
    const fresh = new Chain(this.#options);
    const sound = await fresh.#read();
    this.become(fresh);
    return { sound };
  }

  /** After a task that failed: what it has staged is no whole, and must not be written with what comes next. */
  async dropStaged(): Promise<void> {
    if (this.#isStale || this.#staged.length > 0 || this.hasStaged) await this.reload();
  }

  /** A second view of what is stored, to try blocks on. Nothing that happens to it touches this one, until {@link become}. Nothing must be staged here. */
  async scratch(): Promise<Chain> {
    const copy = new Chain(this.#options);
    if (!(await copy.#read())) throw new Error('What is stored of this chain does not hold together.');
    return copy;
  }

  /** Takes over what the other, a {@link scratch} of this one, has stored. */
  become(other: Chain): void {
    this.#tip = other.#tip;
    this.#head = other.#head;
    this.#above = other.#above;
    this.#state = other.#state;
    this.#frontier = other.#frontier;
    this.#configuration = other.#configuration;
    this.#staged = other.#staged;
    this.#stagedBlocks = other.#stagedBlocks;
    this.#stagedTrxs = other.#stagedTrxs;
    this.#droppedTrxs = other.#droppedTrxs;
    this.#adopted = other.#adopted;
    this.#isStale = other.#isStale;
  }

  #mustBeFresh(): void {
    if (this.#isStale) throw new Error('This chain has to be read again before anything is done with it.');
  }

  /** Reads what is stored into a chain that is new. Answers whether it holds together. */
  async #read(): Promise<boolean> {
    const { groupId } = this.identity;
    let finalBlockId = 0;
    const stored = await this.#options.store.get('heads', keyOf.head(groupId));
    if (stored) {
      try {
        const row = HeadRow.decode(stored);
        this.#frontier = decodeFrontier(row.Frontier);
        this.#tip = {
          blockId: row.BlockId,
          epoch: row.Epoch,
          timeNs: row.TimeStamp,
          hash: row.BlockHash,
          stateRoot: row.StateRoot,
          configNonce: 0,
          posts: row.Posts,
        };
        finalBlockId = row.FinalBlockId;
        for (const table of TABLES_IN_MEMORY) {
          for (const { key, value } of await this.#options.store.range('kv', startingWith(keyOf.kv(groupId, table, '')))) {
            this.#state.apply(table, ledgerKeyOf(key), value);
          }
        }
      } catch (error) {
        // What cannot be read now may be whole.
        if (error instanceof StoreError) throw error;
        return false;
      }
    }
    this.#configuration = configurationOf(this.#state, this.identity);
    this.#head = this.#tip;
    const sound = await this.#isTailSound(finalBlockId);
    const adopted = await this.#options.store.get('log', keyOf.adopted(groupId));
    this.#adopted = adopted && AdoptedRow.decode(adopted).Trx;
    this.#configuration = this.#nextConfiguration();
    return sound;
  }

  /** Of the next block on the tip: what the state says, or the recovery that was adopted on this very block. */
  #nextConfiguration(): ActiveConfiguration {
    return this.#recoveryOnTip(this.#adopted)?.configuration ?? configurationOf(this.#state, this.identity);
  }

  /** The recovery in a trx, if it is above this chain's configuration and the tip is its base. */
  #recoveryOnTip(trx: Trx | undefined): Recovery | undefined {
    const { nonceFloor } = this.#configuration;
    const recovery = recoveryIn(trx, this.identity, nonceFloor);
    const { blockId, hash, epoch } = this.#tip;
    if (!recovery || recovery.base.blockId !== blockId || !equalBytes(recovery.base.hash, hash)) return undefined;
    const { configuration } = recovery;
    return { ...recovery, configuration: { ...configuration, startEpoch: Math.max(configuration.startEpoch, epoch + 1) } };
  }

  /** The recovery that a block on the tip opens; undefined for any other block. */
  recoveryOf(block: Block): Recovery | undefined {
    const recovery = this.#recoveryOnTip(block.Trxs[0]);
    if (recovery?.nonce !== block.ConfigNonce) return undefined;
    // The first of a nonce that was adopted is the only one, and none of a lower nonce comes after it.
    const { opening } = this;
    const isOther =
      opening && opening.nonce >= recovery.nonce && !equalBytes(bundleHash(opening.bundle), bundleHash(recovery.bundle));
    return isOther ? undefined : recovery;
  }

  /**
   * Whether the stored blocks from the newest final one on are unbroken up to the one that the head's row names, the final one is sealed, and
   * the history gives the newest root. Fills in what lies above the head.
   */
  async #isTailSound(finalBlockId: number): Promise<boolean> {
    if (this.#tip.blockId === 0) return true;
    const under = await this.storedBlock(Math.max(0, finalBlockId - 1));
    let parent: ParentBlock | undefined = under && headOf(under, 0);
    let newest: Block | undefined;
    for (let blockId = finalBlockId; blockId <= this.#tip.blockId; blockId++) {
      const block = await this.storedBlock(blockId);
      if (!block || !parent) return false;
      // The configuration that sealed a block may be one that it replaced.
      const configuration = this.configurationUnder(block.ConfigNonce);
      const flaw = flawOf(block, parent, configuration);
      if (flaw !== undefined && !(blockId > finalBlockId && flaw === 'not-final')) return false;
      const head = headOf(block, this.#tip.posts);
      if (blockId === finalBlockId) this.#head = head;
      else this.#above.push({ head, configuration, isFinal: flaw === undefined });
      newest = block;
      parent = head;
    }
    if (!newest || !equalBytes(newest.BlockHash, this.#tip.hash)) return false;
    this.#tip = headOf(newest, this.#tip.posts);
    return equalBytes(newest.StateRoot, frontierRoot(this.#frontier));
  }

  /** The configuration of this chain with this nonce; that of the next block if there is none. */
  configurationUnder(nonce: number): ActiveConfiguration {
    if (nonce === this.#configuration.nonce) return this.#configuration;
    return configurationOfNonce(this.#state, this.identity, nonce) ?? this.#configuration;
  }

  /** A stored block; undefined if there is none, or it is damaged. Block 0 is the genesis block. */
  async storedBlock(blockId: number): Promise<Block | undefined> {
    if (blockId === 0) return this.#options.genesis;
    const bytes = await this.#options.store.get('blocks', keyOf.block(this.identity.groupId, blockId));
    return bytes && decodeOrNothing(Block, bytes);
  }

  /** Context of the rules for the next block at `blockTimeNs`, with the chain looked up for just these trxs. */
  async orderContext(trxs: readonly Trx[], blockTimeNs: bigint): Promise<OrderContext> {
    const { groupId } = this.identity;
    const keys = trxs.map((trx) => keyOf.trx(groupId, trx.SenderPubkey, trx.TrxId));
    const stored = await this.#options.store.getMany('trxs', keys);
    const isStored = (place: number, key: string): boolean => stored[place] !== undefined && !this.#droppedTrxs.has(key);
    const present = new Set(keys.filter((key, place) => isStored(place, key) || this.#stagedTrxs.has(key)));
    return {
      identity: this.identity,
      configuration: this.#configuration,
      state: this.#state,
      blockTimeNs,
      inChain: (sender, trxId) => present.has(keyOf.trx(groupId, sender, trxId)),
      isSigned: (trx) => this.#options.verified.isSigned(trx),
    };
  }

  /** Runs trxs on an overlay over the head's state; nothing is kept until {@link stage}. */
  execute(trxs: readonly Trx[]): Execution {
    return execute(this.#state, this.#frontier, trxs, this.identity);
  }

  /**
   * Checks a block from elsewhere against everything that this node knows: seals, contents, and the root that executing it gives.
   * Without `needsSeals` (a producer that catches up with what f+1 others named) it need not be final.
   */
  async examine(block: Block, { needsSeals = true } = {}): Promise<{ execution: Execution } | { refusal: Refusal }> {
    this.#mustBeFresh();
    if (!this.knowsRules) return { refusal: 'unknown-rules' };
    const configuration = this.recoveryOf(block)?.configuration ?? this.#configuration;
    const flaw = flawOf(block, this.#tip, configuration);
    if (flaw && (needsSeals || flaw !== 'not-final')) return { refusal: flaw };
    if (!isEvidenceGood(block, configuration)) return { refusal: 'wrong-evidence' };
    const context = { ...(await this.orderContext(block.Trxs, block.TimeStamp)), configuration };
    if (!sameTrxs(orderTrxs(block.Trxs, context), block.Trxs)) return { refusal: 'wrong-content' };
    const execution = this.execute(block.Trxs);
    if (!equalBytes(execution.stateRoot, block.StateRoot)) return { refusal: 'wrong-root' };
    return { execution };
  }

  /** A block with this producer's seal added. */
  seal(block: Block, secret: Uint8Array): Block {
    const own = sealBlock(block, this.#configuration, secret).Seals;
    const others = block.Seals.filter(({ ProducerPubkey }) => own.every((seal) => seal.ProducerPubkey !== ProducerPubkey));
    return { ...block, Seals: [...others, ...own] };
  }

  /** Confirms an execution: the block becomes the head in memory, its rows wait for {@link flush}. */
  async stage(block: Block, execution: Execution): Promise<void> {
    this.#mustBeFresh();
    const { groupId } = this.identity;
    const configuration = this.recoveryOf(block)?.configuration ?? this.#configuration;
    const firstLeaf = this.#frontier.size;
    // One by one, as in a rollback: a call takes no hundred thousand arguments.
    for (const write of executionWrites(groupId, block, execution, firstLeaf)) this.#staged.push(write);
    let posts = this.#tip.posts;
    for (const [place, trx] of block.Trxs.entries()) {
      this.#stagedTrxs.add(keyOf.trx(groupId, trx.SenderPubkey, trx.TrxId));
      if (trx.Type !== TrxType.POST) continue;
      const content = await this.#options.readPost(trx);
      if (!content) continue;
      this.#staged.push(contentWrites(groupId, block, place, trx, content));
      posts += 1;
    }
    for (const { table, key, value } of execution.changes) this.#state.apply(table, key, value);
    this.#frontier = execution.frontier;
    this.#tip = headOf(block, posts);
    this.#stagedBlocks.push(block);
    this.#above.push({ head: this.#tip, configuration, isFinal: isFinal(block, configuration) });
    if (block.Trxs.some((trx) => trx.Type === TrxType.CONSENSUS)) this.#configuration = this.#nextConfiguration();
  }

  /**
   * Takes back every block above this one, which is final here: at once in memory, in the store with the next {@link flush}. For a recovery only. Nothing
   * must be staged. Answers the blocks, ascending.
   */
  async stageRollback(blockId: number): Promise<readonly Block[]> {
    this.#mustBeFresh();
    const { groupId } = this.identity;
    const blocks: Block[] = [];
    for (let next = blockId + 1; next <= this.#tip.blockId; next++) {
      const block = await this.storedBlock(next);
      if (!block) throw new Error(`block ${next} of this chain is missing`);
      blocks.push(block);
    }
    const base = await this.storedBlock(blockId);
    if (!base || blockId > this.#head.blockId) throw new RangeError(`block ${blockId} is not final here`);
    this.#configuration = configurationOf(this.#state, this.identity);
    if (blocks.length === 0) return [];
    const { writes, frontier, posts } = await rollBack(this.#options.store, groupId, blocks, this.#state);
    for (const write of writes) this.#staged.push(write);
    for (const trx of blocks.flatMap(({ Trxs }) => Trxs)) this.#droppedTrxs.add(keyOf.trx(groupId, trx.SenderPubkey, trx.TrxId));
    this.#frontier = frontier;
    this.#tip = headOf(base, this.#tip.posts - posts);
    this.#head = this.#tip;
    this.#above = [];
    this.#configuration = configurationOf(this.#state, this.identity);
    return blocks;
  }

  /** From now on the next block on the tip, its base, opens this recovery. Stored with the next {@link flush}, whose caller has made sure of the rest. */
  stageAdoption(trx: Trx): void {
    this.#adopted = trx;
    this.#staged.push({ table: 'log', key: keyOf.adopted(this.identity.groupId), value: AdoptedRow.encode({ Trx: trx }) });
    this.#configuration = this.#nextConfiguration();
  }

  /** The staged blocks that {@link flush} makes final. */
  get stagedFinal(): readonly Block[] {
    const firstWaiting = this.#above.find(({ isFinal }) => !isFinal)?.head.blockId ?? Number.POSITIVE_INFINITY;
    return this.#stagedBlocks.filter(({ BlockId }) => BlockId < firstWaiting);
  }

  /** The transaction that {@link flush} would write, with the head's row. */
  #transaction(): Write[] {
    const head = this.#tip;
    const final = this.#above.findLast((_, place) => this.#above.slice(0, place + 1).every((above) => above.isFinal));
    const row: HeadRow = {
      BlockId: head.blockId,
      Epoch: head.epoch,
      TimeStamp: head.timeNs,
      BlockHash: head.hash,
      StateRoot: head.stateRoot,
      Frontier: encodeFrontier(this.#frontier),
      Posts: head.posts,
      FinalBlockId: (final?.head ?? this.#head).blockId,
    };
    return [...this.#staged, { table: 'heads', key: keyOf.head(this.identity.groupId), value: HeadRow.encode(row) }];
  }

  /**
   * Writes everything staged, and `extra` with it, in one transaction. Answers the staged blocks, which are now stored.
   * On a failure the chain is as it is stored, and the error is passed on.
   */
  async flush(durability: Durability, extra: readonly Write[] = []): Promise<readonly Block[]> {
    this.#mustBeFresh();
    const blocks = this.#stagedBlocks;
    try {
      await this.#options.store.write([...this.#transaction(), ...extra], durability);
    } catch (error) {
      // What failed is what the caller is told of, whether or not the store can be read at this moment.
      await this.reload().catch(() => {});
      throw error;
    }
    this.#staged = [];
    this.#stagedBlocks = [];
    this.#stagedTrxs.clear();
    this.#droppedTrxs.clear();
    this.#raiseHead();
    return blocks;
  }

  /** The head follows the final blocks that lie right above it. */
  #raiseHead(): void {
    while (this.#above[0]?.isFinal) {
      this.#head = this.#above[0].head;
      this.#above.shift();
    }
  }

  /** Blocks above the head that wait for seals. */
  get waiting(): readonly Above[] {
    return this.#above;
  }

  /**
   * Puts the seals that make a waiting block final into the store, with whatever `extra` says for the blocks that become final.
   * Answers those: the block alone, or others above it too that had their seals already. Nothing must be staged.
   */
  async confirm(
    block: Block,
    durability: Durability,
    extra: (final: readonly Block[]) => readonly Write[],
  ): Promise<readonly Block[]> {
    this.#mustBeFresh();
    const waiting = this.#above.find(({ head }) => head.blockId === block.BlockId);
    if (!waiting || !equalBytes(waiting.head.hash, block.BlockHash) || !isFinal(block, waiting.configuration)) return [];
    this.#above = this.#above.map((above) => (above === waiting ? { ...above, isFinal: true } : above));
    const final: Block[] = [];
    for (const above of this.#above) {
      if (!above.isFinal) break;
      const stored = above.head.blockId === block.BlockId ? block : await this.storedBlock(above.head.blockId);
      if (stored) final.push(stored);
    }
    const key = keyOf.block(this.identity.groupId, block.BlockId);
    const writes: Write[] = [{ table: 'blocks', key, value: Block.encode(block) }, ...this.#transaction(), ...extra(final)];
    try {
      await this.#options.store.write(writes, durability);
    } catch (error) {
      // What failed is what the caller is told of, whether or not the store can be read at this moment.
      await this.reload().catch(() => {});
      throw error;
    }
    this.#raiseHead();
    return final;
  }

  /** Where a trx stands, by sender and id, in a final block or one that waits for seals. */
  async placeOf(senderPubkey: string, trxId: string): Promise<PlaceRow | undefined> {
    const row = await this.#options.store.get('trxs', keyOf.trx(this.identity.groupId, senderPubkey, trxId));
    return row && PlaceRow.decode(row);
  }

  /** Places in final blocks of all trxs with this id, by sender; several only if somebody copied another's id. */
  async placesOf(trxId: string): Promise<{ sender: string; place: PlaceRow }[]> {
    const prefix = keyOf.trxId(this.identity.groupId, trxId, '');
    const rows = await this.#options.store.range('trxids', startingWith(prefix));
    return rows
      .map(({ key, value }) => ({ sender: key.slice(prefix.length), place: PlaceRow.decode(value) }))
      .filter(({ place }) => place.BlockId <= this.#head.blockId);
  }
}

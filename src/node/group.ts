import type { FaultOf } from '../consensus/index.ts';
import { groupTopic } from '../crypto/index.ts';
import { Pool, whyExcluded } from '../ledger/index.ts';
import { type Block, genesisBlock, parseSeed, type Seed, type Trx, TrxType, toHex } from '../records/index.ts';
import { Answers } from './answers.ts';
import { BlockIntake } from './block-intake.ts';
import { Chain } from './chain.ts';
import type { Refusal } from './chain-head.ts';
import { Change } from './change/change.ts';
import { errorNotice } from './errors.ts';
import { Gossiper } from './gossiper.ts';
import { isKnownKey, isNeededKey, membersOf } from './known-keys.ts';
import { Mailbox } from './mailbox.ts';
import type { Members } from './members.ts';
import { Outbox } from './outbox.ts';
import type { GossipVerdict, MessageStream, MessageStreamHandlers, PeerId, Ports, Write } from './ports.ts';
import { type Draft, Poster } from './poster.ts';
import { PROBLEMS } from './problems.ts';
import type { Producer } from './producer.ts';
import { type ProducerHello, purposeOf } from './producers/frames.ts';
import type { TrustedDealer } from './producers/make-engine.ts';
import { dealtLogsBegin } from './producers/unbroken-log.ts';
import { Producing } from './producing.ts';
import { ProvenFaults } from './proven-faults.ts';
import { readPostOf } from './read-post.ts';
import { Recovering } from './recovery/recovering.ts';
import { Split } from './recovery/split.ts';
import { cutDamagedTail, probeStorage } from './repair.ts';
import type { GroupRow } from './rows.ts';
import type { Secrets } from './secrets.ts';
import { answerRequest } from './serve.ts';
import { NodeError } from './service.ts';
import { type AppliedBlocks, Syncer } from './sync.ts';
import type { VerifiedTrxs } from './verified.ts';
import type { GivenUpView, NodeEvent, Notice } from './view.ts';

export interface GroupOptions {
  readonly row: GroupRow;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly verified: VerifiedTrxs;
  readonly emit: (event: NodeEvent) => void;
  /** Something that the view shows has changed. */
  readonly changed: () => void;
  readonly trustedDealer: TrustedDealer | undefined;
  readonly faultFound: (fault: FaultOf, pubkey: string) => void;
  /** Another writer has taken over the store: nothing can go on here. */
  readonly fenced: () => void;
}

const SECOND_MS = 1_000;
const RETRY_WRITING_MS = 5_000;

/** A block that does not follow on ours may come from an honest member that was asked before our head moved, or that a recovery has not reached. */
const WITHOUT_BLAME: ReadonlySet<Refusal> = new Set(['wrong-height', 'wrong-parent', 'wrong-configuration', 'unknown-rules']);

/** A group at work: its chain, its network side, and its producer if this node is one. */
export class Group {
  readonly seed: Seed;
  readonly row: GroupRow;
  readonly secrets: Secrets;
  readonly topic: string;
  readonly chain: Chain;
  readonly members: Members;
  readonly outbox: Outbox;
  readonly poster: Poster;
  readonly pool = new Pool();
  readonly change: Change;
  readonly provenFaults: ProvenFaults;
  /** Above 0: this node's producer has lost its log, and speaks under no nonce below this one. */
  readonly silentBelow = (): number => this.#producing.silentBelow;
  readonly #options: GroupOptions;
  readonly #answers: Answers;
  readonly #mailbox = new Mailbox(() => this.chain.dropStaged());
  readonly #gossiper: Gossiper;
  readonly syncer: Syncer;
  readonly #producing: Producing;
  readonly #recovering: Recovering;
  readonly #split: Split;
  readonly #intake: BlockIntake;
  #problem: Notice | undefined;
  #retryAtMs: number | undefined;
  #cancelSecond: (() => void) | undefined;
  #stopped = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.row = options.row;
    this.secrets = options.secrets;
    this.seed = parseSeed(options.row.Seed);
    const { ports, row } = options;
    const { groupId, ownerPubkey, cipherKey } = this.seed;
    this.topic = groupTopic(cipherKey, groupId);
    this.chain = new Chain({
      identity: { groupId, ownerPubkey, cipherKey, hasTrustedDealer: options.trustedDealer !== undefined },
      genesis: genesisBlock(this.seed),
      store: ports.store,
      verified: options.verified,
      readPost: readPostOf(this.seed, options.secrets, ports.privateCipher),
    });
    this.outbox = new Outbox(ports.store, groupId);
    this.members = membersOf(this.chain, ports.network, row.UserPubkey);
    const { topic, members, seed, chain, outbox } = this;
    this.poster = new Poster({ ...options, userPubkey: row.UserPubkey, seed, chain, members, outbox });
    const { network, random, clock } = ports;
    const common = {
      ...{ topic, groupId, cipherKey, userPubkey: row.UserPubkey, members, network, random, clock },
      changed: options.changed,
      failed: (error: unknown) => this.#fail(error),
      faultFound: (fault: FaultOf, pubkey: string) => this.provenFaults.found(fault, pubkey),
      apply: (blocks: readonly Block[]) => this.#mailbox.run(() => this.#applyBlocks(blocks)),
      isNeeded: (pubkey: string) => isNeededKey(this.chain, pubkey),
    };
    this.provenFaults = new ProvenFaults({ ...common, ports, mailbox: this.#mailbox, faultFound: options.faultFound });
    this.#answers = new Answers({ ...common, chain: this.chain, emit: options.emit });
    this.#gossiper = new Gossiper({
      ...common,
      ports,
      verified: options.verified,
      chain: this.chain,
      signSecret: options.secrets.signSecret,
      knowsKey: (pubkey) => isKnownKey(this.chain, pubkey),
      takesBlocks: () => !this.#producing.buildsItself,
      epoch: () => this.epoch,
      silentBelow: this.silentBelow,
      wantsTrxs: () => this.producer !== undefined || this.#awaitsResult,
      hasTrx: (sender, trxId) => this.pool.get(sender, trxId) !== undefined,
      trxs: (trxs) => this.#takeTrxs(trxs),
      memberCame: () => this.#memberCame(),
      headHeard: () => this.syncer.kick(),
    });
    this.syncer = new Syncer({
      ...common,
      producers: () => this.chain.inForce.producers,
      headBlock: () => this.chain.head.blockId,
      limitBlock: () => this.#producing.limitBlock,
      refused: (source, refusal) => this.#refused(source, refusal),
    });
    this.#split = new Split(ports.store, groupId);
    this.#producing = new Producing({
      ...common,
      ports,
      chain: this.chain,
      pool: this.pool,
      mailbox: this.#mailbox,
      secrets: options.secrets,
      trustedDealer: options.trustedDealer,
      promised: () => (this.#split.found ? Number.POSITIVE_INFINITY : this.change.promised),
      alsoWrite: (blocks) => this.#writesFor(blocks),
      sealed: (block) => this.#gossiper.announceSealed(block),
      final: (blocks) => {
        this.#stored(blocks);
        for (const block of blocks) this.#gossiper.announceBlock(block);
      },
      leftOut: (trxs) => this.#leftOut(trxs),
      woken: (trxs) => void this.#takeTrxs(trxs.filter((trx) => this.#gossiper.isWelcome(trx))),
      followed: () => {
        // Who produces now may have passed over what was sent to the others.
        this.outbox.sendAllAgain();
        this.#send();
      },
      newerHeard: () => this.syncer.kick(),
      problem: (problem) => this.#setProblem(problem),
    });
    this.#recovering = new Recovering({
      ...common,
      store: ports.store,
      chain: this.chain,
      mailbox: this.#mailbox,
      outbox: this.outbox,
      producing: this.#producing,
      change: () => this.change,
      apply: (blocks) => this.#applyBlocks(blocks),
      alsoWrite: (blocks) => this.#writesFor(blocks),
      stored: (blocks) => this.#stored(blocks),
      toPool: (trxs) => this.#addToPool(trxs),
      returned: (trxs) => this.#returned(trxs),
      twoChains: async (found) => {
        if (this.#split.found || this.chain.inForce.nonce > found.nonce) return;
        await this.#split.begin(found).then(() => this.#settleSplit());
      },
    });
    this.#intake = new BlockIntake({
      chain: this.chain,
      producing: this.#producing,
      recovering: this.#recovering,
      userPubkey: row.UserPubkey,
      split: this.#split,
      alsoWrite: (blocks) => this.#writesFor(blocks),
      stored: (blocks) => this.#stored(blocks),
    });
    this.change = new Change({
      ...options,
      ...common,
      group: this,
      mailbox: this.#mailbox,
      send: () => this.#send(),
      promiseChanged: () => this.#producing.update(),
      recoveryEnded: (trx) => this.#recovering.adopt(trx).then(() => this.#endSplit()),
      findNewest: () => this.#recovering.findNewest(),
    });
  }

  get groupId(): string {
    return this.seed.groupId;
  }

  get problem(): Notice | undefined {
    return this.#problem;
  }

  /** The newest recovery that took final blocks back here. */
  get givenUp(): GivenUpView | undefined {
    return this.#recovering.givenUp;
  }

  get isProducer(): boolean {
    return this.#producing.isProducer;
  }

  /** This node's producer, while it produces. */
  get producer(): Producer | undefined {
    return this.#producing.producer;
  }

  /** The running epoch of a producer; of a user, the newest that it is told of credibly. */
  get epoch(): number {
    if (this.producer) return this.producer.status.epoch;
    return Math.max(this.chain.head.epoch, this.members.epochOf(this.chain.inForce.producers));
  }

  /** The newest block that there is, as far as can be believed. */
  get targetBlock(): number {
    return Math.max(this.chain.head.blockId, this.syncer.newestCredible());
  }

  /** Begins to take part. What stands in the way is shown as a problem and tried again. */
  async start(): Promise<void> {
    this.#options.ports.network.subscribe(this.topic);
    await this.#mailbox.run(() => this.#begin()).catch((error: unknown) => this.#fail(error));
    this.#everySecond();
  }

  /** Reads what is stored, repairs it if it must be, and produces if this node is a producer. In the mailbox. */
  async #begin(): Promise<void> {
    const { sound } = await this.chain.reload();
    if (!sound) await cutDamagedTail(this.#options.ports.store, this.chain);
    await this.outbox.load();
    await this.#recovering.load();
    await this.#split.load();
    await this.provenFaults.load();
    if (this.#split.problem) this.#setProblem(this.#split.problem);
    await this.#settleOutbox();
    await this.change.start();
    await this.#producing.update();
  }

  /** Stops for good; what is stored stays. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelSecond?.();
    this.#gossiper.leave();
    this.syncer.stop();
    this.#producing.stop();
    this.change.halt();
    this.#options.ports.network.unsubscribe(this.topic);
    await this.#mailbox.close();
  }

  // -------------------------------------------------------------------------------------------------------- from the network

  gossip(data: Uint8Array, origin: PeerId): GossipVerdict | Promise<GossipVerdict> {
    return this.#gossiper.receive(data, origin);
  }

  neighbours(): void {
    this.#gossiper.presenceSoon();
  }

  answer(data: Uint8Array, from: PeerId): Promise<Uint8Array> {
    return answerRequest(data, from, {
      store: this.#options.ports.store,
      chain: this.chain,
      epoch: this.epoch,
      userPubkey: this.row.UserPubkey,
      findTrx: (sender, trxId) =>
        (sender === this.row.UserPubkey ? this.outbox.get(trxId) : undefined) ?? this.pool.get(sender, trxId),
    });
  }

  /** Somebody opened a stream to this node. Answers what is to receive the rest of it; undefined if it is not for this node now. */
  acceptStream(stream: MessageStream, hello: ProducerHello): MessageStreamHandlers | undefined {
    return purposeOf(hello) === 'producers' ? this.#producing.accept(stream, hello) : this.change.accept(stream, hello);
  }

  /** After the machine slept: everything that waits for a timer is due. */
  wake(): void {
    this.outbox.sendAllAgain();
    this.startSync();
  }

  startSync(): void {
    this.#gossiper.presenceSoon();
    this.syncer.kick();
  }

  // ------------------------------------------------------------------------------------------------------------------ posting

  /** Stores the trx in the outbox, then sends it. Answers its id. */
  async submit(draft: Draft): Promise<string> {
    if (this.#stopped) throw new NodeError('unknown-group', 'This group was left.');
    const id = await this.#mailbox.run(() => this.poster.accept(draft));
    this.#answers.addRequest(id);
    this.#options.changed();
    this.#send();
    return id;
  }

  async discard(trxId: string): Promise<void> {
    const mayGo = this.outbox.get(trxId)?.Type !== TrxType.CONSENSUS;
    const found = mayGo && (await this.#mailbox.run(() => this.outbox.discard(trxId)));
    if (!found) throw new NodeError('unknown-trx', 'There is no post of yours with this id that is not final yet.', { trxId });
    this.#options.changed();
  }

  /** Sends what is due: to this node's own producer, and to everyone. */
  #send(): void {
    this.#mailbox
      .run(async () => {
        const trxs = await this.poster.takeDue();
        if (this.producer && trxs.length > 0) await this.#addToPool(trxs);
        return trxs;
      })
      // The mailbox never waits for the network.
      .then(async (trxs) => {
        if (trxs.length === 0) return;
        const reached = (await this.#gossiper.publish(trxs)) || this.producer !== undefined;
        if (reached) this.outbox.reached(trxs.map(({ TrxId }) => TrxId));
        this.#options.changed();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** Posts that became final elsewhere, e.g. by this profile's backup on another machine. */
  async #settleOutbox(): Promise<void> {
    for (const { Trx: trx } of this.outbox.due(Number.POSITIVE_INFINITY)) {
      const place = trx && (await this.chain.placeOf(trx.SenderPubkey, trx.TrxId));
      if (place && place.BlockId <= this.chain.head.blockId) await this.outbox.discard(trx.TrxId);
    }
  }

  // --------------------------------------------------------------------------------------------------------------- the pool

  /** Valid trxs from the network. */
  async #takeTrxs(trxs: readonly Trx[]): Promise<void> {
    const results = this.#awaitsResult ? trxs.filter(({ Type }) => Type === TrxType.CONSENSUS) : [];
    if (!this.producer && results.length === 0) return;
    const take = async (): Promise<void> => {
      for (const trx of results) await this.change.resultHeard(trx);
      await this.#addToPool(trxs);
    };
    await this.#mailbox.run(take).catch((error: unknown) => this.#fail(error));
  }

  /** Whether a result of a recovery may come another way than in a block: this node has promised to take part, and the chain does not have it. */
  get #awaitsResult(): boolean {
    return (this.change.promised ?? -1) > this.chain.configuration.nonceFloor;
  }

  async #addToPool(trxs: readonly Trx[]): Promise<void> {
    if (!this.producer) return;
    const { clock } = this.#options.ports;
    const nowNs = clock.nowNs() > this.chain.head.timeNs ? clock.nowNs() : this.chain.head.timeNs;
    const context = await this.chain.orderContext(trxs, nowNs);
    const fit = trxs.filter((trx) => whyExcluded(trx, context) === undefined);
    const added = fit.filter((trx) => this.pool.add(trx, clock.monotonicMs(), nowNs) === 'added');
    if (added.length > 0) this.producer?.trxsWait();
  }

  #leftOut(trxs: readonly Trx[]): void {
    // A second change of consensus is for the next block; what the rules do not keep out waits on.
    void this.#takeTrxs(trxs);
    // One that only expired is signed again by its sender; the outbox sees to own ones.
    if (trxs.some((trx) => trx.SenderPubkey === this.row.UserPubkey)) this.outbox.sendAllAgain();
  }

  // ------------------------------------------------------------------------------------------------------------ blocks, syncing

  /** In the mailbox. */
  async #applyBlocks(blocks: readonly Block[]): Promise<AppliedBlocks> {
    if (this.#stopped) return { applied: 0 };
    const answer = await this.#intake.apply(blocks);
    await this.#endSplit();
    return answer;
  }

  /** Once this node is under a higher nonce, neither of two chains counts. */
  async #endSplit(): Promise<void> {
    if (this.chain.inForce.nonce <= (this.#split.found?.nonce ?? Number.POSITIVE_INFINITY)) return;
    await this.#split.end();
    await this.#settleSplit();
  }

  async #settleSplit(): Promise<void> {
    this.#setProblem(this.#split.problem);
    await this.#producing.update();
  }

  /** Own trxs that a recovery has taken out of final blocks again. */
  #returned(trxs: readonly Trx[]): void {
    for (const { TrxId: trxId } of trxs) this.#answers.addRequest(trxId);
    this.#options.changed();
    this.#send();
  }

  /** Rows that go into the transaction that makes these blocks final, besides the chain's own. */
  #writesFor(blocks: readonly Block[]): Write[] {
    const { UserPubkey: userPubkey } = this.row;
    const settled = blocks.flatMap((block) => this.outbox.writesFor(block.Trxs, userPubkey));
    return [...settled, ...dealtLogsBegin(blocks, this.chain.identity, userPubkey)];
  }

  #stored(blocks: readonly Block[]): void {
    const { emit, changed } = this.#options;
    for (const block of blocks) {
      for (const trx of block.Trxs) this.pool.remove(trx.SenderPubkey, trx.TrxId);
      for (const trx of this.outbox.forget(block.Trxs, this.row.UserPubkey)) this.#answers.addResult(trx, block);
      const hash = toHex(block.BlockHash);
      emit({ type: 'block', groupId: this.groupId, blockId: block.BlockId, hash, trxs: block.Trxs.length });
    }
    if (this.#problem?.code === 'bad-block') this.#setProblem(undefined);
    this.#mailbox.run(() => this.change.blocksFinal(blocks)).catch((error: unknown) => this.#fail(error));
    this.#gossiper.presenceSoon();
    changed();
  }

  #refused(source: PeerId, { reason, block }: NonNullable<AppliedBlocks['refusal']>): void {
    if (WITHOUT_BLAME.has(reason)) return;
    this.#options.ports.network.penalize(source, `block ${block.BlockId} is refused: ${reason}`);
    if (reason !== 'wrong-root' && reason !== 'wrong-content') return;
    this.#setProblem(PROBLEMS.badBlock(block.BlockId, reason));
  }

  #memberCame(): void {
    this.outbox.sendAllAgain();
    this.#send();
    this.syncer.kick();
  }

  // ------------------------------------------------------------------------------------------------------------------- upkeep

  #everySecond(): void {
    this.#cancelSecond = this.#options.ports.clock.after(SECOND_MS, () => {
      if (this.#stopped) return;
      this.#everySecond();
      this.#gossiper.tick();
      this.#producing.tick();
      this.#recovering.tick();
      this.change.tick();
      if (this.outbox.due(this.#options.ports.clock.monotonicMs()).length > 0) this.#send();
      this.syncer.kick();
      this.#retry();
      // An epoch at work changes with every message; once a second is often enough to look at.
      if (this.syncer.isRunning || this.producer?.status.resting === false) this.#options.changed();
    });
  }

  #setProblem(problem: Notice | undefined): void {
    this.#problem = problem;
    this.#options.changed();
  }

  /** Something on this machine went wrong. What is stored is whole; the group goes on as soon as it can. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    const notice = errorNotice(error);
    if (notice.code === 'fenced') {
      this.#options.fenced();
      return;
    }
    this.#producing.halt();
    this.change.halt();
    this.#retryAtMs = this.#options.ports.clock.monotonicMs() + RETRY_WRITING_MS;
    this.#setProblem(notice);
  }

  #retry(): void {
    const { clock, store } = this.#options.ports;
    if (this.#retryAtMs === undefined || clock.monotonicMs() < this.#retryAtMs) return;
    this.#retryAtMs = undefined;
    this.#mailbox
      .run(async () => {
        await probeStorage(store, this.groupId);
        this.#setProblem(undefined);
        await this.#begin();
      })
      .catch((error: unknown) => this.#fail(error));
  }
}

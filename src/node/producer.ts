import type {
  BlockReference,
  Configuration,
  Confirmation,
  Decision,
  Defect,
  Engine,
  EngineInput,
  EngineStatus,
  Fault,
  LogEntry,
  Step,
  TimerName,
} from '../consensus/index.ts';
import { type Pool, sealBlock } from '../ledger/index.ts';
import { type Block, decodeOrNothing, equalBytes, Trx } from '../records/index.ts';
import { makeBlock, proposedTrxs } from './block-maker.ts';
import type { Chain } from './chain.ts';
import { FaultCounts } from './change/fault-counts.ts';
import { MachineLog } from './change/machine-log.ts';
import type { Mailbox } from './mailbox.ts';
import type { Clock, MessageStream, MessageStreamHandlers, Random, Store, Write } from './ports.ts';
import { CatchUp, namedBy } from './producers/catch-up.ts';
import { framesOf, type ProducerFrame, type ProducerHello } from './producers/frames.ts';
import { type LinksOptions, ProducerLinks } from './producers/links.ts';
import { Overlay } from './producers/overlay.ts';
import { baseOf, finalInputs, newestReferences, referenceAt } from './producers/references.ts';
import { SealBox, sealsOf, withGoodSeals } from './producers/seal-box.ts';
import { WaitingTrxs } from './producers/waiting-trxs.ts';
import { keyOf } from './rows.ts';

export interface ProducerOptions extends Pick<LinksOptions, 'network' | 'members'> {
  readonly engine: Engine;
  readonly chain: Chain;
  readonly pool: Pool;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly mailbox: Mailbox;
  readonly signSecret: Uint8Array;
  readonly userPubkey: string;
  /** The group's gossip topic. */
  readonly topic: string;
  /** Rows that go into the transaction that makes these blocks final, besides the chain's own. */
  readonly alsoWrite: (final: readonly Block[]) => Write[];
  /** A block has this producer's seal and is stored. */
  readonly sealed: (block: Block) => void;
  /** Blocks became final and are stored. */
  readonly final: (blocks: readonly Block[]) => void;
  /** Trxs were decided and left out of the block. */
  readonly leftOut: (trxs: readonly Trx[]) => void;
  /** Trxs that another producer sent to end the rest: to be checked like any. */
  readonly woken: (trxs: readonly Trx[]) => void;
  readonly defect: (defect: Defect) => void;
  readonly failed: (error: unknown) => void;
  readonly faultFound: (fault: Fault, pubkey: string) => void;
  readonly changed: () => void;
}

/**
 * A producer at work under the configuration in force: feeds the engine, does what its steps say, in the order that crash safety asks for
 * (log, then act), and collects the seals that make blocks final. All of it runs in the group's mailbox, a turn at a time: what came in
 * since the last turn is handled together, written to the log once, and answered with one frame a peer.
 *
 * The block that changes the configuration is its last: it makes none on it, and goes on sealing and resending until that one is final.
 */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #configuration: Configuration;
  readonly #engine: Engine;
  readonly #log: MachineLog;
  readonly #links: ProducerLinks;
  readonly #seals: SealBox;
  readonly #catchUp: CatchUp;
  readonly #waitingTrxs: WaitingTrxs;
  readonly #overlay: Overlay;
  readonly #timers = new Map<TimerName, () => void>();
  readonly #faults = new FaultCounts();
  #inbox: EngineInput[] = [];
  #isTurnDue = false;
  /** Engine messages of this turn, by producer. */
  #outgoing = new Map<number, Uint8Array[]>();
  #forget: string | undefined;
  #behind: BlockReference | undefined;
  #stopped = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#configuration = options.chain.inForce;
    const { groupId, nonce } = this.#configuration;
    this.#log = new MachineLog(options.store, (entry) => keyOf.log(groupId, nonce, entry));
    this.#seals = new SealBox(options.chain);
    this.#waitingTrxs = new WaitingTrxs({ ...options, configuration: this.#configuration });
    this.#overlay = new Overlay({ ...options, limitBytes: options.engine.proposalLimitBytes });
    this.#catchUp = new CatchUp({
      topic: options.topic,
      identity: options.chain.identity,
      producers: this.#configuration.producers,
      userPubkey: options.userPubkey,
      members: options.members,
      network: options.network,
      clock: options.clock,
      random: options.random,
    });
    this.#links = new ProducerLinks({
      purpose: 'producers',
      opens: 'smaller',
      groupId,
      nonce,
      ...(this.#configuration.bundleHash && { name: this.#configuration.bundleHash }),
      producers: this.#configuration.producers,
      userPubkey: options.userPubkey,
      signSecret: options.signSecret,
      network: options.network,
      members: options.members,
      clock: options.clock,
      up: (peer) => {
        this.#take({ type: 'connected', peer });
        this.#enqueue(() => this.#sendOwnSeals(peer));
        options.changed();
      },
      down: (peer) => {
        this.#take({ type: 'disconnected', peer });
        options.changed();
      },
      frame: (producer, frame) => this.#receive(producer, frame),
    });
  }

  get status(): EngineStatus {
    return this.#engine.status();
  }

  /** Indices of the producers that there is a proved stream to. */
  get connected(): readonly number[] {
    return this.#links.connected;
  }

  /** Faults of another producer seen since this one was started: kind → how often. */
  faultsOf(producer: number): Readonly<Record<string, number>> {
    return this.#faults.of(this.#configuration.producers[producer] ?? '');
  }

  /** The newest block that waits for seals, and the indices of those whose seals for it are here. */
  get sealing(): { readonly blockId: number; readonly seals: readonly number[] } | undefined {
    return this.#seals.progress(this.#options.userPubkey);
  }

  /** Goes on where the log says. To be called in the mailbox. */
  async start(): Promise<void> {
    const { chain } = this.#options;
    const log = await this.#log.read();
    const nextEpoch = Math.max(chain.tip.epoch + 1, this.#configuration.startEpoch);
    const blocks = await newestReferences(chain, nextEpoch);
    const base = await baseOf(chain);
    await this.#turn([{ type: 'start', log, nextEpoch, blocks, isOver: this.#isOver, base }]);
    await this.#turn([...(await this.#finalInputs()), ...this.#waitingTrxs.inputs()]);
    this.tick();
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#links.stop();
  }

  /** Once a second: streams that are missing are opened, and what has expired is no longer waited for. */
  tick(): void {
    if (this.#stopped) return;
    this.#links.tick();
    if (this.#engine.executesFirst) this.#enqueue(async () => this.#turn(await this.#waitingTrxs.review()));
  }

  /** A producer opened a stream to this one. Answers what is to receive the rest of it. */
  accept(stream: MessageStream, hello: ProducerHello): MessageStreamHandlers {
    return this.#links.accept(stream, hello);
  }

  /** The pool has grown. */
  trxsWait(): void {
    for (const input of this.#waitingTrxs.inputs()) this.#take(input);
  }

  /** A final block, with its seals, of a height that this producer has built itself. In the mailbox. */
  async confirmed(block: Block): Promise<void> {
    const stored = await this.#options.chain.storedBlock(block.BlockId);
    if (!stored || !equalBytes(stored.BlockHash, block.BlockHash)) return;
    // Only seals are taken: whether the rest is what the hash says nobody has looked.
    const sealed = withGoodSeals({ ...stored, Seals: block.Seals }, this.#configuration.producers);
    await this.#confirm(this.#seals.merge(sealed).block);
  }

  /** Final blocks above its own were taken, which nobody's messages brought here. In the mailbox. */
  async jumped(): Promise<void> {
    if (!this.#stopped) await this.#turn([await this.#caughtUp(this.#options.chain.tip.epoch), ...(await this.#finalInputs())]);
  }

  /** Whether the chain has the last block of this configuration. */
  get #isOver(): boolean {
    return this.#options.chain.configuration.nonce !== this.#configuration.nonce;
  }

  #finalInputs(): Promise<EngineInput[]> {
    return finalInputs(this.#options.chain, this.#configuration.nonce);
  }

  // -------------------------------------------------------------------------------------------------------------------- turns

  /** Something for the engine; it is handled in the next turn with whatever else has come by then. */
  #take(input: EngineInput): void {
    if (this.#stopped) return;
    this.#inbox.push(input);
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#enqueue(async () => {
      this.#isTurnDue = false;
      const inputs = this.#inbox;
      this.#inbox = [];
      await this.#turn(inputs);
    });
  }

  #enqueue(task: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#options.mailbox
      .run(async () => {
        if (!this.#stopped) await task();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.failed(error);
  }

  /** A turn that fails ends this producer at once: what could not be made durable must never go out with a later turn. */
  async #turn(inputs: readonly EngineInput[]): Promise<void> {
    try {
      await this.#handleAll(inputs);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Handles inputs and everything that follows from them without waiting for others. */
  async #handleAll(inputs: readonly EngineInput[]): Promise<void> {
    // The next one last: an array gives up its end for nothing, and one frame may hold thousands.
    const queue = inputs.toReversed();
    const next = (more: readonly EngineInput[]): number => queue.push(...more.toReversed());
    while (queue.length > 0) {
      const persist: LogEntry[] = [];
      let decided: Step | undefined;
      for (let input = queue.pop(); input; input = queue.pop()) {
        const step = this.#engine.handle(input);
        persist.push(...step.persist);
        this.#note(step);
        next(await this.#answers(step));
        if (step.output || step.confirm) {
          decided = step;
          break;
        }
      }
      await this.#persist(persist);
      this.#flushFrames();
      if (!decided || this.#stopped) continue;
      next(await this.#executedAs(decided));
      queue.unshift(...this.#waitingTrxs.inputs().toReversed());
    }
  }

  /** What the engine asked for and can have at once. */
  async #answers(step: Step): Promise<EngineInput[]> {
    const { pool, random } = this.#options;
    const answers: EngineInput[] = [];
    if (step.propose) {
      const { epoch, randomBytes } = step.propose;
      const proposed = { epoch, proposal: this.#waitingTrxs.proposal(step.propose) };
      answers.push({ type: 'proposal', ...proposed, random: random.bytes(randomBytes) });
    }
    if (step.rollback) this.#overlay.rollBack(step.rollback.ticket);
    if (step.execute) answers.push(await this.#overlay.execute(step.execute));
    if (step.wake) {
      const [oldest] = pool.oldest(1);
      if (oldest) answers.push({ type: 'wake', trx: Trx.encode(oldest) });
    }
    return answers;
  }

  /** What a step says besides what must be durable first. */
  #note(step: Step): void {
    if (step.forget !== undefined) this.#forget = step.forget;
    for (const { to, data } of step.send) {
      for (const producer of to === 'all' ? this.#links.connected : [to]) {
        const messages = this.#outgoing.get(producer);
        if (messages) messages.push(data);
        else this.#outgoing.set(producer, [data]);
      }
    }
    for (const { name, delayMs } of step.timers) this.#startTimer(name, delayMs);
    for (const fault of step.faults) {
      const pubkey = this.#configuration.producers[fault.producer] ?? '';
      this.#options.faultFound(fault, pubkey);
      this.#faults.add(pubkey, fault.kind);
    }
    if (step.woken) this.#options.woken(step.woken.flatMap(({ trx }) => decodeOrNothing(Trx, trx) ?? []));
    if (step.behind) this.#followOthers(step.behind);
    if (step.defect) {
      this.stop();
      this.#options.defect(step.defect);
    }
  }

  /** Entries below what the engine said it no longer needs go out with the next write. */
  async #persist(entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#log.write(entries, this.#forget);
    this.#forget = undefined;
  }

  #flushFrames(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = new Map();
    for (const [producer, messages] of outgoing) for (const frame of framesOf(messages)) this.#links.send(producer, frame);
  }

  #startTimer(name: TimerName, delayMs: number): void {
    this.#timers.get(name)?.();
    const cancel = this.#options.clock.after(delayMs, () => this.#take({ type: 'timer', name }));
    this.#timers.set(name, cancel);
  }

  /** The next frame of this producer is taken when the turn that handles this one is over: a flood waits at its sender. */
  #receive(producer: number, frame: ProducerFrame): Promise<void> {
    for (const data of frame.Engine) this.#take({ type: 'message', sender: producer, data });
    if (frame.Seals.length > 0) {
      const pubkey = this.#configuration.producers[producer] ?? '';
      for (const notice of frame.Seals) this.#seals.add(pubkey, notice);
      this.#enqueue(() => this.#confirmWaiting());
    }
    // The mailbox keeps its order, so this task comes after the turn.
    return this.#options.mailbox.run(async () => {}).catch(() => {});
  }

  // ------------------------------------------------------------------------------------------------------------ blocks, seals

  async #executedAs({ output, confirm }: Step): Promise<EngineInput[]> {
    if (output) return [await this.#executed(output)];
    return confirm ? [await this.#confirmed(confirm), ...(await this.#waitingTrxs.review())] : [];
  }

  /** Stores the block that was executed before it was agreed on. */
  async #confirmed(confirmation: Confirmation): Promise<EngineInput> {
    const { chain, pool } = this.#options;
    const [block, { epoch }] = [await this.#overlay.confirm(confirmation), confirmation];
    if (!block) return this.#executedBefore({ epoch });
    await this.#store([block]);
    for (const trx of block.Trxs) pool.remove(trx.SenderPubkey, trx.TrxId);
    const head = { blockId: chain.tip.blockId, blockHash: chain.tip.hash };
    return { type: 'executed', epoch, empty: false, head, isOver: this.#isOver };
  }

  /** Executes a decision and stores its block. */
  async #executed(decision: Decision): Promise<EngineInput> {
    const { chain, pool, signSecret } = this.#options;
    // Catching up may have brought the block of this epoch, and later ones, before the messages that decide it.
    if (chain.tip.epoch >= decision.epoch) return this.#executedBefore(decision);
    if (this.#isOver) throw new Error(`epoch ${decision.epoch} was decided after the last block of its configuration`);
    const made = await makeBlock(chain, decision);
    if (made) {
      const block = sealBlock(made.block, chain.configuration, signSecret);
      await chain.stage(block, made.execution);
      await this.#store([block]);
    }
    const proposed = proposedTrxs(decision);
    for (const trx of proposed) pool.remove(trx.SenderPubkey, trx.TrxId);
    const kept = new Set(made?.block.Trxs.map((trx) => `${trx.SenderPubkey}/${trx.TrxId}`));
    this.#options.leftOut(proposed.filter((trx) => !kept.has(`${trx.SenderPubkey}/${trx.TrxId}`)));
    const head = { blockId: chain.tip.blockId, blockHash: chain.tip.hash };
    return { type: 'executed', epoch: decision.epoch, empty: made === undefined, head, isOver: this.#isOver };
  }

  async #executedBefore({ epoch }: Pick<Decision, 'epoch'>): Promise<EngineInput> {
    const { chain } = this.#options;
    const head = await referenceAt(chain, epoch);
    const isOver = this.#isOver && head.epoch === chain.tip.epoch;
    return { type: 'executed', epoch, empty: head.epoch !== epoch, head, isOver };
  }

  /** Stores staged blocks, durably, and only then says that they are sealed. */
  async #store(blocks: readonly Block[]): Promise<void> {
    const { chain, alsoWrite } = this.#options;
    const final = chain.stagedFinal;
    await chain.flush('strict', alsoWrite(final));
    this.#tell(final);
    for (const block of blocks.slice(-1)) this.#options.sealed(block);
    if (this.#configuration.producers.length === 1) return;
    for (const producer of this.#links.connected) this.#links.send(producer, { Seals: blocks.flatMap(sealsOf) });
    await this.#confirmWaiting();
  }

  /** What this producer has sealed and is not final: for a producer that has just connected. */
  async #sendOwnSeals(producer: number): Promise<void> {
    const { chain } = this.#options;
    const notices = [];
    for (const { head } of chain.waiting) {
      const block = await chain.storedBlock(head.blockId);
      if (block) notices.push(...sealsOf(block));
    }
    if (notices.length > 0) this.#links.send(producer, { Seals: notices });
  }

  /** Blocks that have enough seals by now become final. */
  async #confirmWaiting(): Promise<void> {
    const { chain } = this.#options;
    for (const { head, isFinal } of [...chain.waiting]) {
      const stored = isFinal ? undefined : await chain.storedBlock(head.blockId);
      if (!stored) continue;
      const { block, isEnough, isForked } = this.#seals.merge(stored);
      if (isEnough) await this.#confirm(block);
      else if (isForked) {
        this.stop();
        this.#options.defect({ kind: 'forked', epoch: block.Epoch, blockId: block.BlockId, blockHash: block.BlockHash });
        return;
      }
    }
    this.#seals.forget();
  }

  async #confirm(block: Block): Promise<void> {
    this.#tell(await this.#options.chain.confirm(block, 'strict', this.#options.alsoWrite));
  }

  /** The head has risen. */
  #tell(final: readonly Block[]): void {
    if (final.length === 0) return;
    this.#options.final(final);
    this.#enqueue(async () => this.#turn(await this.#finalInputs()));
  }

  /** f+1 producers are past this one: fetch what they have, seal it, go on from there (consensus.md, "Done"). */
  #followOthers(target: BlockReference): void {
    const isUnderWay = this.#behind !== undefined;
    this.#behind = target;
    this.#options.changed();
    if (!isUnderWay) this.#enqueueCatchUp();
  }

  #enqueueCatchUp(): void {
    const { chain, mailbox } = this.#options;
    const run = async (): Promise<void> => {
      while (this.#behind && !this.#stopped) {
        const target = this.#behind;
        const blocks = chain.tip.blockId < target.blockId ? await this.#catchUp.fetch(chain.tip.blockId + 1, target) : [];
        if (this.#stopped) return;
        const reached = await mailbox.run(() => this.#adopt(blocks, target));
        if (reached && this.#behind === target) this.#behind = undefined;
        if (!reached) await this.#catchUp.pause();
      }
    };
    run().catch((error: unknown) => this.#fail(error));
  }

  /** Takes fetched blocks in, sealing each. Answers whether the chain is where `target` says. */
  async #adopt(blocks: readonly Block[], target: BlockReference): Promise<boolean> {
    const { chain, signSecret } = this.#options;
    if (this.#stopped) return true;
    const adopted: Block[] = [];
    const named = namedBy(target, blocks);
    for (const block of blocks) {
      if (block.BlockId !== chain.tip.blockId + 1) continue;
      if (block.ConfigNonce !== this.#configuration.nonce) break; // A recovery's first block is not this producer's to seal.
      const examined = await chain.examine(block, { needsSeals: !named.has(block) });
      if ('refusal' in examined) break;
      const sealed = chain.seal(withGoodSeals(block, this.#configuration.producers), signSecret);
      await chain.stage(sealed, examined.execution);
      adopted.push(sealed);
    }
    if (adopted.length > 0) await this.#store(adopted);
    if (chain.tip.blockId < target.blockId) return false;
    const reached = await chain.storedBlock(target.blockId);
    if (!reached || !equalBytes(reached.BlockHash, target.blockHash)) {
      this.stop();
      this.#options.defect({ kind: 'forked', epoch: target.epoch, blockId: target.blockId, blockHash: target.blockHash });
      return true;
    }
    await this.#turn([await this.#caughtUp(target.epoch)]);
    return true;
  }

  async #caughtUp(epoch: number): Promise<EngineInput> {
    const isOver = this.#isOver && epoch >= this.#options.chain.tip.epoch;
    return { type: 'caught-up', epoch, blocks: await newestReferences(this.#options.chain, epoch + 1), isOver };
  }
}

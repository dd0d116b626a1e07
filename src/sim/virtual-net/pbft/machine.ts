import {
  type BlockReference,
  type Configuration,
  type EngineInput,
  Pbft,
  pbftMessages,
  type Step,
  type TimerName,
} from '../../../consensus/index.ts';
import {
  type Block,
  decodeOrNothing,
  equalBytes,
  quorum,
  type Seal,
  sealBodyHash,
  sealBodyOf,
  Trx,
} from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import type { SeededRandom } from '../../random.ts';
import { type CrankedMachine, PowerCut } from '../crank.ts';
import { FRAME, frame, SealWord, sealFrame } from './frames.ts';
import { type Draft, isChange, VirtualLedger } from './ledger.ts';
import type { Surroundings } from './surroundings.ts';

const MOST_TRXS = 5;
const SECOND_NS = 1_000_000_000n;

/**
 * What a node does around the engine, as far as the engine can tell: log before word, execute on an overlay, confirm or roll back, seal on
 * deciding, final with N−f seals, and then only tell anybody. Log, blocks and seals survive a crash; the rest does not.
 */
export class PbftMachine implements CrankedMachine {
  readonly #surroundings: Surroundings;
  readonly ledger = new VirtualLedger();
  readonly timers = new Set<TimerName>();
  readonly log = new Map<string, Uint8Array>();
  #engine: Pbft | undefined;
  #configuration: Configuration | undefined;
  #isRunning = false;
  readonly #pool = new Map<string, Trx>();
  #overlay: { readonly ticket: number; readonly draft: Draft; readonly before: string } | undefined;
  /** Height → signer → seal, for the block that this machine has there. */
  readonly #seals = new Map<number, Map<string, Seal>>();
  /** Seals of blocks that are not here. */
  #early: Uint8Array[] = [];
  #final = 0;
  #behind: BlockReference | undefined;
  #answers: EngineInput[] = [];
  /** Nonce that each peer was last heard to produce under. */
  readonly #nonces = new Map<number, number>();
  /** Peers that the engine has been told of. */
  readonly #up = new Set<number>();
  /** How far own time is off. */
  skewNs = 0n;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Undefined: it does not produce under its newest configuration. */
  get engine(): Pbft | undefined {
    return this.#engine;
  }

  /** Newest final block. */
  get final(): number {
    return this.#final;
  }

  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  get waitingTrxs(): readonly Trx[] {
    return [...this.#pool.values()];
  }

  get hasOverlay(): boolean {
    return this.#overlay !== undefined;
  }

  describe(): string {
    const { view, isChanging, phase } = this.#engine?.status().view ?? {};
    const engine = this.#engine ? `view ${view}${isChanging ? '?' : ''}, ${phase}` : 'no producer';
    return this.isRunning
      ? `${engine}, tip ${this.ledger.tip.BlockId}, final ${this.#final}, waiting ${this.#pool.size}`
      : 'down';
  }

  start(): void {
    this.#isRunning = true;
    this.#produce();
  }

  stop(): void {
    this.#isRunning = false;
    this.#endEngine();
    this.#pool.clear();
    this.#nonces.clear();
    this.#early = [];
  }

  loseLog(): void {
    this.log.clear();
  }

  #endEngine(): void {
    this.#engine = undefined;
    this.#overlay = undefined;
    this.#behind = undefined;
    this.#answers = [];
    this.timers.clear();
    this.#up.clear();
  }

  /** The configuration above the newest final block. */
  #configurationAbove(blockId: number): { configuration: Configuration; base: Block } {
    const { configurations } = this.#surroundings;
    const changes = this.ledger.blocks.slice(0, blockId + 1).filter(isChange);
    const configuration = configurations[Math.min(changes.length, configurations.length - 1)] as Configuration;
    return { configuration, base: changes.at(-1) ?? (this.ledger.blocks[0] as Block) };
  }

  /** Starts the engine of the configuration that the newest final block leaves, if this machine is one of its producers. */
  #produce(): void {
    const { configuration, base } = this.#configurationAbove(this.#final);
    if (this.#engine && this.#configuration === configuration) return;
    if (this.#configuration && this.#configuration !== configuration) this.log.clear();
    this.#endEngine();
    this.#configuration = configuration;
    if (configuration.producers.includes(this.#surroundings.key)) {
      this.#engine = new Pbft(configuration, this.#surroundings.member(configuration));
      const log = [...this.log].map(([key, data]) => ({ key, data })).sort((a, b) => (a.key < b.key ? -1 : 1));
      const { Epoch: epoch } = this.ledger.tip;
      const nextEpoch = Math.max(epoch + 1, configuration.startEpoch);
      this.input({ type: 'start', log, nextEpoch, blocks: this.ledger.blocks.map(referenceOf), base: referenceOf(base) });
      this.#tellFinal();
      this.#tellWaiting();
    }
    for (const peer of this.#surroundings.peers) this.#surroundings.send(peer, frame(FRAME.hello, configuration.nonce));
    for (const [peer, nonce] of this.#nonces) if (nonce === configuration.nonce) this.#connect(peer);
  }

  // --------------------------------------------------------------------------------------------------------------- inputs

  input(input: EngineInput): void {
    if (input.type === 'connected') this.#onLink(input.peer);
    else if (input.type === 'disconnected') this.#offLink(input.peer);
    else this.#feed(input);
  }

  #feed(first: EngineInput): void {
    if (!this.#engine) return;
    const step = this.#engine.handle(first);
    this.#follow(step);
  }

  #follow(step: Step): void {
    const { fails, observe, planted } = this.#surroundings;
    for (const fault of step.faults) observe.blamed(fault, this.#configuration as Configuration);
    if (planted === 'send-before-log') this.#send(step);
    if (step.persist.length > 0 && fails('before-log')) throw new PowerCut();
    for (const { key, data } of step.persist) {
      this.log.set(key, data);
      observe.persisted({ key, data });
    }
    if (step.forget !== undefined) for (const key of [...this.log.keys()]) if (key < step.forget) this.log.delete(key);
    if (step.persist.length > 0 && fails('after-log')) throw new PowerCut();
    if (planted !== 'send-before-log') this.#send(step);
    if (step.send.length > 0 && fails('after-send')) throw new PowerCut();
    for (const { name } of step.timers) this.timers.add(name);
    if (step.behind) this.#behind = step.behind;
    if (planted === 'receipt-from-certificate') this.#giveEarlyReceipts(step);
    if (step.defect) {
      this.#endEngine();
      observe.defect(step.defect);
      return;
    }
    this.#work(step);
  }

  #work(step: Step): void {
    const { random } = this.#surroundings;
    for (const { trx } of step.woken ?? []) {
      const read = decodeOrNothing(Trx, trx);
      if (read) this.post(read);
    }
    const [oldest] = this.#pool.values();
    if (step.wake && oldest) this.#feed({ type: 'wake', trx: Trx.encode(oldest) });
    if (step.rollback) this.#rollBack(step.rollback.ticket);
    if (step.propose) {
      const trxs = [...this.#pool.values()].slice(0, 1 + random.int(MOST_TRXS));
      const timeNs = BigInt(this.ledger.tip.BlockId + 1) * SECOND_NS + this.skewNs;
      this.#later({ type: 'proposal', epoch: step.propose.epoch, proposal: { trxs, timeNs } });
    }
    if (step.execute) this.#later(this.#execute(step.execute));
    if (step.confirm) this.#confirm(step.confirm.ticket, step.confirm.epoch);
  }

  /** Some work is done at once, some takes its time. */
  #later(answer: EngineInput): void {
    if (this.#surroundings.isPrompt || this.#surroundings.random.chance(0.5)) this.#feed(answer);
    else this.#answers.push(answer);
  }

  tend(random: SeededRandom, isIdle: boolean): boolean {
    if (this.#answers.length > 0 && (isIdle || random.chance(0.2))) {
      const [answer] = this.#answers.splice(0, 1);
      if (answer) this.#feed(answer);
      return true;
    }
    if (this.#behind && (isIdle || random.chance(0.05))) {
      this.#catchUp(this.#behind);
      return true;
    }
    if (!isIdle && !random.chance(0.003)) return false;
    return this.#synchronize() || this.#askForSeals();
  }

  /** Seals that are missing may have been lost with a connection. */
  #askForSeals(): boolean {
    if (this.#final >= this.ledger.tip.BlockId) return false;
    const { peers, send } = this.#surroundings;
    for (const peer of peers) send(peer, frame(FRAME.want, 0));
    return true;
  }

  post(trx: Trx): void {
    if (this.ledger.has(trx.TrxId) || this.#pool.has(trx.TrxId)) return;
    this.#pool.set(trx.TrxId, trx);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    const [oldest] = this.#pool.keys();
    this.#feed({ type: 'oldest', trx: oldest });
    if (oldest !== undefined) this.#feed({ type: 'waiting', full: false });
  }

  // ------------------------------------------------------------------------------------------------------------ execution

  #execute({ ticket, parent, batch }: NonNullable<Step['execute']>): EngineInput {
    const { observe, planted } = this.#surroundings;
    if (this.#overlay) throw new Violation('a second execution is asked for before the first is confirmed or rolled back');
    const { BlockId, BlockHash, TimeStamp } = this.ledger.tip;
    if (BlockId !== parent.blockId || !equalBytes(BlockHash, parent.blockHash))
      return { type: 'tentative', ticket, block: 'stale', isTimely: false };
    const before = this.ledger.digest();
    const draft = this.ledger.draft(batch, this.#configuration as Configuration);
    if (draft) this.#overlay = { ticket, draft, before };
    if (planted === 'hook-on-tentative' && draft) observe.hooked(draft.block);
    const now = BigInt(BlockId + 1) * SECOND_NS + this.skewNs;
    const limit = now + 10n * SECOND_NS > TimeStamp + 1n ? now + 10n * SECOND_NS : TimeStamp + 1n;
    return { type: 'tentative', ticket, block: draft?.block, isTimely: (draft?.block.TimeStamp ?? 0n) <= limit };
  }

  #rollBack(ticket: number): void {
    if (this.#overlay?.ticket !== ticket) return;
    const { before, draft } = this.#overlay;
    this.#overlay = undefined;
    const isSameTip = draft.block.BlockId === this.ledger.tip.BlockId + 1;
    if (isSameTip && before !== this.ledger.digest()) throw new Violation('a rollback leaves something behind');
  }

  #confirm(ticket: number, epoch: number): void {
    const overlay = this.#overlay;
    if (overlay?.ticket !== ticket) throw new Violation('what is confirmed was not executed');
    this.#overlay = undefined;
    if (overlay.draft.block.BlockId === this.ledger.tip.BlockId + 1) this.#store(overlay.draft);
    if (this.#surroundings.fails('after-block')) throw new PowerCut();
    const { BlockId: blockId, BlockHash: blockHash } = this.ledger.tip;
    this.#feed({ type: 'executed', epoch, empty: false, head: { blockId, blockHash } });
    this.#afterBlocks();
  }

  /** Block and own seal in one transaction; only then does anybody hear of the seal. */
  #store(draft: Draft): void {
    const { observe } = this.#surroundings;
    this.ledger.apply(draft);
    const { block } = draft;
    observe.stored(block);
    for (const { TrxId } of block.Trxs) this.#pool.delete(TrxId);
    this.#seal(block);
  }

  #seal(block: Block): void {
    const { key, peers, send } = this.#surroundings;
    const configuration = this.#configuration as Configuration;
    if (!configuration.producers.includes(key)) return;
    const Sign = this.#surroundings.member(configuration).sign(sealBodyHash(sealBodyOf(block)));
    const seal: Seal = { ProducerPubkey: key, Sign };
    this.#sealsOf(block.BlockId).set(key, seal);
    this.#surroundings.observe.sealed(block);
    for (const peer of peers) send(peer, sealFrame(block, seal));
  }

  #sealsOf(blockId: number): Map<string, Seal> {
    const seals = this.#seals.get(blockId) ?? new Map<string, Seal>();
    this.#seals.set(blockId, seals);
    return seals;
  }

  #afterBlocks(): void {
    for (const data of this.#early.splice(0)) this.#takeSeal(data);
    this.#raiseFinal();
    this.#tellWaiting();
  }

  // ------------------------------------------------------------------------------------------------------------- finality

  #takeSeal(data: Uint8Array): void {
    const word = decodeOrNothing(SealWord, data);
    if (!word?.Seal || word.BlockId <= this.#final) return;
    const block = this.ledger.blocks[word.BlockId];
    if (!block) {
      if (this.#early.length < 200) this.#early.push(data);
      return;
    }
    if (!equalBytes(block.BlockHash, word.BlockHash) || !this.#surroundings.isSealed(word.Seal, block)) return;
    this.#sealsOf(word.BlockId).set(word.Seal.ProducerPubkey, word.Seal);
  }

  #takeSeals(block: Block): void {
    for (const seal of block.Seals) {
      if (this.#surroundings.isSealed(seal, block)) this.#sealsOf(block.BlockId).set(seal.ProducerPubkey, seal);
    }
  }

  #raiseFinal(): void {
    const { observe } = this.#surroundings;
    let hasRisen = false;
    for (;;) {
      const block = this.ledger.blocks[this.#final + 1];
      if (!block) break;
      const { configuration } = this.#configurationAbove(this.#final);
      const seals = [...this.#sealsOf(block.BlockId).values()].filter(({ ProducerPubkey }) =>
        configuration.producers.includes(ProducerPubkey),
      );
      if (seals.length < quorum(configuration.producers.length)) break;
      this.#final += 1;
      hasRisen = true;
      observe.final(block, seals);
      observe.hooked(block);
      observe.receipt(block.BlockId, block.BlockHash);
    }
    if (!hasRisen) return;
    this.#tellFinal();
    this.#produce();
  }

  #tellFinal(): void {
    const block = this.ledger.blocks[this.#final];
    if (!block || this.#final === 0) return;
    if (block.ConfigNonce !== this.#configuration?.nonce) return;
    this.#feed({ type: 'final', header: sealBodyOf(block), seals: [...this.#sealsOf(this.#final).values()] });
  }

  // ------------------------------------------------------------------------------------------------------------- catching up

  #catchUp(target: BlockReference): void {
    const blocks = this.#surroundings.fetch(this.ledger.tip.BlockId + 1, target);
    if (!blocks) return;
    for (const block of blocks) {
      const draft = this.ledger.examine(block, this.#configuration as Configuration);
      if (!draft) continue;
      this.#store(draft);
      this.#takeSeals(block);
    }
    const reached = this.ledger.blocks[target.blockId];
    if (!reached) return;
    if (!equalBytes(reached.BlockHash, target.blockHash)) throw new Violation('it is to follow another chain than its own');
    this.#behind = undefined;
    this.#feed({ type: 'caught-up', epoch: target.epoch, blocks: this.ledger.blocks.map(referenceOf) });
    this.#afterBlocks();
  }

  /** Whoever does not produce follows final blocks, as a user does. */
  #synchronize(): boolean {
    if (this.#engine) return false;
    const blocks = this.#surroundings.finalBlocks().slice(this.ledger.tip.BlockId + 1);
    for (const block of blocks) {
      const { configuration } = this.#configurationAbove(this.ledger.tip.BlockId);
      const draft = this.ledger.examine(block, configuration);
      if (!draft) throw new Violation('a final block does not execute');
      this.ledger.apply(draft);
      for (const { TrxId } of block.Trxs) this.#pool.delete(TrxId);
      this.#takeSeals(block);
      this.#surroundings.observe.stored(block);
    }
    const before = this.#final;
    this.#raiseFinal();
    return this.#final > before;
  }

  // -------------------------------------------------------------------------------------------------------------- streams

  #send(step: Step): void {
    const { observe, planted, send } = this.#surroundings;
    const { nonce } = this.#configuration as Configuration;
    for (const { to, data } of step.send) {
      observe.said(nonce, data, this.log);
      for (const peer of to === 'all' ? this.#up : [this.#machineOf(to)]) send(peer, frame(FRAME.engine, nonce, data));
      if (planted === 'seals-in-commits') this.#sealCommitted(data);
    }
  }

  /** The planted defect: a commit carries a seal, whatever becomes of its view. */
  #sealCommitted(data: Uint8Array): void {
    const said = pbftMessages.decodeMessage(data, (this.#configuration as Configuration).producers.length);
    const draft = this.#overlay?.draft;
    if (said?.kind !== 'commit' || !draft || !equalBytes(said.vote.BlockHash, draft.block.BlockHash)) return;
    this.#surroundings.observe.sealed(draft.block);
  }

  /** The planted defect: N−f prepares are taken for N−f seals. */
  #giveEarlyReceipts(step: Step): void {
    for (const { key, data } of step.persist) {
      if (!/certificate\/\d+\/00$/.test(key)) continue;
      const vote = pbftMessages.Vote.decode(data);
      this.#surroundings.observe.receipt(vote.BlockId, vote.BlockHash);
    }
  }

  /** Machines are numbered by their keys, producers by their place in a configuration. */
  #machineOf(producer: number): number {
    return Number((this.#configuration as Configuration).producers[producer]?.slice('key'.length));
  }

  #producerOf(machine: number): number {
    return (this.#configuration as Configuration).producers.indexOf(`key${machine}`);
  }

  #onLink(peer: number): void {
    const { send } = this.#surroundings;
    if (this.#configuration) send(peer, frame(FRAME.hello, this.#configuration.nonce));
    const blocks = this.ledger.blocks.slice(Math.max(1, this.#final - 1));
    for (const block of blocks) this.#resendSeals(peer, block);
  }

  #resendSeals(peer: number, block: Block): void {
    for (const seal of this.#sealsOf(block.BlockId).values()) this.#surroundings.send(peer, sealFrame(block, seal));
  }

  #offLink(peer: number): void {
    this.#nonces.delete(peer);
    if (this.#up.delete(peer)) this.#feed({ type: 'disconnected', peer: this.#producerOf(peer) });
  }

  #connect(peer: number): void {
    const producer = this.#producerOf(peer);
    if (!this.#engine || producer < 0 || this.#up.has(peer)) return;
    this.#up.add(peer);
    this.#feed({ type: 'connected', peer: producer });
  }

  receive(sender: number, data: Uint8Array): void {
    const [kind, nonce] = data;
    const rest = data.subarray(2);
    if (kind === FRAME.hello) {
      this.#nonces.set(sender, nonce as number);
      if (nonce === this.#configuration?.nonce) this.#connect(sender);
    } else if (kind === FRAME.engine) {
      const producer = this.#configuration?.nonce === nonce ? this.#producerOf(sender) : -1;
      if (producer >= 0) this.#feed({ type: 'message', sender: producer, data: rest });
    } else if (kind === FRAME.seal) {
      this.#takeSeal(rest);
      this.#raiseFinal();
    } else if (kind === FRAME.want) {
      for (const block of this.ledger.blocks.slice(Math.max(1, this.ledger.tip.BlockId - 2))) this.#resendSeals(sender, block);
    }
  }

  /** Blocks with the seals that are known for them. */
  sealedUpTo(blockId: number): readonly Block[] {
    const blocks = this.ledger.blocks.slice(0, blockId + 1);
    return blocks.map((block) => ({ ...block, Seals: [...this.#sealsOf(block.BlockId).values()] }));
  }
}

const referenceOf = ({ Epoch: epoch, BlockId: blockId, BlockHash: blockHash }: Block): BlockReference => ({
  epoch,
  blockId,
  blockHash,
});

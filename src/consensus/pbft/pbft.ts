import { equalBytes, LIMITS, sha256 } from '../../records/index.ts';
import type { BlockReference, Configuration, Engine, EngineInput, EngineStatus, LogEntry, Proposal, Step } from '../engine.ts';
import { EngineStep } from '../engine-step.ts';
import { type Roster, roster } from '../hbbft/roster.ts';
import { Bodies } from './bodies.ts';
import { Deciding } from './deciding.ts';
import { Heights } from './heights.ts';
import { newViewEntry, readLog, viewChangeEntry } from './log.ts';
import {
  type DecidedBlock,
  decodeMessage,
  encodeMessage,
  type Message,
  type NewView,
  type ViewChange,
  type Vote,
  type VoteKind,
} from './messages.ts';
import { Patience, patienceTickMs } from './patience.ts';
import { encodeVote, Retelling, type Standing } from './retelling.ts';
import { type PbftMember, primaryOf, Signatures } from './signatures.ts';
import { bodyOf } from './slot.ts';
import { type Pick, ViewChanges } from './view-changes.ts';

/**
 * PBFT (Castro and Liskov, OSDI 1999) as sources/pbft-integration.rst draws it, with the rules of docs/pbft.md: who leads, when that changes,
 * what is said again. What is done at the height that is being decided: `Deciding`.
 *
 * How it works. The primary of view v is producer v mod N. It executes a batch on an overlay, puts the root into the block, and proposes it in a
 * pre-prepare. A backup executes it too and, if the same block comes out, prepares. N−f alike are a certificate, which is logged; then
 * comes the commit. N−f commits of one view decide: the overlay is confirmed. One block at a time: the next one is prepared when this
 * one is final. When the trx that has waited longest is not ordered in time, a view change names the newest decided block and the
 * certificate above it; N−f of them begin a new view, whose primary must propose the certified body of the highest view again.
 * Nothing is sent twice unasked: a status says where a producer stands, and whoever is further says what it lacks.
 */
export class Pbft implements Engine {
  readonly name = 'pbft';
  readonly executesFirst = true;
  readonly proposalLimitBytes = LIMITS.blockBytes - LIMITS.blockReserveBytes;
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  readonly #signatures: Signatures;
  readonly #bodies = new Bodies();
  readonly #patience = new Patience();
  readonly #connected = new Set<number>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #base: BlockReference | undefined;
  #heights: Heights | undefined;
  #changes: ViewChanges | undefined;
  #deciding: Deciding | undefined;
  #retelling: Retelling | undefined;
  #standing: Standing = { view: 0, isChanging: false, newView: undefined };
  /** What the view prescribes. */
  #pick: Pick | undefined;
  #isWaiting = false;
  #isFull = false;
  #isIntervalOver = false;
  /** The newest block is the last of this configuration. */
  #isOver = false;
  #proposing: { readonly view: number; readonly blockId: number } | undefined;
  #oldest: string | undefined;
  #isTicking = false;
  /** Something new has been heard since the last tick. */
  #hasMoved = false;
  /** Where this producer stood when a peer last forwarded a trx. */
  readonly #forwarded = new Map<number, string>();

  /** Throws RangeError where configuration and member do not fit each other. */
  constructor(configuration: Configuration, member: PbftMember) {
    this.#configuration = configuration;
    this.#roster = roster(configuration.producers.length, member.index);
    this.#signatures = new Signatures(configuration, this.#roster, member);
  }

  status(): EngineStatus {
    const { next = 0, head } = this.#heights ?? {};
    return {
      epoch: head ? (this.#heights?.epochAt(next) ?? 0) : 0,
      resting: this.#oldest === undefined && !this.#isWaiting,
      connected: [...this.#connected],
      view: {
        view: this.#standing.view,
        primary: primaryOf(this.#standing.view, this.#roster),
        isChanging: this.#standing.isChanging,
        viewChanges: this.#changes?.wanting(this.#standing.view).map(({ Signer }) => Signer) ?? [],
        blockId: next,
        phase: this.#deciding?.phase(this.#standing.view) ?? 'waiting',
        prepared: this.#heights?.slot.prepares.signersIn(this.#standing.view) ?? [],
        committed: this.#heights?.slot.commits.signersIn(this.#standing.view) ?? [],
      },
    };
  }

  handle(input: EngineInput): Step {
    const step = new EngineStep();
    if (this.#state === 'stopped') return step;
    if ('isOver' in input && input.isOver) this.#isOver = true;
    if (input.type === 'start') this.#start(input.log, input.blocks ?? [], input.base, step);
    else if (this.#state === 'running') this.#take(input, step);
    if (this.#state === 'running' && !step.defect) this.#proceed(step);
    if (step.defect) this.#state = 'stopped';
    return step;
  }

  #take(input: EngineInput, step: EngineStep): void {
    switch (input.type) {
      case 'timer':
        if (input.name === 'interval') this.#isIntervalOver = true;
        if (input.name === 'patience') this.#onTick(step);
        break;
      case 'waiting':
        this.#isWaiting = true;
        this.#isFull ||= input.full;
        break;
      case 'oldest':
        if (input.trx !== this.#oldest && !this.#standing.isChanging) this.#patience.otherTrx();
        this.#oldest = input.trx;
        break;
      case 'proposal':
        this.#onProposal(input.epoch, input.proposal, step);
        break;
      case 'wake':
        step.say('all', encodeMessage({ kind: 'trx', trx: input.trx }));
        break;
      case 'connected':
        this.#connected.add(input.peer);
        this.#bodies.forgive(input.peer);
        this.#at.retelling.connect(input.peer, this.#standing, step);
        break;
      case 'disconnected':
        this.#connected.delete(input.peer);
        this.#bodies.forgive(input.peer);
        break;
      case 'message':
        this.#onMessage(input.sender, input.data, step);
        break;
      case 'tentative':
        if (this.#at.deciding.onTentative(input, step) === 'nothing') this.#isWaiting = false;
        break;
      case 'executed':
        this.#onExecuted(input.epoch, step);
        break;
      case 'caught-up': {
        const head = input.blocks.at(-1);
        if (!head || !this.#at.heights.jump(head, step)) break;
        this.#at.deciding.drop(step);
        this.#onProgress(step);
        break;
      }
      case 'final':
        this.#at.heights.confirm(input.header, input.seals);
        break;
    }
  }

  /** What there is from the start on. */
  get #at(): { heights: Heights; changes: ViewChanges; deciding: Deciding; retelling: Retelling } {
    const heights = this.#heights;
    const changes = this.#changes;
    const deciding = this.#deciding;
    const retelling = this.#retelling;
    if (!heights || !changes || !deciding || !retelling) throw new RangeError('the engine has not started');
    return { heights, changes, deciding, retelling };
  }

  get #isPrimary(): boolean {
    return primaryOf(this.#standing.view, this.#roster) === this.#roster.self;
  }

  // --------------------------------------------------------------------------------------------------------------- start

  #start(log: readonly LogEntry[], blocks: readonly BlockReference[], base: BlockReference | undefined, step: EngineStep): void {
    if (this.#state !== 'new') throw new RangeError('an engine starts once');
    const head = blocks.at(-1);
    if (!head || !base) throw new RangeError('PBFT starts from a block, and must know where its configuration began');
    this.#state = 'running';
    this.#base = base;
    const read = readLog(log);
    const heights = new Heights(this.#configuration, this.#roster, head, base);
    heights.restore(read);
    const changes = new ViewChanges(this.#roster, this.#signatures, base);
    if (read.viewChange) changes.addOwn(read.viewChange);
    this.#heights = heights;
    this.#changes = changes;
    this.#deciding = new Deciding(this.#configuration, this.#roster, this.#signatures, heights, this.#bodies);
    this.#retelling = new Retelling(this.#roster, heights, changes);
    const { viewChange, newView } = read;
    const begun = newView?.View ?? 0;
    if (viewChange && viewChange.View > begun) this.#enter(viewChange.View, undefined, undefined);
    else if (newView) this.#enter(begun, newView, changes.pickOf(newView));
    step.start('interval', this.#configuration.intervalMs);
  }

  // -------------------------------------------------------------------------------------------------------------- blocks

  #onProposal(epoch: number, { trxs, timeNs }: Proposal, step: EngineStep): void {
    const { heights, deciding } = this.#at;
    const proposing = this.#proposing;
    this.#proposing = undefined;
    if (!proposing || epoch !== heights.epochAt(heights.next)) return;
    if (proposing.view !== this.#standing.view || this.#standing.isChanging || proposing.blockId !== heights.next) return;
    if (trxs.length === 0) this.#isWaiting = false;
    else deciding.executeOwn({ trxs, timeNs }, step);
  }

  #onExecuted(epoch: number, step: EngineStep): void {
    const { heights, deciding } = this.#at;
    if (!heights.decision || epoch !== heights.epochAt(heights.next)) return;
    heights.advance(step);
    deciding.done();
    this.#onProgress(step);
  }

  #onProgress(step: EngineStep): void {
    this.#hasMoved = true;
    this.#patience.progress();
    this.#bodies.forgive();
    this.#isWaiting = false;
    this.#isFull = this.#isIntervalOver = false;
    step.start('interval', this.#configuration.intervalMs);
  }

  /** Whatever has become possible. */
  #proceed(step: EngineStep): void {
    const { changes, deciding } = this.#at;
    while (!this.#isOver) {
      const later = changes.toJoin(this.#standing.view);
      if (later !== undefined && this.#changeView(later, step)) continue;
      if (this.#standing.isChanging && this.#isPrimary && this.#beginView(step)) continue;
      const outcome = deciding.act({ ...this.#standing, pick: this.#pick }, [...this.#connected], step);
      if (outcome === 'suspect' && this.#changeView(this.#standing.view + 1, step)) continue;
      if (outcome !== 'again' || step.defect) break;
    }
    this.#proposeIfDue(step);
    this.#keepTicking(step);
  }

  #proposeIfDue(step: EngineStep): void {
    const { heights, deciding } = this.#at;
    if (this.#isOver || !this.#isPrimary || this.#standing.isChanging || this.#proposing || !this.#isWaiting) return;
    if (!(this.#isFull || this.#isIntervalOver) || !heights.isHeadFinal || heights.decision || heights.target) return;
    if (deciding.isBusy(this.#standing.view, this.#pick)) return;
    const { next: blockId } = heights;
    this.#proposing = { view: this.#standing.view, blockId };
    const epoch = heights.epochAt(blockId);
    step.propose = { epoch, limitBytes: this.proposalLimitBytes, randomBytes: 0, alone: true };
  }

  // -------------------------------------------------------------------------------------------------------------- views

  /** Asks for a later view. Nothing is voted in earlier ones any more. Answers false where the own height has no proof yet. */
  #changeView(view: number, step: EngineStep): boolean {
    const { heights, changes, deciding } = this.#at;
    const Decided = heights.decision ?? heights.proof;
    if (!Decided) return false;
    this.#enter(view, undefined, undefined);
    this.#patience.double();
    const Certificate = heights.decision ? undefined : heights.slot.certificate;
    const viewChange = this.#signatures.signViewChange({ View: view, Decided, Certificate });
    changes.addOwn(viewChange);
    step.log(viewChangeEntry(viewChange));
    step.say('all', encodeMessage({ kind: 'view-change', viewChange }));
    deciding.leaveView(step);
    return true;
  }

  /** The primary of a view that N−f want begins it. */
  #beginView(step: EngineStep): boolean {
    const begun = this.#at.changes.assemble(this.#standing.view);
    if (!begun) return false;
    const { newView, pick } = begun;
    this.#enterNewView(newView, pick, step);
    step.say('all', encodeMessage({ kind: 'new-view', newView }));
    return true;
  }

  #enterNewView(newView: NewView, pick: Pick, step: EngineStep): void {
    this.#enter(newView.View, newView, pick);
    this.#patience.restart();
    step.log(newViewEntry(newView));
    this.#at.heights.learn(pick.decided, step);
    this.#at.deciding.leaveView(step);
  }

  /** Without `newView` the view has only been asked for. */
  #enter(view: number, newView: NewView | undefined, pick: Pick | undefined): void {
    this.#standing = { view, isChanging: newView === undefined, newView };
    this.#pick = pick;
    this.#proposing = undefined;
    this.#hasMoved = true;
  }

  #onViewChange(sender: number, viewChange: ViewChange, step: EngineStep): void {
    const { heights, changes } = this.#at;
    const { Signer, View } = viewChange;
    if (Signer === this.#roster.self) {
      const newest = Math.max(this.#standing.view, changes.of(Signer)?.View ?? 0);
      if (View > newest) this.#onOwn(sender, this.#signatures.isViewChangeSigned(viewChange), heights.next, step);
      return;
    }
    if (Signer !== sender) {
      step.blame(sender, 'unexpected-message');
      return;
    }
    const added = changes.add(viewChange);
    if (added === 'bad') step.blame(sender, 'bad-view-change', [encodeMessage({ kind: 'view-change', viewChange })]);
    if (added !== 'new') return;
    this.#hasMoved = true;
    if (viewChange.Decided) heights.learn(viewChange.Decided, step);
    if (View <= this.#standing.view && !this.#standing.isChanging && this.#standing.newView)
      step.say(sender, encodeMessage({ kind: 'new-view', newView: this.#standing.newView }));
  }

  #onNewView(sender: number, newView: NewView, data: Uint8Array, step: EngineStep): void {
    const { View } = newView;
    if (View < this.#standing.view || View === 0 || (View === this.#standing.view && !this.#standing.isChanging)) return;
    const primary = primaryOf(View, this.#roster);
    const isSigned = this.#signatures.isNewViewSigned(newView);
    if (primary === this.#roster.self) {
      this.#onOwn(sender, isSigned, this.#at.heights.next, step);
      return;
    }
    if (!isSigned) {
      step.blame(sender, 'bad-signature');
      return;
    }
    const pick = this.#at.changes.pickOf(newView);
    const isRight = pick && equalBytes(pick.blockHash ?? new Uint8Array(), newView.PickHash);
    if (isRight) this.#enterNewView(newView, pick, step);
    else step.blame(primary, 'bad-new-view', [data]);
  }

  // ------------------------------------------------------------------------------------------------------------- messages

  #onMessage(sender: number, data: Uint8Array, step: EngineStep): void {
    const { size, self } = this.#roster;
    if (!(sender >= 0 && sender < size && sender !== self)) throw new RangeError(`producer ${sender} is no other producer`);
    const message = decodeMessage(data, size);
    if (!message) step.blame(sender, 'malformed-message');
    else this.#hear(sender, message, data, step);
  }

  #hear(sender: number, message: Message, data: Uint8Array, step: EngineStep): void {
    switch (message.kind) {
      case 'pre-prepare':
        this.#onPrePrepare(sender, message.vote, message.body, data, step);
        break;
      case 'prepare':
      case 'commit':
        this.#onVote(sender, message.kind, message.vote, data, step);
        break;
      case 'view-change':
        this.#onViewChange(sender, message.viewChange, step);
        break;
      case 'new-view':
        this.#onNewView(sender, message.newView, data, step);
        break;
      case 'status':
        this.#at.retelling.answer(sender, message.status, this.#standing, step);
        break;
      case 'decision':
        this.#onDecision(sender, message.decided, step);
        break;
      case 'body-request': {
        const body = this.#at.heights.body(message.blockId, message.blockHash);
        if (body) this.#bodies.serve(sender, body.encoded, step);
        break;
      }
      case 'body':
        this.#onBody(message.body);
        break;
      case 'trx': {
        // An honest producer forwards one while it waits for the same.
        const place = `${this.#at.heights.next}/${this.#standing.view}`;
        if (this.#forwarded.get(sender) === place) break;
        this.#forwarded.set(sender, place);
        step.woken = [{ sender, trx: message.trx }];
        break;
      }
    }
  }

  #onPrePrepare(sender: number, vote: Vote, body: Uint8Array, data: Uint8Array, step: EngineStep): void {
    if (vote.Signer !== primaryOf(vote.View, this.#roster)) {
      step.blame(sender, 'unexpected-message');
      return;
    }
    const { heights } = this.#at;
    if (!this.#takeVote(sender, 'prepare', vote, data, step) || body.length === 0) return;
    // Of other views the vote is enough: the body can be asked for once it counts.
    if (vote.View !== this.#standing.view || this.#standing.isChanging) return;
    if (!equalBytes(sha256(body), vote.BlockHash)) step.blame(sender, 'bad-pre-prepare', [data]);
    else if (!heights.body(vote.BlockId, vote.BlockHash))
      heights.slotAt(vote.BlockId)?.addBody(vote.BlockHash, bodyOf(body, vote.BlockHash));
  }

  #onVote(sender: number, kind: VoteKind, vote: Vote, data: Uint8Array, step: EngineStep): void {
    if (kind === 'prepare' && vote.Signer === primaryOf(vote.View, this.#roster)) step.blame(sender, 'unexpected-message');
    else this.#takeVote(sender, kind, vote, data, step);
  }

  /** Answers whether this vote counts, now or since earlier. */
  #takeVote(sender: number, kind: VoteKind, vote: Vote, data: Uint8Array, step: EngineStep): boolean {
    const { heights } = this.#at;
    const slot = heights.slotAt(vote.BlockId);
    if (vote.Signer === this.#roster.self) {
      const own = slot?.ownVote(kind, vote.View);
      const isKnown = vote.BlockId <= heights.head.blockId || (own && equalBytes(own.BlockHash, vote.BlockHash));
      if (!isKnown) this.#onOwn(sender, this.#signatures.isVoteSigned(kind, vote), vote.BlockId, step);
      return false;
    }
    if (vote.Signer !== sender) {
      step.blame(sender, 'unexpected-message');
      return false;
    }
    if (!slot) {
      if (vote.BlockId > heights.head.blockId) this.#at.retelling.greet(sender, this.#standing, step);
      return false;
    }
    const box = slot.box(kind);
    const present = box.of(vote.Signer, vote.View);
    if (present && equalBytes(present.BlockHash, vote.BlockHash)) return true;
    if (!this.#signatures.isVoteSigned(kind, vote)) {
      step.blame(sender, 'bad-signature');
      return false;
    }
    const added = box.add(vote);
    if (added === 'new') {
      this.#hasMoved = true;
      return true;
    }
    if (added === 'known') return false;
    const isProposal = kind === 'prepare' && vote.Signer === primaryOf(vote.View, this.#roster);
    const conflict = isProposal ? 'conflicting-pre-prepare' : (`conflicting-${kind}` as const);
    step.blame(sender, conflict, [encodeVote(kind, added, this.#roster), data]);
    return false;
  }

  /** A peer gives back what it has got from this producer, or from somebody with its key, and what its log does not hold. */
  #onOwn(sender: number, isSigned: boolean, blockId: number, step: EngineStep): void {
    if (isSigned) step.defect = { kind: 'log-lost', epoch: this.#at.heights.epochAt(blockId) };
    else step.blame(sender, 'bad-signature');
  }

  #onDecision(sender: number, decided: DecidedBlock, step: EngineStep): void {
    const { heights } = this.#at;
    if (decided.BlockId <= heights.decided || !this.#base) return;
    if (this.#signatures.isDecided(decided, this.#base)) heights.learn(decided, step);
    else step.blame(sender, 'bad-decision', [encodeMessage({ kind: 'decision', decided })]);
    this.#hasMoved = true;
  }

  #onBody(encoded: Uint8Array): void {
    const blockHash = sha256(encoded);
    if (!this.#bodies.isWanted(blockHash)) return;
    this.#bodies.found();
    this.#at.heights.slot.addBody(blockHash, bodyOf(encoded, blockHash));
    this.#hasMoved = true;
  }

  // --------------------------------------------------------------------------------------------------------------- timers

  /** Whether this producer waits for somebody. */
  get #hasReasonToTick(): boolean {
    const { heights, deciding } = this.#at;
    if (this.#roster.size === 1) return false;
    if (this.#isOver) return !heights.isHeadFinal;
    if (this.#standing.isChanging || this.#oldest !== undefined || !heights.isHeadFinal || heights.decision) return true;
    return deciding.isBusy(this.#standing.view, this.#pick);
  }

  #keepTicking(step: EngineStep): void {
    if (this.#isTicking || !this.#hasReasonToTick) return;
    this.#isTicking = true;
    step.start('patience', patienceTickMs(this.#configuration.intervalMs));
  }

  #onTick(step: EngineStep): void {
    const { heights, changes } = this.#at;
    this.#isTicking = false;
    this.#at.retelling.tick();
    if (this.#bodies.tick() && heights.decision) {
      const { BlockId: blockId, BlockHash: blockHash } = heights.decision;
      step.behind = { epoch: heights.epochAt(blockId), blockId, blockHash };
    }
    if (!this.#hasReasonToTick) return;
    if (this.#isOver) this.#hasMoved = false;
    else if (this.#standing.isChanging) {
      // Alone it would only run ahead: others have to want it too before its primary can be late.
      if (changes.countFrom(this.#standing.view) >= this.#roster.quorum && this.#patience.tick() === 'over')
        this.#changeView(this.#standing.view + 1, step);
    } else if (!this.#isPrimary && heights.isHeadFinal && !heights.decision) {
      const patience = this.#patience.tick();
      if (patience === 'half' && this.#oldest !== undefined) step.wake = true;
      if (patience === 'over') this.#changeView(this.#standing.view + 1, step);
    }
    if (!this.#hasMoved) step.say('all', this.#at.retelling.statusMessage(this.#standing, false));
    this.#hasMoved = false;
  }
}

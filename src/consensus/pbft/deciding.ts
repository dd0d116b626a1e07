import { Block, equalBytes, toHex } from '../../records/index.ts';
import type { Configuration, EngineInput, Proposal, ViewProgress } from '../engine.ts';
import type { EngineStep } from '../engine-step.ts';
import type { Roster } from '../hbbft/roster.ts';
import type { Bodies } from './bodies.ts';
import type { Heights } from './heights.ts';
import { bodyEntry, certificateEntries, voteEntry } from './log.ts';
import { AgreementEvidence, type Certificate, type DecidedBlock, type Vote, type VoteKind } from './messages.ts';
import { encodeVote } from './retelling.ts';
import { primaryOf, type Signatures } from './signatures.ts';
import type { Body } from './slot.ts';
import type { Pick } from './view-changes.ts';

/** Where this producer stands among the views. */
export interface Place {
  readonly view: number;
  /** It waits for the view to begin, and votes in none. */
  readonly isChanging: boolean;
  readonly pick: Pick | undefined;
}

/** An execution on the overlay. There is one at a time. */
interface Tentative {
  readonly ticket: number;
  /** Undefined: an own batch whose block is not made yet. */
  hash: Uint8Array | undefined;
  /** `bad`: another block came out; `stale`: the chain has moved on, and the engine will hear of it. */
  state: 'running' | 'good' | 'bad' | 'stale';
  isTimely: boolean;
  isConfirmed: boolean;
}

/** What the height needs next. */
interface Wanted {
  readonly hash: Uint8Array;
  /** The strongest reason: N−f commits, N−f prepares in this view, what the new view prescribes, the primary's word. */
  readonly why: 'decided' | 'certified' | 'picked' | 'proposed';
}

type Answer = Extract<EngineInput, { type: 'tentative' }>;

/**
 * The height above the head: execution on an overlay, prepare, certificate, commit, decision, confirmation. Everything that is signed here is in the
 * step's log entries beside the message that carries it.
 */
export class Deciding {
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  readonly #signatures: Signatures;
  readonly #heights: Heights;
  readonly #bodies: Bodies;
  #tentative: Tentative | undefined;
  #tickets = 0;
  /** What a body said and what executing it gave, where they differ. */
  #roots: { readonly proposed: Uint8Array; readonly own: Uint8Array | undefined } | undefined;

  constructor(configuration: Configuration, roster: Roster, signatures: Signatures, heights: Heights, bodies: Bodies) {
    this.#configuration = configuration;
    this.#roster = roster;
    this.#signatures = signatures;
    this.#heights = heights;
    this.#bodies = bodies;
  }

  phase(view: number): ViewProgress['phase'] {
    const { decision, slot } = this.#heights;
    if (decision) return 'decided';
    if (slot.ownVote('commit', view)) return 'prepared';
    if (this.#tentative?.state === 'good') return 'executed';
    if (this.#tentative) return 'executing';
    return slot.prepares.of(view % this.#roster.size, view) ? 'proposed' : 'waiting';
  }

  /** Whether something is proposed or prescribed, so that nothing new can be. */
  isBusy(view: number, pick: Pick | undefined): boolean {
    const { slot } = this.#heights;
    if (this.#tentative || this.#prescribed(pick)) return true;
    return slot.prepares.of(primaryOf(view, this.#roster), view) !== undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ execution

  /** The primary's own batch. */
  executeOwn({ trxs, timeNs }: Proposal, step: EngineStep): void {
    this.#execute({ trxs, timeNs }, this.#roster.self, undefined, step);
  }

  #execute(proposal: Proposal, proposer: number, hash: Uint8Array | undefined, step: EngineStep): void {
    const { head, next } = this.#heights;
    const ticket = ++this.#tickets;
    const proposals = this.#configuration.producers.map((_, index) => (index === proposer ? proposal : undefined));
    this.#tentative = { ticket, hash, state: 'running', isTimely: false, isConfirmed: false };
    step.execute = {
      ticket,
      parent: { blockId: head.blockId, blockHash: head.blockHash },
      batch: { epoch: this.#heights.epochAt(next), proposals },
    };
  }

  /** `nothing`: the rules for a block left nothing of the own batch. */
  onTentative({ ticket, block, isTimely }: Answer, step: EngineStep): 'nothing' | undefined {
    const tentative = this.#tentative;
    if (tentative?.ticket !== ticket || tentative.state !== 'running') return undefined;
    tentative.isTimely = isTimely;
    if (block === 'stale') {
      tentative.state = 'stale';
      return undefined;
    }
    if (tentative.hash) {
      tentative.state = block && equalBytes(block.BlockHash, tentative.hash) ? 'good' : 'bad';
      if (tentative.state === 'bad') this.#reportRoots(tentative.hash, block, step);
      return undefined;
    }
    if (!block) {
      this.#tentative = undefined;
      return 'nothing';
    }
    tentative.state = 'good';
    tentative.hash = block.BlockHash;
    this.#heights.slot.addBody(block.BlockHash, { encoded: Block.encodeHashed(block), block });
    return undefined;
  }

  /** The overlay is dropped at once; who is to blame for it, `act` says. */
  #reportRoots(hash: Uint8Array, own: Block | undefined, step: EngineStep): void {
    if (this.#tentative) step.rollback = { ticket: this.#tentative.ticket };
    const body = this.#heights.slot.body(hash);
    if (body?.block) this.#roots = { proposed: body.block.StateRoot, own: own?.StateRoot };
  }
  #rollBack(step: EngineStep): void {
    if (this.#tentative && this.#tentative.state !== 'bad') step.rollback = { ticket: this.#tentative.ticket };
    this.#tentative = undefined;
  }

  /** The head has moved without this height's confirmation. */
  drop(step: EngineStep): void {
    if (this.#tentative && !this.#tentative.isConfirmed) this.#rollBack(step);
    this.#tentative = undefined;
  }

  /** The height is stored. */
  done(): void {
    this.#tentative = undefined;
  }

  /** A view is over: what N−f have not prepared is taken back, and bodies that nobody can ask this producer for are dropped. */
  leaveView(step: EngineStep): void {
    const { slot, decision } = this.#heights;
    const kept = [slot.certificate?.BlockHash, decision?.BlockHash].flatMap((hash) => (hash ? toHex(hash) : []));
    const hash = this.#tentative?.hash;
    if (this.#tentative && !this.#tentative.isConfirmed && !(hash && kept.includes(toHex(hash)))) this.#rollBack(step);
    slot.keepBodies((each) => kept.includes(each) || slot.isLogged(each));
  }

  // --------------------------------------------------------------------------------------------------------------- acting

  /** Does the next thing that is possible. `again`: there may be more; `suspect`: the primary has not done what it must. */
  act(place: Place, peers: readonly number[], step: EngineStep): 'again' | 'suspect' | undefined {
    if (this.#decideIfAgreed(step)) return 'again';
    const wanted = this.#wanted(place);
    if (!wanted) return this.#proposeOwn(place, step);
    if (wanted.why === 'proposed' && this.#prescribed(place.pick)) return this.#blamePrimary(place, step);
    const isDecided = wanted.why === 'decided';
    // What follows a block that is not final waits.
    if (!isDecided && !this.#heights.isHeadFinal) return undefined;
    if (this.#tentative && !(this.#tentative.hash && equalBytes(this.#tentative.hash, wanted.hash))) {
      if (this.#tentative.state === 'stale') return undefined;
      this.#rollBack(step);
    }
    const body = this.#heights.slot.body(wanted.hash);
    if (!body) {
      this.#bodies.ask(this.#heights.next, wanted.hash, this.#holders(wanted.hash, peers), step);
      return undefined;
    }
    if (!this.#tentative) return this.#begin(wanted, body, place, step);
    if (this.#tentative.state === 'bad') return this.#refuse(wanted, place, step);
    if (this.#tentative.state !== 'good') return undefined;
    if (isDecided) this.#confirm(step);
    else if (this.#prepare(wanted, place, step) || this.#commit(wanted, place, step)) return 'again';
    return undefined;
  }

  #wanted({ view, isChanging, pick }: Place): Wanted | undefined {
    const { decision, slot } = this.#heights;
    if (decision) return { hash: decision.BlockHash, why: 'decided' };
    if (isChanging) return undefined;
    const certified = slot.prepares.agreedIn(view, this.#roster.quorum)?.[0];
    if (certified) return { hash: certified.BlockHash, why: 'certified' };
    const primary = primaryOf(view, this.#roster);
    const prescribed = this.#prescribed(pick);
    const proposed = slot.prepares.of(primary, view);
    if (proposed) {
      const isPicked = prescribed && equalBytes(prescribed, proposed.BlockHash);
      return { hash: proposed.BlockHash, why: isPicked ? 'picked' : 'proposed' };
    }
    return prescribed && primary === this.#roster.self ? { hash: prescribed, why: 'picked' } : undefined;
  }

  /** What the new view prescribes at this height. */
  #prescribed(pick: Pick | undefined): Uint8Array | undefined {
    return pick?.blockId === this.#heights.next ? pick.blockHash : undefined;
  }

  /** Who is likely to have a body comes first. */
  #holders(hash: Uint8Array, peers: readonly number[]): number[] {
    const { slot } = this.#heights;
    const voters = new Set([...slot.commits.signersFor(hash), ...slot.prepares.signersFor(hash)]);
    return [...peers.filter((peer) => voters.has(peer)), ...peers.filter((peer) => !voters.has(peer))];
  }

  #begin(wanted: Wanted, { block }: Body, place: Place, step: EngineStep): 'suspect' | undefined {
    if (wanted.why !== 'decided' && (!block || this.#isFlawed(wanted, block, place))) return this.#blamePrimary(place, step);
    if (!block) {
      step.defect = this.#forked(wanted.hash);
      return undefined;
    }
    const proposer = this.#configuration.producers.indexOf(block.ProducerPubkey);
    this.#execute({ trxs: block.Trxs, timeNs: block.TimeStamp }, proposer, wanted.hash, step);
    return undefined;
  }

  #blamePrimary({ view }: Place, step: EngineStep): 'suspect' {
    const primary = primaryOf(view, this.#roster);
    const proposal = this.#heights.slot.prepares.of(primary, view);
    const evidence = proposal && [encodeVote('prepare', proposal, this.#roster)];
    if (primary !== this.#roster.self) step.blame(primary, 'bad-pre-prepare', evidence);
    return 'suspect';
  }

  /** Whether a body is no next block in this view. What it holds is seen when it is executed. */
  #isFlawed({ why }: Wanted, block: Block, { view }: Place): boolean {
    const { groupId, nonce, producers } = this.#configuration;
    const { head, next } = this.#heights;
    const isNext =
      block.GroupId === groupId &&
      block.ConfigNonce === nonce &&
      block.BlockId === next &&
      block.Epoch === this.#heights.epochAt(next) &&
      equalBytes(block.PrevHash, head.blockHash);
    if (!isNext) return true;
    const proposer = producers.indexOf(block.ProducerPubkey);
    return why === 'proposed' ? proposer !== primaryOf(view, this.#roster) : proposer < 0;
  }

  /** Executing gave another block. */
  #refuse(wanted: Wanted, { view }: Place, step: EngineStep): 'suspect' | undefined {
    if (wanted.why === 'decided') {
      step.defect = this.#forked(wanted.hash);
      return undefined;
    }
    const primary = primaryOf(view, this.#roster);
    // N−f others have got this block: then the fault may be here, and deciding will tell.
    if (wanted.why !== 'proposed') return undefined;
    const proposal = this.#heights.slot.prepares.of(primary, view);
    const evidence = proposal ? [encodeVote('prepare', proposal, this.#roster)] : [];
    step.add([{ producer: primary, kind: 'wrong-root', evidence, ...(this.#roots ? { roots: this.#roots } : {}) }]);
    return 'suspect';
  }

  #forked(blockHash: Uint8Array) {
    const { next: blockId } = this.#heights;
    return { kind: 'forked', epoch: this.#heights.epochAt(blockId), blockId, blockHash } as const;
  }

  // ---------------------------------------------------------------------------------------------------------------- votes

  /** The primary's own batch is executed: it proposes it. */
  #proposeOwn({ view, isChanging }: Place, step: EngineStep): 'again' | undefined {
    const { slot } = this.#heights;
    const hash = this.#tentative?.state === 'good' ? this.#tentative.hash : undefined;
    if (!hash || isChanging || primaryOf(view, this.#roster) !== this.#roster.self) return undefined;
    if (slot.ownVote('prepare', view) || !this.#heights.isHeadFinal) return undefined;
    this.#vote('prepare', view, hash, step);
    return 'again';
  }

  /** Its root has matched. A new body's time must be near the own clock; a certified one is taken as it is. */
  #prepare({ hash, why }: Wanted, { view }: Place, step: EngineStep): boolean {
    if (this.#heights.slot.ownVote('prepare', view)) return false;
    if (why === 'proposed' && !this.#tentative?.isTimely) return false;
    this.#vote('prepare', view, hash, step);
    return true;
  }

  /** N−f have prepared: the certificate is in the log before anybody hears of the commit. */
  #commit({ hash, why }: Wanted, { view }: Place, step: EngineStep): boolean {
    const { slot, next: BlockId } = this.#heights;
    if (why !== 'certified' || slot.ownVote('commit', view)) return false;
    const Proofs = slot.prepares.alike(view, hash).map(proofOf);
    const certificate: Certificate = { View: view, BlockId, BlockHash: hash, Proofs };
    slot.certificate = certificate;
    for (const entry of certificateEntries(certificate)) step.log(entry);
    this.#vote('commit', view, hash, step);
    return true;
  }

  #vote(kind: VoteKind, view: number, hash: Uint8Array, step: EngineStep): void {
    const { slot, next } = this.#heights;
    const body = slot.body(hash);
    if (body && slot.mustLog(hash)) step.log(bodyEntry(next, hash, body.encoded));
    const vote = this.#signatures.vote(kind, { View: view, BlockId: next, BlockHash: hash });
    slot.addOwnVote(kind, vote);
    const primary = primaryOf(view, this.#roster);
    const proposal = slot.prepares.of(primary, view);
    if (kind === 'prepare' && proposal && primary !== this.#roster.self) step.log(voteEntry('pre-prepare', proposal));
    step.log(voteEntry(kind, vote));
    step.say('all', encodeVote(kind, vote, this.#roster, body?.encoded));
  }

  #decideIfAgreed(step: EngineStep): boolean {
    const { slot, decision, next: BlockId } = this.#heights;
    const commits = decision ? undefined : slot.commits.agreed(this.#roster.quorum);
    const [first] = commits ?? [];
    if (!commits || !first) return false;
    const { View, BlockHash } = first;
    const decided: DecidedBlock = {
      BlockId,
      BlockHash,
      View,
      Commits: commits.map(proofOf),
      Header: undefined,
      Seals: [],
    };
    this.#heights.learn(decided, step);
    return true;
  }

  #confirm(step: EngineStep): void {
    const tentative = this.#tentative;
    const { slot, decision, next } = this.#heights;
    if (!tentative || tentative.isConfirmed || !decision) return;
    tentative.isConfirmed = true;
    const { certificate } = slot;
    const isSame = certificate && equalBytes(certificate.BlockHash, decision.BlockHash);
    const evidence = AgreementEvidence.encode({ Certificate: isSame ? certificate : undefined, Decided: decision });
    step.confirm = { ticket: tentative.ticket, epoch: this.#heights.epochAt(next), evidence };
  }
}

const proofOf = ({ Signer, Sign }: Vote) => ({ Signer, Sign });

import { equalBytes, fromHex, type Seal, type SealBody } from '../../records/index.ts';
import type { BlockReference, Configuration } from '../engine.ts';
import type { EngineStep } from '../engine-step.ts';
import type { Roster } from '../hbbft/roster.ts';
import { decisionEntry, heightKey, type LoggedHeight, type ReadLog } from './log.ts';
import type { DecidedBlock, Vote } from './messages.ts';
import { type Body, bodyOf, Slot } from './slot.ts';

/** Heights above the newest block of which messages are taken: the one that is decided, and the next one, which others may be at already. */
export const HEIGHTS_AHEAD = 2;

const NO_BYTES = new Uint8Array();

/** A block that is decided and stored, or about to be. */
export interface Head {
  readonly epoch: number;
  readonly blockId: number;
  readonly blockHash: Uint8Array;
}

/**
 * Where this producer's chain stands, what proves it, and what is known of the heights above. One height at a time is decided: it is the
 * one above the head.
 */
export class Heights {
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  #head: Head;
  #final: number;
  #slots = new Map<number, Slot>();
  /** Why the head is decided; undefined: only the node knows, and will say when it is final. */
  proof: DecidedBlock | undefined;
  /** The height above the head is decided; it is not stored yet. */
  decision: DecidedBlock | undefined;
  /** A block further above that others have decided: the node is fetching it. */
  target: DecidedBlock | undefined;
  /** Of the head, for who is one block behind. */
  headBody: Body | undefined;

  constructor(configuration: Configuration, roster: Roster, head: Head, base: BlockReference) {
    this.#configuration = configuration;
    this.#roster = roster;
    this.#head = head;
    this.#final = base.blockId;
    if (head.blockId === base.blockId) this.proof = undecidedBase(base);
  }

  get head(): Head {
    return this.#head;
  }

  get isHeadFinal(): boolean {
    return this.#final >= this.#head.blockId;
  }

  /** The height that is to be decided. */
  get next(): number {
    return this.#head.blockId + 1;
  }

  get slot(): Slot {
    return this.slotAt(this.next) as Slot;
  }

  /** The newest height that is decided here, stored or not. */
  get decided(): number {
    return this.decision ? this.next : this.#head.blockId;
  }

  /** Undefined outside the heights of which messages are taken. */
  slotAt(blockId: number): Slot | undefined {
    if (blockId <= this.#head.blockId || blockId > this.#head.blockId + HEIGHTS_AHEAD) return undefined;
    const present = this.#slots.get(blockId);
    if (present) return present;
    const slot = new Slot(this.#roster.size);
    this.#slots.set(blockId, slot);
    return slot;
  }

  /** Each block has the epoch after its parent's, the configuration's first one its start epoch at least. */
  epochAt(blockId: number): number {
    return Math.max(this.#head.epoch + 1, this.#configuration.startEpoch) + (blockId - this.next);
  }

  body(blockId: number, blockHash: Uint8Array): Body | undefined {
    if (blockId !== this.#head.blockId) return this.slotAt(blockId)?.body(blockHash);
    return equalBytes(blockHash, this.#head.blockHash) ? this.headBody : undefined;
  }

  restore({ heights }: ReadLog): void {
    const { blockId } = this.#head;
    const { decision, bodies } = heights.get(blockId) ?? {};
    if (decision && equalBytes(decision.BlockHash, this.#head.blockHash)) this.proof = decision;
    for (const [hash, encoded] of bodies ?? []) {
      const blockHash = fromHex(hash) ?? NO_BYTES;
      if (equalBytes(blockHash, this.#head.blockHash)) this.headBody = bodyOf(encoded, blockHash);
    }
    for (const [height, logged] of heights) {
      const slot = this.slotAt(height);
      if (slot) restoreSlot(slot, logged);
    }
    this.decision = heights.get(this.next)?.decision;
  }

  /**
   * Takes in a block that is proved to be decided. Answers what the node must fetch, where it is no child of the head.
   */
  learn(decided: DecidedBlock, step: EngineStep): void {
    const { BlockId: blockId, BlockHash: blockHash } = decided;
    if (blockId <= this.decided) return;
    if (blockId === this.next) this.decision = decided;
    else if (blockId > (this.target?.BlockId ?? 0)) {
      this.target = decided;
      step.behind = { epoch: this.epochAt(blockId), blockId, blockHash };
    } else return;
    step.log(decisionEntry(decided));
  }

  /** The decided block above the head is stored. */
  advance(step: EngineStep): void {
    const { decision } = this;
    if (!decision) return;
    const { next } = this;
    const body = this.slot.body(decision.BlockHash);
    this.#move({ epoch: this.epochAt(next), blockId: next, blockHash: decision.BlockHash }, decision, step);
    this.headBody = body;
  }

  /** The node has fetched and stored blocks up to this one. Answers whether it is news. */
  jump(head: Head, step: EngineStep): boolean {
    if (head.blockId <= this.#head.blockId) return false;
    const known = [this.target, this.decision].find((each) => each && equalBytes(each.BlockHash, head.blockHash));
    this.#move(head, known, step);
    return true;
  }

  /** A block of this chain is final. */
  confirm(header: SealBody, seals: readonly Seal[]): void {
    this.#final = Math.max(this.#final, header.BlockId);
    if (this.proof || header.BlockId !== this.#head.blockId) return;
    this.proof = {
      BlockId: header.BlockId,
      BlockHash: header.BlockHash,
      View: 0,
      Commits: [],
      Header: header,
      Seals: seals,
    };
  }

  #move(head: Head, proof: DecidedBlock | undefined, step: EngineStep): void {
    this.#head = head;
    this.proof = proof;
    this.decision = undefined;
    this.headBody = undefined;
    if (this.target && this.target.BlockId <= head.blockId) this.target = undefined;
    for (const blockId of this.#slots.keys()) if (blockId <= head.blockId) this.#slots.delete(blockId);
    step.forget = heightKey(head.blockId);
  }
}

const undecidedBase = ({ blockId, blockHash }: BlockReference): DecidedBlock => ({
  BlockId: blockId,
  BlockHash: blockHash,
  View: 0,
  Commits: [],
  Header: undefined,
  Seals: [],
});

function restoreSlot(slot: Slot, logged: LoggedHeight): void {
  for (const [hash, encoded] of logged.bodies) {
    const blockHash = fromHex(hash) ?? NO_BYTES;
    slot.addBody(blockHash, bodyOf(encoded, blockHash));
    slot.mustLog(blockHash);
  }
  for (const vote of logged.prePrepares) slot.prepares.add(vote);
  slot.certificate = logged.certificates.at(-1);
  for (const { View, BlockId, BlockHash, Proofs } of logged.certificates) {
    for (const proof of Proofs) slot.prepares.add({ View, BlockId, BlockHash, ...proof } satisfies Vote);
  }
  for (const vote of logged.prepares) slot.addOwnVote('prepare', vote);
  for (const vote of logged.commits) slot.addOwnVote('commit', vote);
}

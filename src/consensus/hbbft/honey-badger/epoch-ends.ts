import { equalBytes } from '../../../records/index.ts';
import { type BlockReference, type Configuration, EPOCHS_UNDECIDED } from '../../engine.ts';
import type { EngineStep } from '../../engine-step.ts';
import { type DoneMessage, decodeMessage, encodeMessage } from '../messages.ts';
import type { Roster } from '../roster.ts';
import type { SenderQueue } from '../sender-queue/sender-queue.ts';
import { Dones } from './dones.ts';
import { doneEntry } from './log.ts';
import type { Member } from './member.ts';
import { doneHash } from './names.ts';

/** When others have finished an epoch, the messages that finish it here may be under way for so long before the blocks are fetched instead. */
const BEHIND_DELAY_MS = 2_000;

/** Where a chain ends. */
export interface Head {
  readonly blockId: number;
  readonly blockHash: Uint8Array;
}

/**
 * The ends of epochs: what this producer signs then, what the others have signed, and what follows from it. An epoch is stable once N−f have
 * finished it; f+1 equal Done of an epoch that is not finished here are worth following; f+1 that differ from the own one mean that
 * this producer is wrong.
 */
export class EpochEnds {
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  /** Undefined: one producer, who needs nobody's word. */
  readonly #member: Member | undefined;
  readonly #queue: SenderQueue;
  readonly #dones: Dones;
  #stable: number;
  /** The current epoch when it was first seen that others have finished it, while the timer runs. */
  #behindSince: number | undefined;

  /** `floor`: an epoch that is stable. */
  constructor(configuration: Configuration, roster: Roster, member: Member | undefined, queue: SenderQueue, floor: number) {
    this.#configuration = configuration;
    this.#roster = roster;
    this.#member = member;
    this.#queue = queue;
    this.#stable = floor;
    this.#dones = new Dones(roster, floor, (message) => this.#isSigned(message));
  }

  /** The newest epoch that N−f producers have finished. */
  get stable(): number {
    return this.#stable;
  }

  /** By producer: the newest epoch that it has finished; undefined where nothing is known. */
  get finished(): readonly (number | undefined)[] {
    return this.#dones.newest;
  }

  /** Takes back what the log holds of the own Done. Answers the newest epoch that it speaks of. */
  restore(logged: readonly Uint8Array[]): number {
    let newest = -1;
    for (const data of logged) {
      const message = decodeMessage(data, this.#roster.size);
      if (message?.kind !== 'done') throw new Error('the log of consensus holds a Done that is none');
      this.#dones.add(message);
      newest = Math.max(newest, message.epoch);
    }
    return newest;
  }

  /** This producer has finished an epoch. */
  finish(epoch: number, head: Head | undefined, step: EngineStep): void {
    const { self } = this.#roster;
    if (!this.#member) this.#stable = epoch;
    else if (head && !this.#dones.of(self, epoch)) {
      const { blockId, blockHash } = head;
      const signature = this.#member.sign(doneHash(this.#configuration, epoch, blockId, blockHash));
      const message: DoneMessage = { kind: 'done', epoch, signer: self, blockId, blockHash, signature };
      const data = encodeMessage(message);
      step.log(doneEntry(epoch, data));
      this.#queue.announce(data, step);
      this.#dones.add(message);
      this.#stable = Math.max(this.#stable, this.#dones.stable);
      this.#compare(message, step);
    }
  }

  /**
   * A block of this epoch has N−f seals: so many have stored it, and are done with the epoch though not all may have been heard to say so. Without this a producer that some of
   * the others do not reach would keep the messages of all epochs since.
   */
  final(epoch: number): void {
    this.#stable = Math.max(this.#stable, epoch);
  }

  /**
   * This producer's chain reaches to the end of an epoch, by way of others' blocks or from before a restart. It signs Done for the epochs
   * that it has jumped over too, as far back as somebody may still look for f+1 equal ones: nobody starts an epoch EPOCHS_UNDECIDED
   * after one that is not stable, so none older than that is asked for.
   */
  finishUpTo(epoch: number, blocks: readonly BlockReference[], step: EngineStep): void {
    const signed = this.#dones.newestOf(this.#roster.self)?.epoch ?? -1;
    const from = Math.max(signed + 1, this.#configuration.startEpoch, epoch - EPOCHS_UNDECIDED);
    for (let each = from; each <= epoch; each++) {
      this.finish(
        each,
        blocks.findLast((block) => block.epoch <= each),
        step,
      );
    }
  }

  /** What a producer is told on a new connection: the own Done that may still be asked for, and its own newest one that is known here. */
  greet(peer: number, from: number, to: number, step: EngineStep): void {
    for (let epoch = from; epoch <= to; epoch++) {
      const done = this.#dones.of(this.#roster.self, epoch);
      if (done) step.say(peer, encodeMessage(done));
    }
    // One that has lost its log learns of it.
    const theirs = this.#dones.newestOf(peer);
    if (theirs) step.say(peer, encodeMessage(theirs));
  }

  /** Answers whether it says something new of its sender. */
  onDone(sender: number, message: DoneMessage, data: Uint8Array, floor: number, step: EngineStep): boolean {
    const { self } = this.#roster;
    const { signer, epoch } = message;
    if (signer === self) {
      this.#onOwn(sender, message, floor, step);
      return false;
    }
    if (signer !== sender) {
      step.blame(sender, 'unexpected-message');
      return false;
    }
    const added = this.#dones.add(message);
    if (added === 'known') return false;
    if (added !== 'new') {
      if (!this.#isSigned(message) || !this.#isSigned(added)) step.blame(sender, 'bad-signature');
      else step.blame(sender, 'conflicting-done', [encodeMessage(added), data]);
      return false;
    }
    const own = this.#dones.of(self, epoch);
    if (own) this.#compare(own, step);
    this.#stable = Math.max(this.#stable, this.#dones.stable);
    return true;
  }

  /**
   * Whether f+1 others have finished an epoch that this producer has not. Then the messages that finish it here may be gone, and after a while
   * the blocks are fetched instead. `current`: the first epoch that is not finished here. `reach`: the last of which messages are taken.
   */
  checkWhetherBehind(current: number, reach: number, step: EngineStep): void {
    if (!this.#dones.haveOthersFinished(current)) return;
    if (this.#dones.haveOthersFinished(reach + 1)) this.#follow(current, step);
    this.#startTimer(current, step);
  }

  /** The timer has run out. */
  onTimer(current: number, step: EngineStep): void {
    const since = this.#behindSince;
    this.#behindSince = undefined;
    if (!this.#dones.haveOthersFinished(current)) return;
    if (since !== undefined && current <= since) this.#follow(current, step);
    this.#startTimer(current, step);
  }

  #startTimer(current: number, step: EngineStep): void {
    if (this.#behindSince !== undefined) return;
    this.#behindSince = current;
    step.start('behind', Math.max(BEHIND_DELAY_MS, this.#configuration.intervalMs));
  }

  #follow(current: number, step: EngineStep): void {
    const agreed = this.#dones.agreed(current, (signer) => step.blame(signer, 'bad-signature'));
    if (agreed) step.behind = agreed;
  }

  /** f+1 that have finished an epoch with another block: then this producer is wrong. */
  #compare(own: DoneMessage, step: EngineStep): void {
    if (!this.#dones.isDisputed(own)) return;
    const agreed = this.#dones.agreedAt(own.epoch, (signer) => step.blame(signer, 'bad-signature'));
    if (agreed && !isSameHead(agreed, own)) step.defect = { kind: 'forked', ...agreed };
  }

  /** A peer gives back what it has got from this producer, or from somebody with its key. */
  #onOwn(sender: number, message: DoneMessage, floor: number, step: EngineStep): void {
    const { self } = this.#roster;
    const { epoch } = message;
    const own = this.#dones.of(self, epoch);
    const newest = Math.max(floor, this.#dones.newestOf(self)?.epoch ?? -1);
    if (own ? isSameHead(own, message) : epoch <= newest) return;
    if (this.#isSigned(message)) step.defect = { kind: 'log-lost', epoch };
    else step.blame(sender, 'bad-signature');
  }

  #isSigned({ signer, epoch, blockId, blockHash, signature }: DoneMessage): boolean {
    return this.#member?.verify(signer, doneHash(this.#configuration, epoch, blockId, blockHash), signature) ?? false;
  }
}

const isSameHead = (a: Head, b: Head): boolean => a.blockId === b.blockId && equalBytes(a.blockHash, b.blockHash);

import { equalBytes } from '../../../records/index.ts';
import type { BlockReference } from '../../engine.ts';
import type { DoneMessage } from '../messages.ts';
import type { Roster } from '../roster.ts';

/**
 * Done of a producer that are kept. An honest producer sends those from the newest epoch on that N−f have finished, at most
 * EPOCHS_UNDECIDED + 1 of them; more is what a faulty one makes up.
 */
const KEPT_DONES = 16;

interface Entry {
  readonly message: DoneMessage;
  /** Undefined: not checked yet. */
  isSigned: boolean | undefined;
}

/**
 * Who has finished which epoch, and with which block. A Done comes from its signer's own stream, so its signature is looked at only when it
 * is used for more than that: to follow f+1 of them, or to prove a fault.
 */
export class Dones {
  readonly #roster: Roster;
  readonly #verify: (message: DoneMessage) => boolean;
  readonly #bySigner: Map<number, Entry>[];
  readonly #newest: number[];
  #stable: number;

  /** `floor`: an epoch that all have finished or need not. */
  constructor(roster: Roster, floor: number, verify: (message: DoneMessage) => boolean) {
    this.#roster = roster;
    this.#verify = verify;
    this.#bySigner = Array.from({ length: roster.size }, () => new Map());
    this.#newest = new Array(roster.size).fill(floor);
    this.#stable = floor;
  }

  /** The newest epoch that N−f have finished. */
  get stable(): number {
    return this.#stable;
  }

  newestOf(signer: number): DoneMessage | undefined {
    return this.#bySigner[signer]?.get(this.#newest[signer] as number)?.message;
  }

  of(signer: number, epoch: number): DoneMessage | undefined {
    return this.#bySigner[signer]?.get(epoch)?.message;
  }

  /** `known`: it is here already. Otherwise the earlier one for this epoch that it contradicts. */
  add(message: DoneMessage): 'new' | 'known' | DoneMessage {
    const entries = this.#bySigner[message.signer] as Map<number, Entry>;
    const present = entries.get(message.epoch)?.message;
    if (present) return isSame(present, message) ? 'known' : present;
    const newest = this.#newest[message.signer] as number;
    if (message.epoch < newest && entries.size >= KEPT_DONES) return 'known';
    entries.set(message.epoch, { message, isSigned: undefined });
    if (message.epoch > newest) {
      this.#newest[message.signer] = message.epoch;
      this.#stable = [...this.#newest].sort((a, b) => b - a)[this.#roster.quorum - 1] as number;
    }
    if (entries.size > KEPT_DONES) entries.delete(Math.min(...entries.keys()));
    return 'new';
  }

  /** Whether f+1 others have finished this epoch, or a later one. */
  haveOthersFinished(epoch: number): boolean {
    const { self, faulty } = this.#roster;
    return this.#newest.filter((newest, signer) => signer !== self && newest >= epoch).length > faulty;
  }

  /** Whether somebody has finished an epoch with another block than `own` says. */
  isDisputed(own: DoneMessage): boolean {
    return this.#bySigner.some((entries) => {
      const other = entries.get(own.epoch)?.message;
      return other !== undefined && !isSame(other, own);
    });
  }

  /**
   * The newest epoch from `from` on that f+1 others have finished with one block, all of them signed. `blame` gets the signers of Done that
   * are not, which are dropped.
   */
  agreed(from: number, blame: (signer: number) => void): BlockReference | undefined {
    const { self } = this.#roster;
    const epochs = new Set(this.#bySigner.flatMap((entries, signer) => (signer === self ? [] : [...entries.keys()])));
    for (const epoch of [...epochs].filter((each) => each >= from).sort((a, b) => b - a)) {
      const reference = this.agreedAt(epoch, blame);
      if (reference) return reference;
    }
    return undefined;
  }

  /** What f+1 others say of one epoch. */
  agreedAt(epoch: number, blame: (signer: number) => void): BlockReference | undefined {
    const { self, faulty } = this.#roster;
    const entries = this.#bySigner.flatMap((each, signer) => (signer === self ? [] : [each.get(epoch)])).filter(isHere);
    for (const { message } of entries) {
      const alike = entries.filter((entry) => entry.isSigned !== false && isSame(entry.message, message));
      if (alike.length <= faulty) continue;
      const signed = alike.filter((entry) => this.#isSigned(entry, blame));
      if (signed.length > faulty) return { epoch, blockId: message.blockId, blockHash: message.blockHash };
    }
    return undefined;
  }

  /** By signer; undefined: nothing heard. */
  get newest(): readonly (number | undefined)[] {
    return this.#bySigner.map((entries, signer) => (entries.size > 0 ? this.#newest[signer] : undefined));
  }

  #isSigned(entry: Entry, blame: (signer: number) => void): boolean {
    entry.isSigned ??= this.#verify(entry.message);
    if (entry.isSigned) return true;
    const { signer, epoch } = entry.message;
    this.#bySigner[signer]?.delete(epoch);
    blame(signer);
    return false;
  }
}

const isHere = (entry: Entry | undefined): entry is Entry => entry !== undefined;

const isSame = (a: DoneMessage, b: DoneMessage): boolean => a.blockId === b.blockId && equalBytes(a.blockHash, b.blockHash);

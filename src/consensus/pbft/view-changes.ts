import type { Roster } from '../hbbft/roster.ts';
import { type DecidedBlock, type NewView, ViewChange } from './messages.ts';
import type { Signatures } from './signatures.ts';

/** What a new view prescribes: the body at the height above the highest decided block; `blockHash` undefined: any. */
export interface Pick {
  readonly decided: DecidedBlock;
  readonly blockId: number;
  readonly blockHash: Uint8Array | undefined;
}

const NO_BYTES = new Uint8Array();

interface Base {
  readonly blockId: number;
  readonly blockHash: Uint8Array;
}

/**
 * Who wants to go on in which view, and what follows for the body that a new primary must propose. A body that N−f producers may have
 * committed in an earlier view is in a certificate of f+1 honest ones of them at least, so any N−f view changes hold it, or say
 * that its height is decided; and no other body can have been certified in a later view.
 */
export class ViewChanges {
  readonly #roster: Roster;
  readonly #signatures: Signatures;
  readonly #base: Base;
  /** The newest of each producer. */
  readonly #newest: (ViewChange | undefined)[];

  constructor(roster: Roster, signatures: Signatures, base: Base) {
    this.#roster = roster;
    this.#signatures = signatures;
    this.#base = base;
    this.#newest = new Array(roster.size).fill(undefined);
  }

  of(signer: number): ViewChange | undefined {
    return this.#newest[signer];
  }

  /** Takes in a producer's view change. `bad`: it does not hold; `known`: it is no newer than what is here. */
  add(viewChange: ViewChange): 'new' | 'known' | 'bad' {
    const newest = this.#newest[viewChange.Signer];
    if (newest && newest.View >= viewChange.View) return 'known';
    if (!this.isGood(viewChange)) return 'bad';
    this.#newest[viewChange.Signer] = viewChange;
    return 'new';
  }

  /** Own, and therefore good. */
  addOwn(viewChange: ViewChange): void {
    this.#newest[viewChange.Signer] = viewChange;
  }

  /** Producers that want to go on in this very view. */
  wanting(view: number): ViewChange[] {
    return this.#newest.filter((each): each is ViewChange => each?.View === view);
  }

  /** Number of producers that want this view or a later one. */
  countFrom(view: number): number {
    return this.#newest.filter((each) => each && each.View >= view).length;
  }

  /** The smallest view above `view` that f+1 producers are past or want: to be joined. */
  toJoin(view: number): number | undefined {
    const later = this.#newest.flatMap((each) => (each && each.View > view ? each.View : []));
    return later.length > this.#roster.faulty ? Math.min(...later) : undefined;
  }

  isGood(viewChange: ViewChange): boolean {
    const { View, Decided, Certificate: certificate } = viewChange;
    if (!Decided || View === 0) return false;
    if (certificate && !(certificate.View < View && certificate.BlockId === Decided.BlockId + 1)) return false;
    return (
      this.#signatures.isViewChangeSigned(viewChange) &&
      this.#signatures.isDecided(Decided, this.#base) &&
      (!certificate || this.#signatures.isCertified(certificate))
    );
  }

  /** What a new view with these view changes prescribes; undefined where they are not N−f good ones of it. */
  pickOf({ View, ViewChanges: viewChanges }: NewView): Pick | undefined {
    const signers = new Set(viewChanges.map(({ Signer }) => Signer));
    if (signers.size < this.#roster.quorum || signers.size !== viewChanges.length) return undefined;
    for (const each of viewChanges) {
      if (each.View !== View || each.Signer >= this.#roster.size) return undefined;
      // Most have come before, by themselves.
      const known = this.#newest[each.Signer];
      if (!(known?.View === View && ViewChange.equals(known, each)) && !this.isGood(each)) return undefined;
    }
    return pickFrom(viewChanges);
  }

  /** The new view that its primary can begin; undefined while fewer than N−f want it. */
  assemble(view: number): { newView: NewView; pick: Pick } | undefined {
    const wanting = this.wanting(view);
    if (wanting.length < this.#roster.quorum) return undefined;
    const pick = pickFrom(wanting);
    const PickHash = pick.blockHash ?? NO_BYTES;
    return { newView: this.#signatures.signNewView({ View: view, ViewChanges: wanting, PickHash }), pick };
  }
}

function pickFrom(viewChanges: readonly ViewChange[]): Pick {
  const decided = viewChanges.flatMap(({ Decided }) => Decided ?? []).reduce((a, b) => (b.BlockId > a.BlockId ? b : a));
  const blockId = decided.BlockId + 1;
  const certificates = viewChanges.flatMap(({ Certificate }) => (Certificate?.BlockId === blockId ? Certificate : []));
  const highest = certificates.sort((a, b) => b.View - a.View)[0];
  return { decided, blockId, blockHash: highest?.BlockHash };
}

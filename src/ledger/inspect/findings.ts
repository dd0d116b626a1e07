/**
 * What there is to say of one place in a record.
 * - `valid`: a signature or hash that holds · `invalid`: something that does not
 * - `not-covered`: it is there, and nothing signs it: whoever passed the record on may have put it there
 * - `note`: what cannot be told from the record alone
 */
export interface Finding {
  readonly state: 'valid' | 'invalid' | 'not-covered' | 'note';
  /** Where: `trx`, `block.Trxs[2]`, `trx.Data.Req`. */
  readonly at: string;
  /** A sentence. */
  readonly message: string;
}

/** Collects findings on the way through a record. */
export class Findings {
  readonly all: Finding[] = [];

  check(holds: boolean, at: string, sentences: { readonly holds: string; readonly not: string }): void {
    this.all.push({ state: holds ? 'valid' : 'invalid', at, message: holds ? sentences.holds : sentences.not });
  }

  invalid(at: string, message: string): void {
    this.all.push({ state: 'invalid', at, message });
  }

  notCovered(at: string, message: string): void {
    this.all.push({ state: 'not-covered', at, message });
  }

  note(at: string, message: string): void {
    this.all.push({ state: 'note', at, message });
  }

  /** Something signed is there, and all of it holds. */
  get isValid(): boolean {
    return this.all.some(({ state }) => state === 'valid') && this.all.every(({ state }) => state !== 'invalid');
  }
}

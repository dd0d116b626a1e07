import type { Ciphertext, ThresholdKeys } from '../../../crypto/index.ts';
import { equalBytes } from '../../../records/index.ts';
import type { ProposerProgress } from '../../engine.ts';
import type { DecryptionMessage } from '../messages.ts';
import { has, only, type ProducerSet, type Roster } from '../roster.ts';
import { COUNTED, IGNORED, type ProtocolStep, refused, StepBuilder } from '../step.ts';

/**
 * Threshold decryption of one decided proposal (TDH2, Shoup–Gennaro). f+1 shares open it.
 *
 * How it works: once the whole subset is settled, a producer checks the proof in the ciphertext and sends its share. Shares are
 * combined first; only if no right key comes out are they checked singly. Whether the ciphertext is one, and what comes out, is the
 * same for all, so a proposal that cannot be read counts as EMPTY for all alike.
 */

/** The plaintext; `unreadable`: there is none, for anybody. */
export type DecryptionStep = ProtocolStep<Uint8Array | 'unreadable'>;

export class Decryption {
  readonly #roster: Roster;
  readonly #epoch: number;
  readonly #proposer: number;
  readonly #keys: ThresholdKeys;
  readonly #shares = new Map<number, Uint8Array>();
  /** Undefined: the subset is not settled yet. `none`: not in it, or no ciphertext: no honest producer sends a share. */
  #ciphertext: Ciphertext | 'none' | undefined;
  #result: Uint8Array | 'unreadable' | undefined;
  /** Combining has failed: shares are checked singly. */
  #checking = false;
  #checked: ProducerSet = 0;
  /** Senders of bad shares: they do not get a second chance. */
  #refused: ProducerSet = 0;

  constructor(roster: Roster, epoch: number, proposer: number, keys: ThresholdKeys) {
    this.#roster = roster;
    this.#epoch = epoch;
    this.#proposer = proposer;
    this.#keys = keys;
  }

  /** The proposal is not in the settled subset. */
  drop(): DecryptionStep {
    this.#ciphertext = 'none';
    return this.#refuseAll();
  }

  /** The proposal is in the settled subset. */
  open(bytes: Uint8Array, label: Uint8Array): DecryptionStep {
    const ciphertext = this.#keys.readCiphertext(bytes, label);
    if (!ciphertext) {
      this.#ciphertext = 'none';
      this.#result = 'unreadable';
      const step = new StepBuilder<Uint8Array | 'unreadable'>();
      step.blame(this.#proposer, 'bad-ciphertext');
      step.add(this.#refuseAll());
      step.output = this.#result;
      return step;
    }
    this.#ciphertext = ciphertext;
    const { self, others } = this.#roster;
    const share = this.#keys.decryptionShare(ciphertext);
    this.#shares.set(self, share);
    this.#checked |= only(self);
    const step = new StepBuilder<Uint8Array | 'unreadable'>();
    step.say(others, { kind: 'decryption', epoch: this.#epoch, proposer: this.#proposer, share });
    this.#combine(ciphertext, step);
    return step;
  }

  handle(sender: number, { share }: DecryptionMessage): DecryptionStep {
    if (this.#ciphertext === 'none') return refused(sender, 'unexpected-message');
    if (this.#result !== undefined || has(this.#refused, sender)) return IGNORED;
    const known = this.#shares.get(sender);
    if (known) return equalBytes(known, share) ? IGNORED : refused(sender, 'conflicting-decryption-share');
    this.#shares.set(sender, share);
    if (!this.#ciphertext || this.#shares.size <= this.#roster.faulty) return COUNTED;
    const step = new StepBuilder<Uint8Array | 'unreadable'>();
    this.#combine(this.#ciphertext, step);
    return step;
  }

  status(): ProposerProgress['decryption'] {
    const phase =
      this.#result === 'unreadable'
        ? 'failed'
        : this.#result
          ? 'decrypted'
          : this.#ciphertext === 'none'
            ? 'unneeded'
            : 'waiting';
    return { phase, shares: this.#shares.size };
  }

  #refuseAll(): DecryptionStep {
    const step = new StepBuilder<Uint8Array | 'unreadable'>();
    for (const sender of this.#shares.keys()) step.blame(sender, 'unexpected-message');
    this.#shares.clear();
    return step;
  }

  #combine(ciphertext: Ciphertext, step: StepBuilder<Uint8Array | 'unreadable'>): void {
    const { faulty } = this.#roster;
    if (this.#checking) this.#check(ciphertext, step);
    if (this.#shares.size <= faulty) return;
    const result = this.#keys.decrypt(ciphertext, this.#shares);
    if (result === 'bad-shares') {
      if (this.#checking) return;
      this.#checking = true;
      this.#combine(ciphertext, step);
      return;
    }
    this.#result = result === 'unreadable' ? result : result.plain;
    if (result === 'unreadable') step.blame(this.#proposer, 'bad-proposal');
    step.output = this.#result;
    this.#shares.clear();
  }

  /** Only good shares stay. */
  #check(ciphertext: Ciphertext, step: StepBuilder<Uint8Array | 'unreadable'>): void {
    for (const [sender, share] of this.#shares) {
      if (has(this.#checked, sender)) continue;
      if (this.#keys.verifyDecryptionShare(ciphertext, sender, share)) this.#checked |= only(sender);
      else {
        step.blame(sender, 'bad-decryption-share');
        this.#shares.delete(sender);
        this.#refused |= only(sender);
      }
    }
  }
}

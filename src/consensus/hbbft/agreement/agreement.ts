import { equalBytes } from '../../../records/index.ts';
import type { ProposerProgress } from '../../engine.ts';
import type { AgreementMessage, CoinMessage, ConfMessage, TermMessage, VoteMessage } from '../messages.ts';
import { count, has, only, type ProducerSet, type Roster } from '../roster.ts';
import { beginStep, endStep, IGNORED, type ProtocolStep, refused, type StepBuilder } from '../step.ts';
import { type CoinSource, fixedCoin, type PublicCoin, tossedCoin } from './coin.ts';
import { BOTH, FALSE, newRound, type Round, TRUE, type Values, valuesOf } from './round.ts';

/**
 * Binary agreement: all honest producers decide the same value, and it is one that an honest producer put in. (Mostéfaoui, Moumen, Raynal,
 * "Signature-Free Asynchronous Byzantine Consensus", PODC 2014, with the CONF phase that closes the hole found in it later.)
 *
 * How it works, round by round, each producer with an estimate (at first its input):
 * 1. BVAL(estimate) to all. Who has f+1 BVAL of a value sends it too. A value with 2f+1 BVAL enters `bin`.
 * 2. AUX(value) with the first value in `bin`. N−f AUX with values in `bin` give a set of values.
 * 3. Where the coin is tossed: CONF(set). N−f CONF with sets within `bin` give a set again, and only then this producer's share of the coin leaves: nobody knows
 *    the coin while the sets are still open. Where the coin is fixed there is nothing to hide, and the phase is skipped.
 * 4. The coin. A set of one value: that is the estimate, and decided if the coin says the same. Otherwise the coin is the estimate.
 *
 * Who has decided sends TERM(value), which stands for its votes in all rounds where it has not voted, and falls silent. f+1 TERM decide.
 *
 * Two things must go on for ever, or late producers wait for ever when messages are reordered: BVAL are passed on in rounds that this
 * producer has left; and a producer that has decided passes on BVAL too, of the value that its TERM does not stand for. (One who
 * waits in a round may need a value into `bin` there that only f+1 honest producers have sent BVAL for.) After an honest
 * decision nobody honest sends BVAL of the other value in later rounds, so finished producers are silent all the same.
 */

export type AgreementStep = ProtocolStep<boolean>;

/**
 * Rounds ahead of the own one in which votes are kept. Each third round ends the agreement with probability ½, so honest producers are so far
 * ahead of each other with probability 2^−33.
 */
export const FUTURE_ROUNDS = 99;

export class Agreement {
  readonly #roster: Roster;
  readonly #epoch: number;
  readonly #proposer: number;
  /** Undefined where there is one producer, who decides before any coin is tossed. */
  readonly #coin: CoinSource | PublicCoin | undefined;
  readonly #rounds: (Round | undefined)[] = [];
  #round = 0;
  #estimate: boolean | undefined;
  #decision: boolean | undefined;
  /** Who sent TERM(false), TERM(true). */
  readonly #terms: [ProducerSet, ProducerSet] = [0, 0];

  constructor(roster: Roster, epoch: number, proposer: number, coin: CoinSource | PublicCoin | undefined) {
    this.#roster = roster;
    this.#epoch = epoch;
    this.#proposer = proposer;
    this.#coin = coin;
  }

  get decision(): boolean | undefined {
    return this.#decision;
  }

  /** Whether there is nothing to put in any more. */
  get hasInput(): boolean {
    return this.#estimate !== undefined || this.#decision !== undefined;
  }

  /** This producer's vote, once. Later ones, and one after the decision, change nothing. */
  input(value: boolean): AgreementStep {
    if (this.hasInput) return IGNORED;
    const step = beginStep<boolean>();
    this.#estimate = value;
    this.#sendBval(this.#round, value, step);
    this.#advance(step);
    return endStep(step);
  }

  handle(sender: number, message: AgreementMessage): AgreementStep {
    if (message.kind === 'term') return this.#onTerm(sender, message);
    if (message.round > this.#round + FUTURE_ROUNDS) return IGNORED;
    switch (message.kind) {
      case 'bval':
        return this.#onBval(sender, message);
      case 'aux':
        return this.#onAux(sender, message);
      case 'conf':
        return this.#onConf(sender, message);
      case 'coin':
        return this.#onCoin(sender, message);
    }
  }

  status(): ProposerProgress['agreement'] {
    return { round: this.#round, decided: this.#decision };
  }

  // ------------------------------------------------------------------------------------------------------------- inputs

  #onBval(sender: number, { round: number, value }: VoteMessage): AgreementStep {
    if (value === this.#decision) return IGNORED;
    const round = this.#at(number);
    const place = value ? 1 : 0;
    if (has(round.bval[place], sender)) return IGNORED;
    round.bval[place] |= only(sender);
    const step = beginStep<boolean>();
    this.#countBval(number, value, step);
    this.#advance(step);
    return endStep(step);
  }

  #onAux(sender: number, { round: number, value }: VoteMessage): AgreementStep {
    if (this.#decision !== undefined || number < this.#round) return IGNORED;
    const round = this.#at(number);
    const place = value ? 1 : 0;
    if (has(round.aux[place], sender)) return IGNORED;
    if (has(round.aux[1 - place] as ProducerSet, sender)) return refused(sender, 'conflicting-vote');
    round.aux[place] |= only(sender);
    return this.#counted();
  }

  #onConf(sender: number, { round: number, values }: ConfMessage): AgreementStep {
    if (this.#fixedCoin(number) !== undefined) return refused(sender, 'unexpected-message');
    if (this.#decision !== undefined || number < this.#round) return IGNORED;
    const { conf } = this.#at(number);
    if (has(conf[values] as ProducerSet, sender)) return IGNORED;
    if (has(conf[1] | conf[2] | conf[3], sender)) return refused(sender, 'conflicting-vote');
    conf[values as Values] |= only(sender);
    return this.#counted();
  }

  #onCoin(sender: number, { round: number, share }: CoinMessage): AgreementStep {
    if (this.#fixedCoin(number) !== undefined) return refused(sender, 'unexpected-message');
    if (this.#decision !== undefined || number < this.#round) return IGNORED;
    const round = this.#at(number);
    if (has(round.refused, sender)) return IGNORED;
    round.shares ??= new Map();
    const known = round.shares.get(sender);
    if (known) return equalBytes(known, share) ? IGNORED : refused(sender, 'conflicting-coin-share');
    round.shares.set(sender, share);
    return this.#counted();
  }

  #onTerm(sender: number, { value }: TermMessage): AgreementStep {
    const place = value ? 1 : 0;
    if (has(this.#terms[place], sender)) return IGNORED;
    if (has(this.#terms[1 - place] as ProducerSet, sender)) return refused(sender, 'conflicting-vote');
    if (this.#decision !== undefined) return value === this.#decision ? IGNORED : refused(sender, 'conflicting-vote');
    this.#terms[place] |= only(sender);
    const step = beginStep<boolean>();
    if (count(this.#terms[place]) > this.#roster.faulty) {
      this.#decide(value, step);
      return step;
    }
    // It counts as BVAL in every round.
    for (let number = 0; number < this.#rounds.length; number++) {
      if (this.#rounds[number]) this.#countBval(number, value, step);
    }
    this.#advance(step);
    return endStep(step);
  }

  #counted(): AgreementStep {
    const step = beginStep<boolean>();
    this.#advance(step);
    return endStep(step);
  }

  // -------------------------------------------------------------------------------------------------------------- rules

  #sendBval(number: number, value: boolean, step: StepBuilder<boolean>): void {
    const round = this.#at(number);
    if ((round.sentBval & valuesOf(value)) !== 0) return;
    round.sentBval = (round.sentBval | valuesOf(value)) as Values;
    round.bval[value ? 1 : 0] |= only(this.#roster.self);
    step.say(this.#roster.others, { kind: 'bval', ...this.#instance(), round: number, value });
    this.#countBval(number, value, step);
  }

  /** Passes a value on that f+1 have sent, and takes one in that 2f+1 have sent. In any round, whether it is over or not. */
  #countBval(number: number, value: boolean, step: StepBuilder<boolean>): void {
    const round = this.#at(number);
    const place = value ? 1 : 0;
    const votes = count(round.bval[place] | this.#terms[place]);
    const { faulty } = this.#roster;
    if (votes > 2 * faulty) round.bin = (round.bin | valuesOf(value)) as Values;
    if (votes > faulty && value !== this.#decision) this.#sendBval(number, value, step);
  }

  /** As far as this producer gets with the votes that are here. */
  #advance(step: StepBuilder<boolean>): void {
    while (this.#decision === undefined) {
      const round = this.#at(this.#round);
      if (round.bin === 0) return;
      if (!round.sentAux) this.#sendAux(round, step);
      if (round.values === 0) round.values = this.#auxValues(round);
      if (round.values === 0) return;
      const fixed = this.#fixedCoin(this.#round);
      if (fixed === undefined && !this.#confirm(round, step)) return;
      const values = fixed === undefined ? round.confirmed : round.values;
      const coin = fixed ?? this.#toss(round, step);
      if (coin === undefined) return;
      if (values === valuesOf(coin)) {
        this.#decide(coin, step);
        return;
      }
      this.#estimate = values === BOTH ? coin : values === TRUE;
      round.shares = undefined;
      this.#round++;
      this.#sendBval(this.#round, this.#estimate, step);
    }
  }

  #sendAux(round: Round, step: StepBuilder<boolean>): void {
    round.sentAux = true;
    // The first value in `bin`; should both have come at once, either will do.
    const value = round.bin === TRUE || (round.bin === BOTH && this.#estimate === true);
    round.aux[value ? 1 : 0] |= only(this.#roster.self);
    step.say(this.#roster.others, { kind: 'aux', ...this.#instance(), round: this.#round, value });
  }

  /** The values of N−f AUX that are all in `bin`; 0 while there are fewer. */
  #auxValues(round: Round): Values {
    const voted = round.aux[0] | round.aux[1];
    const no = (round.bin & FALSE) !== 0 ? round.aux[0] | (this.#terms[0] & ~voted) : 0;
    const yes = (round.bin & TRUE) !== 0 ? round.aux[1] | (this.#terms[1] & ~voted) : 0;
    return this.#enough(no, yes, 0);
  }

  /** Sends CONF once; whether N−f CONF within `bin` are here. */
  #confirm(round: Round, step: StepBuilder<boolean>): boolean {
    const { self, others } = this.#roster;
    const { conf } = round;
    if (!has(conf[1] | conf[2] | conf[3], self)) {
      conf[round.values] |= only(self);
      step.say(others, { kind: 'conf', ...this.#instance(), round: this.#round, values: round.values });
    }
    if (round.confirmed === 0) {
      const voted = conf[1] | conf[2] | conf[3];
      const no = (round.bin & FALSE) !== 0 ? conf[FALSE] | (this.#terms[0] & ~voted) : 0;
      const yes = (round.bin & TRUE) !== 0 ? conf[TRUE] | (this.#terms[1] & ~voted) : 0;
      round.confirmed = this.#enough(no, yes, round.bin === BOTH ? conf[BOTH] : 0);
    }
    return round.confirmed !== 0;
  }

  /** The values of N−f votes; one value where N−f say the same. 0 while there are fewer. */
  #enough(no: ProducerSet, yes: ProducerSet, both: ProducerSet): Values {
    const { quorum } = this.#roster;
    if (count(no) >= quorum) return FALSE;
    if (count(yes) >= quorum) return TRUE;
    if (count(no | yes | both) < quorum) return 0;
    return BOTH;
  }

  #toss(round: Round, step: StepBuilder<boolean>): boolean | undefined {
    const { self, others } = this.#roster;
    const source = this.#coin;
    // Without others every vote is unanimous, and the fixed coins have decided it by the second round.
    if (!source || !('keys' in source)) throw new Error('a coin is to be tossed, and there are no keys');
    round.shares ??= new Map();
    if (!round.shares.has(self)) {
      const share = source.keys.coinShare(source.name(this.#round));
      round.shares.set(self, share);
      step.say(others, { kind: 'coin', ...this.#instance(), round: this.#round, share });
    }
    const sawTerm = (this.#terms[0] | this.#terms[1]) !== 0;
    return tossedCoin(source, this.#roster, this.#round, round, round.shares, sawTerm, step);
  }

  #decide(value: boolean, step: StepBuilder<boolean>): void {
    this.#decision = value;
    step.output = value;
    step.say(this.#roster.others, { kind: 'term', ...this.#instance(), value });
    for (const round of this.#rounds) if (round) round.shares = undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ helpers

  #at(number: number): Round {
    this.#rounds[number] ??= newRound();
    return this.#rounds[number];
  }

  #fixedCoin(round: number): boolean | undefined {
    const source = this.#coin;
    if (source && 'keys' in source) return fixedCoin(round, source.always);
    return fixedCoin(round, false) ?? source?.coin(round);
  }

  #instance(): { epoch: number; proposer: number } {
    return { epoch: this.#epoch, proposer: this.#proposer };
  }
}

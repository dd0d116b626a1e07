import type { ProposerProgress } from '../../engine.ts';
import { Agreement } from '../agreement/agreement.ts';
import type { CoinSource, PublicCoin } from '../agreement/coin.ts';
import { Broadcast } from '../broadcast/broadcast.ts';
import type { AgreementMessage, BroadcastMessage } from '../messages.ts';
import type { Roster } from '../roster.ts';
import { IGNORED, type ProtocolStep, StepBuilder } from '../step.ts';

/**
 * Common subset: all honest producers get the same set of proposals, of N−f producers at least. (Ben-Or, Kelmer, Rabin 1994, as in Miller
 * et al. 2016.)
 *
 * How it works: each producer broadcasts its proposal, and one agreement for each proposer decides whether its proposal is in. A
 * producer votes 1 for what was delivered to it; once N−f agreements have given 1 it votes 0 in those where it has not voted. A
 * proposal with 1 that is not here yet is waited for: an honest producer has it, so it comes.
 *
 * Where everybody's proposal is wanted (a change of consensus), nobody votes 0 before it has been told that the waiting is over.
 */

/** By proposer: the proposal, or undefined for one that is not in the set. */
export type SubsetStep = ProtocolStep<readonly (Uint8Array | undefined)[]>;

export interface SubsetOptions {
  readonly roster: Roster;
  readonly epoch: number;
  /** Of one proposal. */
  readonly limitBytes: number;
  /** Undefined where there is one producer. */
  readonly coinOf: ((proposer: number) => CoinSource | PublicCoin) | undefined;
  /** 0 is not voted before `endWait`. */
  readonly waits?: boolean;
}

export class Subset {
  readonly #roster: Roster;
  readonly #broadcasts: readonly Broadcast[];
  readonly #agreements: readonly Agreement[];
  readonly #delivered: (Uint8Array | undefined)[];
  #isWaiting: boolean;
  #isOver = false;

  constructor({ roster, epoch, limitBytes, coinOf, waits = false }: SubsetOptions) {
    this.#roster = roster;
    this.#isWaiting = waits;
    const proposers = Array.from({ length: roster.size }, (_, proposer) => proposer);
    this.#broadcasts = proposers.map((proposer) => new Broadcast(roster, epoch, proposer, limitBytes));
    this.#agreements = proposers.map((proposer) => new Agreement(roster, epoch, proposer, coinOf?.(proposer)));
    this.#delivered = proposers.map(() => undefined);
  }

  /** This producer's proposal, once. */
  propose(payload: Uint8Array): SubsetStep {
    const { self } = this.#roster;
    return this.#afterBroadcast(self, (this.#broadcasts[self] as Broadcast).propose(payload));
  }

  /** The slow have been waited for long enough. */
  endWait(): SubsetStep {
    if (!this.#isWaiting) return IGNORED;
    this.#isWaiting = false;
    const step = new StepBuilder<readonly (Uint8Array | undefined)[]>();
    this.#finish(step);
    return step;
  }

  handleBroadcast(sender: number, message: BroadcastMessage): SubsetStep {
    const broadcast = this.#broadcasts[message.proposer] as Broadcast;
    return this.#afterBroadcast(message.proposer, broadcast.handle(sender, message));
  }

  handleAgreement(sender: number, message: AgreementMessage): SubsetStep {
    return this.#afterAgreement((this.#agreements[message.proposer] as Agreement).handle(sender, message));
  }

  status(): { broadcast: ProposerProgress['broadcast']; agreement: ProposerProgress['agreement'] }[] {
    return this.#broadcasts.map((broadcast, proposer) => ({
      broadcast: broadcast.status(),
      agreement: (this.#agreements[proposer] as Agreement).status(),
    }));
  }

  #afterBroadcast(proposer: number, from: ProtocolStep<Uint8Array>): SubsetStep {
    if (from.output === undefined) return from as ProtocolStep<never>;
    this.#delivered[proposer] = from.output;
    const step = new StepBuilder<readonly (Uint8Array | undefined)[]>();
    step.add(from);
    this.#vote(proposer, true, step);
    this.#finish(step);
    return step;
  }

  #afterAgreement(from: ProtocolStep<boolean>): SubsetStep {
    if (from.output === undefined) return from as ProtocolStep<never>;
    const step = new StepBuilder<readonly (Uint8Array | undefined)[]>();
    step.add(from);
    this.#finish(step);
    return step;
  }

  #vote(proposer: number, value: boolean, step: StepBuilder<readonly (Uint8Array | undefined)[]>): void {
    step.add((this.#agreements[proposer] as Agreement).input(value));
  }

  #finish(step: StepBuilder<readonly (Uint8Array | undefined)[]>): void {
    if (this.#isOver) return;
    const accepted = this.#agreements.filter((agreement) => agreement.decision === true).length;
    if (accepted < this.#roster.quorum) return;
    // With a quorum of votes here, one more may end an agreement at once.
    if (!this.#isWaiting) {
      for (let proposer = 0; proposer < this.#agreements.length; proposer++) this.#vote(proposer, false, step);
    }
    const missing = this.#agreements.some(
      ({ decision }, proposer) => decision === undefined || (decision && this.#delivered[proposer] === undefined),
    );
    if (missing) return;
    this.#isOver = true;
    step.output = this.#agreements.map(({ decision }, proposer) => (decision ? this.#delivered[proposer] : undefined));
  }
}

import { readAcknowledgement, requestedProducers } from '../../crypto/index.ts';
import type { ChangeConsensusReq, ChangeConsensusResp, ChangeConsensusResultBundle } from '../../records/index.ts';
import { sha256, toHex } from '../../records/index.ts';
import type { PublicCoin } from '../hbbft/agreement/coin.ts';
import type { AgreementMessage, BroadcastMessage } from '../hbbft/messages.ts';
import type { Roster } from '../hbbft/roster.ts';
import { IGNORED, type ProtocolStep, StepBuilder } from '../hbbft/step.ts';
import { Subset, type SubsetStep } from '../hbbft/subset/subset.ts';
import { ACKNOWLEDGEMENT_LIMIT_BYTES, agreedBundle, proofLimitBytes, readProof } from './proofs.ts';

/**
 * One attempt at agreement among the requested producers (consensus.md, "Changing consensus on a running group", 2 and 3): a common subset on
 * their proofs, and, if none is missing, one on their acknowledgements. It succeeds only with everybody's, so nobody votes 0 before the
 * tick has run out. What lacks a proof or an acknowledgement, or holds a bad one, has failed, for all alike.
 *
 * Messages are those of HoneyBadgerBFT; in place of an epoch they carry twice the attempt's number, plus one for acknowledgements.
 */

export type Instance = 'proofs' | 'acknowledgements';

export const epochOf = (attempt: number, instance: Instance): number => 2 * attempt + (instance === 'proofs' ? 0 : 1);

export const instanceOf = (epoch: number): { readonly attempt: number; readonly instance: Instance } => ({
  attempt: Math.floor(epoch / 2),
  instance: epoch % 2 === 0 ? 'proofs' : 'acknowledgements',
});

/** What has become known by an input. */
export interface AttemptOutput {
  /** By index; undefined: it is not in the subset, or is no proof. Once; if none is missing, they are to be acknowledged. */
  readonly responses?: readonly (ChangeConsensusResp | undefined)[];
  readonly result?: AttemptResult;
}
export type AttemptResult = ChangeConsensusResultBundle | 'failed';
export type AttemptStep = ProtocolStep<AttemptOutput>;

/** No keys yet, so the coin is public: a hash of request, attempt, instance and round. */
export const publicCoin = (name: Uint8Array, epoch: number, proposer: number): PublicCoin => ({
  coin: (round) =>
    ((sha256(new TextEncoder().encode(`sett/agreement-coin/1/${toHex(name)}/${epoch}/${proposer}/${round}`))[0] as number) &
      1) ===
    1,
});

export class Attempt {
  readonly #request: ChangeConsensusReq;
  readonly #producers: readonly string[];
  readonly #proofs: Subset;
  readonly #acknowledgements: Subset;
  #responses: readonly ChangeConsensusResp[] | undefined;
  /** The second subset, where it was settled first. */
  #early: readonly (Uint8Array | undefined)[] | undefined;
  #result: AttemptResult | undefined;
  #hasJoined = false;
  #hasAcknowledged = false;

  /** `name`: of the request. */
  constructor(request: ChangeConsensusReq, name: Uint8Array, roster: Roster, number: number) {
    this.#request = request;
    this.#producers = requestedProducers(request);
    const subset = (instance: Instance, limitBytes: number): Subset => {
      const epoch = epochOf(number, instance);
      return new Subset({ roster, epoch, limitBytes, coinOf: (proposer) => publicCoin(name, epoch, proposer), waits: true });
    };
    this.#proofs = subset('proofs', proofLimitBytes(request));
    this.#acknowledgements = subset('acknowledgements', ACKNOWLEDGEMENT_LIMIT_BYTES);
  }

  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  get hasAcknowledged(): boolean {
    return this.#hasAcknowledged;
  }

  /** All proofs, once they are here. */
  get responses(): readonly ChangeConsensusResp[] | undefined {
    return this.#responses;
  }

  get result(): AttemptResult | undefined {
    return this.#result;
  }

  /** Puts this producer's proof forward, once. */
  join(proof: Uint8Array): AttemptStep {
    if (this.#hasJoined) return IGNORED;
    this.#hasJoined = true;
    return this.#after('proofs', this.#proofs.propose(proof));
  }

  /** This producer's acknowledgement of `responses`, once. */
  acknowledge(acknowledgement: Uint8Array): AttemptStep {
    if (this.#hasAcknowledged) return IGNORED;
    this.#hasAcknowledged = true;
    return this.#after('acknowledgements', this.#acknowledgements.propose(acknowledgement));
  }

  /** The tick of this instance has run out. */
  endWait(instance: Instance): AttemptStep {
    return this.#after(instance, this.#subset(instance).endWait());
  }

  handle(sender: number, instance: Instance, message: BroadcastMessage | AgreementMessage): AttemptStep {
    const subset = this.#subset(instance);
    switch (message.kind) {
      case 'bval':
      case 'aux':
      case 'conf':
      case 'coin':
      case 'term':
        return this.#after(instance, subset.handleAgreement(sender, message));
      default:
        return this.#after(instance, subset.handleBroadcast(sender, message));
    }
  }

  /** Producers whose proof is in, as far as it is decided here. */
  get decidedProofs(): readonly (boolean | undefined)[] {
    return this.#proofs.status().map(({ agreement }) => agreement.decided);
  }

  #subset(instance: Instance): Subset {
    return instance === 'proofs' ? this.#proofs : this.#acknowledgements;
  }

  #after(instance: Instance, from: SubsetStep): AttemptStep {
    if (from.output === undefined) return from as ProtocolStep<never>;
    const step = new StepBuilder<AttemptOutput>();
    step.add(from);
    if (instance === 'proofs') this.#settleProofs(from.output, step);
    else this.#settleAcknowledgements(from.output, step);
    return step;
  }

  #settleProofs(proofs: readonly (Uint8Array | undefined)[], step: StepBuilder<AttemptOutput>): void {
    const responses = proofs.map((proof, index) => {
      if (!proof) return undefined;
      const response = readProof(proof, this.#request, this.#producers[index] as string);
      if (!response) step.blame(index, 'bad-response');
      return response;
    });
    step.output = { responses };
    const present = responses.filter((response) => response !== undefined);
    if (present.length < responses.length) this.#finish('failed', step);
    else {
      this.#responses = present;
      // One producer alone has no key to generate.
      if (present.length === 1) this.#finish(agreedBundle(this.#request, present, []) ?? 'failed', step);
      else if (this.#early) this.#settleAcknowledgements(this.#early, step);
    }
  }

  #settleAcknowledgements(payloads: readonly (Uint8Array | undefined)[], step: StepBuilder<AttemptOutput>): void {
    const request = this.#request;
    const responses = this.#responses;
    if (!responses) {
      this.#early = payloads;
      return;
    }
    payloads.forEach((payload, index) => {
      const isBad =
        payload && readAcknowledgement(payload, { request, responses }, this.#producers[index] as string) === undefined;
      if (isBad) step.blame(index, 'bad-acknowledgement');
    });
    // The bundle is none unless these are everybody's, all of them good.
    const acknowledgements = payloads.filter((payload) => payload !== undefined);
    this.#finish(agreedBundle(request, responses, acknowledgements) ?? 'failed', step);
  }

  #finish(result: AttemptResult, step: StepBuilder<AttemptOutput>): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    step.output = { ...step.output, result };
  }
}

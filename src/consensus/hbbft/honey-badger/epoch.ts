import type { ThresholdKeys } from '../../../crypto/index.ts';
import type { Proposal, ProposerProgress } from '../../engine.ts';
import type { CoinSource } from '../agreement/coin.ts';
import type { AgreementMessage, BroadcastMessage, DecryptionMessage } from '../messages.ts';
import type { Roster } from '../roster.ts';
import { type ProtocolStep, refused, StepBuilder } from '../step.ts';
import { Subset, type SubsetStep } from '../subset/subset.ts';
import { Decryption, type DecryptionStep } from './decryption.ts';
import { decodeProposal } from './proposal.ts';

/**
 * One epoch: a common subset of what the producers put forward, decrypted where the schedule says so. It depends on its own inputs
 * only, not on other epochs, so it can be replayed from its own part of the log.
 */

export type EpochMessage = BroadcastMessage | AgreementMessage | DecryptionMessage;
/** `decided`: the decision can be taken. */
export type EpochStep = ProtocolStep<'decided'>;

export interface EpochOptions {
  readonly roster: Roster;
  readonly epoch: number;
  /** Of one proposal as it is broadcast. */
  readonly limitBytes: number;
  readonly coinOf: ((proposer: number) => CoinSource) | undefined;
  /** Undefined where the epoch is not encrypted. */
  readonly cipher: { readonly keys: ThresholdKeys; label(proposer: number): Uint8Array } | undefined;
}

export class Epoch {
  readonly #options: EpochOptions;
  readonly #subset: Subset;
  readonly #decryptions: readonly Decryption[];
  /** The settled subset. */
  #settled: readonly (Uint8Array | undefined)[] | undefined;
  readonly #plain: (Uint8Array | 'unreadable' | undefined)[] = [];
  #isDecided = false;
  #hasProposed = false;

  constructor(options: EpochOptions) {
    const { roster, epoch, cipher } = options;
    this.#options = options;
    this.#subset = new Subset(options);
    this.#decryptions = cipher
      ? Array.from({ length: roster.size }, (_, proposer) => new Decryption(roster, epoch, proposer, cipher.keys))
      : [];
  }

  get hasProposed(): boolean {
    return this.#hasProposed;
  }

  get isDecided(): boolean {
    return this.#isDecided;
  }

  /**
   * The decision, by proposer; undefined: not in the subset, or unreadable for all alike. To be called once it is there, and once: the proposals
   * are kept encoded until then, and not at all after. `blame` gets who proposed what is no proposal.
   */
  takeDecision(blame: (producer: number) => void): (Proposal | undefined)[] {
    const { size } = this.#options.roster;
    return this.#plain.splice(0).map((plain, proposer) => {
      if (!(plain instanceof Uint8Array)) return undefined;
      const proposal = decodeProposal(plain, size);
      if (!proposal) blame(proposer);
      return proposal;
    });
  }

  /** `payload`: what is broadcast: the encoded proposal, or the ciphertext of it. */
  propose(payload: Uint8Array): EpochStep {
    this.#hasProposed = true;
    return this.#afterSubset(this.#subset.propose(payload));
  }

  handle(sender: number, message: EpochMessage): EpochStep {
    switch (message.kind) {
      case 'value':
      case 'echo':
      case 'echo-hash':
      case 'can-decode':
      case 'want-shard':
      case 'ready':
        return this.#afterSubset(this.#subset.handleBroadcast(sender, message));
      case 'decryption': {
        const decryption = this.#decryptions[message.proposer];
        if (!decryption) return refused(sender, 'unexpected-message');
        return this.#afterDecryption(message.proposer, decryption.handle(sender, message));
      }
      default:
        return this.#afterSubset(this.#subset.handleAgreement(sender, message));
    }
  }

  status(): ProposerProgress[] {
    return this.#subset.status().map((progress, proposer) => ({
      ...progress,
      decryption: this.#decryptions[proposer]?.status() ?? { phase: 'unneeded', shares: 0 },
    }));
  }

  #afterSubset(from: SubsetStep): EpochStep {
    if (from.output === undefined) return from as ProtocolStep<never>;
    const step = new StepBuilder<'decided'>();
    step.add(from);
    this.#settled = from.output;
    this.#settled.forEach((payload, proposer) => {
      const { [proposer]: decryption } = this.#decryptions;
      const { cipher } = this.#options;
      this.#plain[proposer] = undefined;
      if (!decryption || !cipher) this.#plain[proposer] = payload;
      else if (payload === undefined) step.add(decryption.drop());
      else this.#take(proposer, decryption.open(payload, cipher.label(proposer)), step);
    });
    this.#finish(step);
    return step;
  }

  #afterDecryption(proposer: number, from: DecryptionStep): EpochStep {
    if (from.output === undefined) return from as ProtocolStep<never>;
    const step = new StepBuilder<'decided'>();
    this.#take(proposer, from, step);
    this.#finish(step);
    return step;
  }

  #take(proposer: number, from: DecryptionStep, step: StepBuilder<'decided'>): void {
    step.add(from);
    if (from.output !== undefined) this.#plain[proposer] = from.output;
  }

  #finish(step: StepBuilder<'decided'>): void {
    if (!this.#settled || this.#isDecided) return;
    if (this.#settled.some((payload, proposer) => payload && !this.#plain[proposer])) return;
    this.#isDecided = true;
    this.#settled = [];
    step.output = 'decided';
  }
}

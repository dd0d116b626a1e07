import {
  type Dealing,
  dealingOf,
  dealtShare,
  encodeKeyShare,
  KeyGenDealing,
  makeDealing,
  requestedProducers,
  responsesHash,
  signAcknowledgement,
} from '../../crypto/index.ts';
import { type ChangeConsensusReq, type ChangeConsensusResp, toHex } from '../../records/index.ts';
import type { PlainShare, SharesToDecrypt } from './step.ts';

/**
 * Key generation for a requested set, as one of its producers does it (consensus.md, "Changing consensus on a running group", 3): it deals a
 * secret of its own, and acknowledges the dealings whose share for it is good. Encryption is done outside, so it asks and is answered.
 * Nothing here need be kept: a dealing goes out in the response, which is logged, and the rest follows from the responses.
 */
export class ShareExchange {
  readonly #request: ChangeConsensusReq;
  readonly #producers: readonly string[];
  readonly #self: string;
  readonly #secret: Uint8Array;
  #dealing: Uint8Array | undefined;
  readonly #reviews = new Map<string, Review>();

  /** `secret`: of the producer's group key, whose public one is `self`. */
  constructor(request: ChangeConsensusReq, self: string, secret: Uint8Array) {
    this.#request = request;
    this.#producers = requestedProducers(request);
    this.#self = self;
    this.#secret = secret;
  }

  /** Makes this producer's dealing from {@link DEALING_RANDOM_BYTES} secret random bytes. */
  deal(random: Uint8Array): PlainShare[] {
    const name = { requestHash: this.#request.MsgHash, dealer: this.#self };
    const { dealing, shares } = makeDealing(this.#producers.length, name, random);
    this.#dealing = dealing;
    return this.#producers.map((receiver, index) => ({
      receiver,
      plain: encodeKeyShare({ ...name, receiver, share: shares[index] as Uint8Array }),
    }));
  }

  /** What goes into the response, once the shares are encrypted, in the order in which {@link deal} gave them. */
  seal(encryptedShares: readonly Uint8Array[]): Uint8Array {
    if (!this.#dealing || encryptedShares.length !== this.#producers.length) {
      throw new RangeError('encrypted shares came that were not asked for');
    }
    return KeyGenDealing.encode({ Dealing: this.#dealing, EncryptedShares: encryptedShares });
  }

  /**
   * Looks at the dealings of all requested producers. An acknowledgement where there is one already; else what must be decrypted first, or
   * nothing where that was asked for before. `bad`: producers whose dealing is none.
   */
  review(responses: readonly ChangeConsensusResp[]): ReviewStep {
    const name = toHex(responsesHash(responses));
    const known = this.#reviews.get(name);
    if (known) return { bad: [], acknowledgement: known.acknowledgement };
    const dealings = responses.map((response) => dealingOf(this.#request, response));
    this.#reviews.set(name, { responses, dealings, acknowledgement: undefined });
    const self = this.#producers.indexOf(this.#self);
    const encryptedShares = dealings.flatMap((dealing) => (dealing ? [dealing.encryptedShares[self] as Uint8Array] : []));
    const bad = dealings.flatMap((dealing, index) => (dealing ? [] : [index]));
    return { bad, decrypt: { nonce: this.#request.Nonce, name, encryptedShares } };
  }

  /**
   * The shares of a review, decrypted, in the order asked for; undefined for what could not be. Answers the acknowledgement; undefined for a name
   * that was not asked for, or answered before.
   */
  decrypted(name: string, plains: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
    const review = this.#reviews.get(name);
    if (!review || review.acknowledgement) return undefined;
    let next = 0;
    let accepted = 0;
    review.dealings.forEach((dealing, dealer) => {
      if (!dealing) return;
      const plain = plains[next++];
      const isGood =
        plain !== undefined &&
        dealtShare(this.#request, dealing, this.#producers[dealer] as string, this.#self, plain) !== undefined;
      if (isGood) accepted |= 1 << dealer;
    });
    const { responses } = review;
    review.acknowledgement = signAcknowledgement({ request: this.#request, responses }, accepted, this.#secret);
    return review.acknowledgement;
  }

  /** The acknowledgement of these responses that the log holds. */
  restore(responses: readonly ChangeConsensusResp[], acknowledgement: Uint8Array): void {
    this.#reviews.set(toHex(responsesHash(responses)), { responses, dealings: [], acknowledgement });
  }
}

interface Review {
  readonly responses: readonly ChangeConsensusResp[];
  readonly dealings: readonly (Dealing | undefined)[];
  acknowledgement: Uint8Array | undefined;
}

export interface ReviewStep {
  readonly bad: readonly number[];
  readonly acknowledgement?: Uint8Array | undefined;
  readonly decrypt?: SharesToDecrypt;
}

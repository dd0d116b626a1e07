import { concatBytes, equalBytes, exactBytes, faultyLimit, LIMITS, message, text } from '../../records/index.ts';
import {
  add,
  addScalars,
  ELEMENT_BYTES,
  hashToScalar,
  IDENTITY,
  isElement,
  isIdentity,
  isScalar,
  multiplyBase,
  multiplyScalars,
  SCALAR_BYTES,
  sumOfProducts,
  toScalar,
} from './group.ts';
import { PROOF_BYTES, prove, type Statement, verify } from './proofs.ts';
import type { PublicKeys } from './ristretto.ts';

/**
 * Key generation without a dealer whom anyone trusts: each dealer shares a secret of its own verifiably (Feldman, FOCS 1987), and the
 * sum of the dealings that were accepted gives the keys (Pedersen 1991). A dealing is the commitments to the polynomial's coefficients,
 * f+1 elements, constant term first, and a proof of knowledge of the constant term, which keeps a dealer from choosing its own as a
 * function of others'. Shares travel encrypted, which is done outside: here they are plain.
 */

/** What a dealing is for, and whose it is: its proof and its shares mean nothing elsewhere. */
export interface DealingName {
  /** Of the signed request for the change of consensus: 32 bytes. */
  readonly requestHash: Uint8Array;
  /** The dealer's public key. */
  readonly dealer: string;
}

const HASH_BYTES = 32;
/** Bytes of the seed that a dealing is made from. */
export const DEALING_RANDOM_BYTES = 32;

/** Bytes of a dealing for so many producers. */
export const dealingBytes = (producers: number): number => (faultyLimit(producers) + 1) * ELEMENT_BYTES + PROOF_BYTES;

const place = (index: number): Uint8Array => toScalar(BigInt(index + 1));

/** `shares[i]` is for producer i and nobody else. `random` is secret. */
export function makeDealing(
  producers: number,
  name: DealingName,
  random: Uint8Array,
): { readonly dealing: Uint8Array; readonly shares: readonly Uint8Array[] } {
  demandProducers(producers);
  if (random.length !== DEALING_RANDOM_BYTES) {
    throw new RangeError(`${random.length} random bytes were given for a dealing, and ${DEALING_RANDOM_BYTES} are needed`);
  }
  const coefficients = Array.from({ length: faultyLimit(producers) + 1 }, (_, power) =>
    hashToScalar('sett/dealing/coefficient/1', random, name.requestHash, encodeText(name.dealer), Uint8Array.of(power)),
  );
  const commitments = coefficients.map(multiplyBase);
  const proof = prove(statementOf(name, commitments), coefficients[0] as Uint8Array);
  const shares = Array.from({ length: producers }, (_, index) =>
    coefficients.reduceRight((sum, coefficient) => addScalars(multiplyScalars(sum, place(index)), coefficient), IDENTITY),
  );
  return { dealing: concatBytes(...commitments, proof), shares };
}

function statementOf(name: DealingName, commitments: readonly Uint8Array[]): Statement {
  const [constant, ...others] = commitments as [Uint8Array, ...Uint8Array[]];
  return { tag: 'sett/dealing/1', publicKey: constant, context: [name.requestHash, encodeText(name.dealer), ...others] };
}

const encodeText = (value: string): Uint8Array => new TextEncoder().encode(value);

function demandProducers(producers: number): void {
  if (!Number.isInteger(producers) || producers < 2 || producers > LIMITS.producers) {
    throw new RangeError(`threshold keys are for 2 to ${LIMITS.producers} producers, not ${producers}`);
  }
}

/** Commitments of a dealing of the right length. */
function commitmentsOf(dealing: Uint8Array): Uint8Array[] {
  const count = (dealing.length - PROOF_BYTES) / ELEMENT_BYTES;
  return Array.from({ length: count }, (_, power) => dealing.subarray(power * ELEMENT_BYTES, (power + 1) * ELEMENT_BYTES));
}

/** Whether this is a dealing of that name for so many producers. Total in `dealing`. */
export function verifyDealing(producers: number, name: DealingName, dealing: Uint8Array): boolean {
  demandProducers(producers);
  if (dealing.length !== dealingBytes(producers)) return false;
  const commitments = commitmentsOf(dealing);
  return commitments.every(isElement) && verify(statementOf(name, commitments), dealing.subarray(-PROOF_BYTES));
}

/** share·G of producer `index`, from the commitments. */
function committedShare(commitments: readonly Uint8Array[], index: number): Uint8Array {
  const powers = commitments.map((_, power) => toScalar(BigInt(index + 1) ** BigInt(power)));
  return sumOfProducts(powers, commitments);
}

/** Whether `share` is the one of producer `index` in a dealing that {@link verifyDealing} accepts. Total in `share`. */
export function verifyDealtShare(dealing: Uint8Array, index: number, share: Uint8Array): boolean {
  return isScalar(share) && equalBytes(multiplyBase(share), committedShare(commitmentsOf(dealing), index));
}

/**
 * The keys that all producers, and everyone else, get from the accepted dealings; all of these must have passed {@link verifyDealing}, and come
 * from different dealers, at least f+1. Undefined if a key is the identity, which takes dealers who know each other's secrets.
 */
export function combineDealings(producers: number, dealings: readonly Uint8Array[]): PublicKeys | undefined {
  demandProducers(producers);
  const summed = dealings
    .map(commitmentsOf)
    .reduce((sums, commitments) => sums.map((sum, power) => add(sum, commitments[power] as Uint8Array)), identities(producers));
  const groupKey = summed[0] as Uint8Array;
  const verificationKeys = Array.from({ length: producers }, (_, index) => committedShare(summed, index));
  return [groupKey, ...verificationKeys].some(isIdentity) ? undefined : { groupKey, verificationKeys };
}

const identities = (producers: number): Uint8Array[] => new Array<Uint8Array>(faultyLimit(producers) + 1).fill(IDENTITY);

/** A producer's secret share: the sum of what the accepted dealings gave it. */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  return shares.reduce(addScalars, IDENTITY);
}

/** What a dealer encrypts to one receiver. */
export interface KeyShare extends DealingName {
  /** The receiver's public key. */
  readonly receiver: string;
  readonly share: Uint8Array;
}

const KeyShareMessage = message('KeyShareMessage', 512, {
  RequestHash: exactBytes(1, HASH_BYTES),
  Dealer: text(2),
  Receiver: text(3),
  Share: exactBytes(4, SCALAR_BYTES),
});

export function encodeKeyShare({ requestHash, dealer, receiver, share }: KeyShare): Uint8Array {
  return KeyShareMessage.encode({ RequestHash: requestHash, Dealer: dealer, Receiver: receiver, Share: share });
}

/**
 * The share in a decrypted message, if it is the one of that request, dealer and receiver, in its only encoding; else undefined: a share
 * that was taken from elsewhere, by whoever may read it there, does not pass. Total.
 */
export function readKeyShare(bytes: Uint8Array, expected: Omit<KeyShare, 'share'>): Uint8Array | undefined {
  const share = bytes.slice(-SCALAR_BYTES);
  if (!isScalar(share)) return undefined;
  return equalBytes(encodeKeyShare({ ...expected, share }), bytes) ? share : undefined;
}

import { concatBytes, equalBytes } from '../../records/index.ts';
import {
  addScalars,
  ELEMENT_BYTES,
  generator,
  hashToScalar,
  isElement,
  isScalar,
  multiply,
  multiplyBase,
  multiplyScalars,
  negateScalar,
  SCALAR_BYTES,
  sumOfProducts,
} from './group.ts';

/**
 * Proofs of knowledge of a discrete logarithm, made non-interactive by a hash (Fiat–Shamir): Schnorr's, and Chaum–Pedersen's of one logarithm to
 * two bases (DLEQ). A proof is challenge ‖ response. The nonce is derived from the secret and everything that is proved, so a
 * restart gives the same proof, and two statements never share a nonce.
 */

export const PROOF_BYTES = 2 * SCALAR_BYTES;

/** What the secret x is proved of: `publicKey` = x·G and, for a proof of equality, `image` = x·`base`. */
export interface Statement {
  /** What the proof is for. */
  readonly tag: string;
  readonly publicKey: Uint8Array;
  readonly equal?: { readonly base: Uint8Array; readonly image: Uint8Array };
  /** What else the proof is bound to. */
  readonly context: readonly Uint8Array[];
}

const partsOf = ({ publicKey, equal, context }: Statement): Uint8Array[] => [
  publicKey,
  ...(equal ? [equal.base, equal.image] : []),
  ...context,
];

/** `secret`: x. The statement must be true. */
export function prove(statement: Statement, secret: Uint8Array): Uint8Array {
  const parts = partsOf(statement);
  const nonce = hashToScalar(`${statement.tag}/nonce`, secret, ...parts);
  const commitments = [multiplyBase(nonce)];
  if (statement.equal) commitments.push(multiply(nonce, statement.equal.base));
  const challenge = hashToScalar(statement.tag, ...parts, ...commitments);
  return concatBytes(challenge, addScalars(nonce, multiplyScalars(challenge, secret)));
}

/** Total: false for malformed elements and proofs too. */
export function verify(statement: Statement, proof: Uint8Array): boolean {
  const { tag, publicKey, equal } = statement;
  if (proof.length !== PROOF_BYTES) return false;
  const challenge = proof.subarray(0, SCALAR_BYTES);
  const response = proof.subarray(SCALAR_BYTES);
  if (!isScalar(challenge) || !isScalar(response) || !isElement(publicKey)) return false;
  if (equal && !(isElement(equal.base) && isElement(equal.image))) return false;
  const scalars = [response, negateScalar(challenge)];
  const commitments = [sumOfProducts(scalars, [generator(), publicKey])];
  if (equal) commitments.push(sumOfProducts(scalars, [equal.base, equal.image]));
  return equalBytes(hashToScalar(tag, ...partsOf(statement), ...commitments), challenge);
}

/** A producer's share of something, `secret share · base`, with the proof that it is one: element ‖ proof. */
export const SHARE_BYTES = ELEMENT_BYTES + PROOF_BYTES;

export const shareElement = (share: Uint8Array): Uint8Array => share.subarray(0, ELEMENT_BYTES);

/** `verificationKey` = secret·G. */
export function makeShare(tag: string, secret: Uint8Array, verificationKey: Uint8Array, base: Uint8Array): Uint8Array {
  const image = multiply(secret, base);
  return concatBytes(image, prove({ tag, publicKey: verificationKey, equal: { base, image }, context: [] }, secret));
}

/** Total. */
export function verifyShare(tag: string, share: Uint8Array, verificationKey: Uint8Array, base: Uint8Array): boolean {
  if (share.length !== SHARE_BYTES) return false;
  const statement = { tag, publicKey: verificationKey, equal: { base, image: shareElement(share) }, context: [] };
  return verify(statement, share.subarray(ELEMENT_BYTES));
}

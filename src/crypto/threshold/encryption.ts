import { concatBytes, equalBytes, sha256 } from '../../records/index.ts';
import {
  ELEMENT_BYTES,
  hashToElement,
  hashToScalar,
  isScalar,
  multiply,
  multiplyBase,
  openOnce,
  SCALAR_BYTES,
  SEAL_BYTES,
  sealOnce,
  taggedHash,
} from './group.ts';
import { PROOF_BYTES, prove, type Statement, verify } from './proofs.ts';
import { ENCRYPTION_RANDOM_BYTES } from './types.ts';

/**
 * TDH2 (Shoup, Gennaro, "Securing Threshold Cryptosystems against Chosen Ciphertext Attack", 1998/2002) with a payload of any length.
 * With r drawn at random, h the group key and Ḡ a second generator, a ciphertext is
 *
 *     u = r·G ‖ ū = r·Ḡ ‖ proof that both have one logarithm ‖ key commitment ‖ payload: {r ‖ plaintext} sealed under a hash of r·h
 *
 * and the proof covers label, commitment and payload, so nobody makes a ciphertext of another's u without knowing r.
 *
 * The commitment (a hash of r·h) alone would not do: an encryptor knows what every honest share will be, so with one accomplice it can
 * commit to a key that only certain subsets of shares combine to, and nodes would read different things. Therefore r is in the
 * payload: a combined value counts only if it is r·h for the r of u. No subset with a bad share passes for another value.
 */

const U_AT = 0;
const SECOND_U_AT = U_AT + ELEMENT_BYTES;
const PROOF_AT = SECOND_U_AT + ELEMENT_BYTES;
const COMMITMENT_AT = PROOF_AT + PROOF_BYTES;
const COMMITMENT_BYTES = 32;
const PAYLOAD_AT = COMMITMENT_AT + COMMITMENT_BYTES;
const KEY_BYTES = 32;

/** What encryption adds to the length of a plaintext. */
export const ENCRYPTION_OVERHEAD_BYTES = PAYLOAD_AT + SEAL_BYTES + SCALAR_BYTES;

let generator: Uint8Array | undefined;

/** Ḡ. */
function secondGenerator(): Uint8Array {
  generator ??= hashToElement('sett/encryption/generator/1');
  return generator;
}

function statementOf(options: {
  readonly groupKey: Uint8Array;
  readonly label: Uint8Array;
  readonly u: Uint8Array;
  readonly secondU: Uint8Array;
  /** Commitment ‖ payload. */
  readonly rest: Uint8Array;
}): Statement {
  const { groupKey, label, u, secondU, rest } = options;
  return {
    tag: 'sett/encryption/1',
    publicKey: u,
    equal: { base: secondGenerator(), image: secondU },
    context: [groupKey, label, sha256(rest)],
  };
}

/** From `secret` = r·h. */
function keysOf(secret: Uint8Array, u: Uint8Array): { key: Uint8Array; commitment: Uint8Array } {
  const hash = taggedHash('sett/encryption/key/1', secret, u);
  return { key: hash.subarray(0, KEY_BYTES), commitment: hash.subarray(KEY_BYTES) };
}

/** Throws RangeError for random bytes of the wrong number. */
export function encrypt(groupKey: Uint8Array, plain: Uint8Array, label: Uint8Array, random: Uint8Array): Uint8Array {
  if (random.length !== ENCRYPTION_RANDOM_BYTES) {
    throw new RangeError(`${random.length} random bytes were given to encrypt, and ${ENCRYPTION_RANDOM_BYTES} are needed`);
  }
  // What is encrypted goes in as well: were random bytes ever used twice, the keys would still differ.
  const r = hashToScalar('sett/encryption/random/1', random, groupKey, label, sha256(plain));
  const u = multiplyBase(r);
  const secondU = multiply(r, secondGenerator());
  const { key, commitment } = keysOf(multiply(r, groupKey), u);
  const rest = concatBytes(commitment, sealOnce(key, concatBytes(r, plain)));
  return concatBytes(u, secondU, prove(statementOf({ groupKey, label, u, secondU, rest }), r), rest);
}

/** u, of which decryption shares are made. */
export function ephemeralKey(ciphertext: Uint8Array): Uint8Array {
  return ciphertext.subarray(U_AT, SECOND_U_AT);
}

/** Whether these bytes are a ciphertext for this group under this label. Total. */
export function isCiphertext(groupKey: Uint8Array, bytes: Uint8Array, label: Uint8Array): boolean {
  if (bytes.length < ENCRYPTION_OVERHEAD_BYTES) return false;
  const u = ephemeralKey(bytes);
  const secondU = bytes.subarray(SECOND_U_AT, PROOF_AT);
  const rest = bytes.subarray(COMMITMENT_AT);
  return verify(statementOf({ groupKey, label, u, secondU, rest }), bytes.subarray(PROOF_AT, COMMITMENT_AT));
}

/** The plaintext, if `secret` is r·h and the encryptor was honest; undefined otherwise. */
export function open(groupKey: Uint8Array, ciphertext: Uint8Array, secret: Uint8Array): Uint8Array | undefined {
  const u = ephemeralKey(ciphertext);
  const { key, commitment } = keysOf(secret, u);
  if (!equalBytes(commitment, ciphertext.subarray(COMMITMENT_AT, PAYLOAD_AT))) return undefined;
  const opened = openOnce(key, ciphertext.subarray(PAYLOAD_AT));
  const r = opened?.subarray(0, SCALAR_BYTES);
  if (!opened || !r || !isScalar(r) || !equalBytes(multiplyBase(r), u)) return undefined;
  return equalBytes(multiply(r, groupKey), secret) ? opened.subarray(SCALAR_BYTES) : undefined;
}

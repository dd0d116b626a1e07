import { type Ciphertext, ENCRYPTION_RANDOM_BYTES, type ThresholdKeys } from '../crypto/index.ts';
import type { TrustedDealer } from '../node/index.ts';
import { concatBytes, equalBytes, faultyLimit, sha256 } from '../records/index.ts';

/**
 * The ideal body of {@link ThresholdKeys}, for simulations whose number would make real threshold cryptography a matter of days. All
 * producers share one secret, the seed; a share is a hash with it. So the same things fail in the same ways: a bad share does not
 * verify, makes shares inconsistent and spoils what is combined from it; a ciphertext is one under its own label only. Nothing here hides
 * anything from who looks: adversaries of the simulation see coins and plaintexts only through what is sent.
 */

const HASH_BYTES = 32;
const HEADER_BYTES = 2 * HASH_BYTES + 1;
/** Place of the flag that an encryptor sets who makes a ciphertext that opens to nothing. */
const FLAG_AT = 2 * HASH_BYTES;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export class IdealKeys implements ThresholdKeys {
  readonly producers: number;
  readonly faultyLimit: number;
  readonly index: number;
  readonly #seed: Uint8Array;

  constructor(producers: number, index: number, seed: Uint8Array) {
    this.producers = producers;
    this.faultyLimit = faultyLimit(producers);
    this.index = index;
    this.#seed = seed;
  }

  coinShare(name: Uint8Array): Uint8Array {
    return this.#hash('coin share', name, Uint8Array.of(this.index));
  }

  verifyCoinShare(name: Uint8Array, index: number, share: Uint8Array): boolean {
    return index < this.producers && equalBytes(share, this.#hash('coin share', name, Uint8Array.of(index)));
  }

  areCoinSharesConsistent(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    if (shares.size < this.producers - this.faultyLimit) return false;
    return [...shares].every(([index, share]) => this.verifyCoinShare(name, index, share));
  }

  combineCoin(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    if (shares.size <= this.faultyLimit) throw new RangeError('too few coin shares are combined');
    const isGood = [...shares].every(([index, share]) => this.verifyCoinShare(name, index, share));
    // Unchecked bad shares give something, and not the same to everybody.
    const value = isGood ? this.#hash('coin', name) : sha256(concatBytes(name, ...shares.values()));
    return ((value[0] as number) & 1) === 1;
  }

  encrypt(plain: Uint8Array, label: Uint8Array, random: Uint8Array): Uint8Array {
    return this.seal(plain, label, random, false);
  }

  /** As a faulty producer may: `isUnreadable` makes a ciphertext whose proof holds and that opens to nothing. */
  seal(plain: Uint8Array, label: Uint8Array, random: Uint8Array, isUnreadable: boolean): Uint8Array {
    if (random.length !== ENCRYPTION_RANDOM_BYTES) throw new RangeError(`${random.length} random bytes`);
    const once = sha256(random);
    const flag = Uint8Array.of(isUnreadable ? 1 : 0);
    return concatBytes(once, this.#hash('ciphertext', label, once, flag, plain), flag, plain);
  }

  readCiphertext(bytes: Uint8Array, label: Uint8Array): Ciphertext | undefined {
    if (bytes.length < HEADER_BYTES) return undefined;
    const once = bytes.subarray(0, HASH_BYTES);
    const flag = bytes.subarray(FLAG_AT, HEADER_BYTES);
    const proof = this.#hash('ciphertext', label, once, flag, bytes.subarray(HEADER_BYTES));
    return equalBytes(proof, bytes.subarray(HASH_BYTES, FLAG_AT)) ? { bytes, label } : undefined;
  }

  decryptionShare(ciphertext: Ciphertext): Uint8Array {
    return this.#decryptionShare(ciphertext, this.index);
  }

  verifyDecryptionShare(ciphertext: Ciphertext, index: number, share: Uint8Array): boolean {
    return index < this.producers && equalBytes(share, this.#decryptionShare(ciphertext, index));
  }

  decrypt(ciphertext: Ciphertext, shares: ReadonlyMap<number, Uint8Array>): { plain: Uint8Array } | 'bad-shares' | 'unreadable' {
    if (shares.size <= this.faultyLimit) throw new RangeError('too few decryption shares are combined');
    const chosen = [...shares].sort(([a], [b]) => a - b).slice(0, this.faultyLimit + 1);
    if (!chosen.every(([index, share]) => this.verifyDecryptionShare(ciphertext, index, share))) return 'bad-shares';
    return ciphertext.bytes[FLAG_AT] === 1 ? 'unreadable' : { plain: ciphertext.bytes.subarray(HEADER_BYTES) };
  }

  #decryptionShare({ bytes }: Ciphertext, index: number): Uint8Array {
    return this.#hash('decryption share', bytes.subarray(HASH_BYTES, FLAG_AT), Uint8Array.of(index));
  }

  #hash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
    const lengths = parts.map(({ length }) => length).join(',');
    return sha256(concatBytes(this.#seed, utf8(`/${tag}/${lengths}/`), ...parts));
  }
}

/** Keys of all producers of a set. */
export const idealKeys = (producers: number, seed: Uint8Array): IdealKeys[] =>
  Array.from({ length: producers }, (_, index) => new IdealKeys(producers, index, seed));

const SIGNATURE_BYTES = 65;

/** Signatures of the same kind: only who has the seed makes them. */
export class IdealSignatures {
  readonly #seed: Uint8Array;

  constructor(seed: Uint8Array) {
    this.#seed = seed;
  }

  sign(producer: number, hash: Uint8Array): Uint8Array {
    const signature = new Uint8Array(SIGNATURE_BYTES);
    signature.set(sha256(concatBytes(this.#seed, utf8(`/signature/${producer}/`), hash)));
    return signature;
  }

  verify(producer: number, hash: Uint8Array, signature: Uint8Array): boolean {
    return equalBytes(signature, this.sign(producer, hash));
  }
}

/** Who has dealt these keys to the producers of each configuration, for a world's `trustedDealer`. */
export const idealDealer: TrustedDealer = (groupId, nonce, producers, index) =>
  idealKeys(producers, new TextEncoder().encode(`${groupId}/${nonce}`))[index];

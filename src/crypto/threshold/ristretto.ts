import { equalBytes, faultyLimit, LIMITS, quorum } from '../../records/index.ts';
import * as encryption from './encryption.ts';
import { hashToElement, isElement, isIdentity, isScalar, multiplyBase, sumOfProducts, taggedHash } from './group.ts';
import { coefficientsAtZero, dualCodeWord } from './polynomial.ts';
import { makeShare, SHARE_BYTES, shareElement, verifyShare } from './proofs.ts';
import type { Ciphertext, ThresholdKeys } from './types.ts';

/** What key generation gives the producers of a set, and everyone who reads its bundle. */
export interface PublicKeys {
  /** x·G, where x is what the producers share. */
  readonly groupKey: Uint8Array;
  /** For each producer, by index, share·G. */
  readonly verificationKeys: readonly Uint8Array[];
}

const COIN_TAG = 'sett/coin/share/1';
const DECRYPTION_TAG = 'sett/decryption/share/1';

/** On ristretto255. Needs `initThreshold`. */
export class RistrettoKeys implements ThresholdKeys {
  readonly producers: number;
  readonly faultyLimit: number;
  readonly index: number;
  readonly #groupKey: Uint8Array;
  readonly #verificationKeys: readonly Uint8Array[];
  readonly #secret: Uint8Array;

  /** `secret`: the share of producer `index`, a scalar. Throws RangeError for keys that are none or do not belong together. */
  constructor(keys: PublicKeys, index: number, secret: Uint8Array) {
    const { groupKey, verificationKeys } = keys;
    const own = verificationKeys[index];
    if (verificationKeys.length < 2 || verificationKeys.length > LIMITS.producers || own === undefined) {
      throw new RangeError(
        `threshold keys are for 2 to ${LIMITS.producers} producers, not for number ${index} of ${verificationKeys.length}`,
      );
    }
    if (![groupKey, ...verificationKeys].every(isElement)) throw new RangeError('a threshold key is not an element of the group');
    if (!isScalar(secret) || !equalBytes(multiplyBase(secret), own)) {
      throw new RangeError(`the secret share is not the one of producer ${index}`);
    }
    this.producers = verificationKeys.length;
    this.faultyLimit = faultyLimit(this.producers);
    this.index = index;
    this.#groupKey = groupKey;
    this.#verificationKeys = verificationKeys;
    this.#secret = secret;
  }

  coinShare(name: Uint8Array): Uint8Array {
    return makeShare(COIN_TAG, this.#secret, this.#keyOf(this.index) as Uint8Array, coinBase(name));
  }

  verifyCoinShare(name: Uint8Array, index: number, share: Uint8Array): boolean {
    const key = this.#keyOf(index);
    return key !== undefined && verifyShare(COIN_TAG, share, key, coinBase(name));
  }

  areCoinSharesConsistent(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    // Of fewer than N−f, those of honest producers would not determine the polynomial: its agreeing would prove nothing.
    if (shares.size < quorum(this.producers)) return false;
    const sorted = [...shares].sort(([left], [right]) => left - right);
    if (!sorted.every(([index, share]) => this.#keyOf(index) && share.length === SHARE_BYTES && isElement(shareElement(share)))) {
      return false;
    }
    const seed = taggedHash('sett/coin/test/1', name, ...sorted.flatMap(([index, share]) => [Uint8Array.of(index), share]));
    const indices = sorted.map(([index]) => index);
    const elements = sorted.map(([, share]) => shareElement(share));
    return isIdentity(sumOfProducts(dualCodeWord(indices, this.faultyLimit, seed), elements));
  }

  combineCoin(name: Uint8Array, shares: ReadonlyMap<number, Uint8Array>): boolean {
    const value = this.#combine(this.#chosen(shares));
    if (value === undefined) throw new RangeError('coin shares are combined that were not checked');
    return ((taggedHash('sett/coin/value/1', name, value)[0] as number) & 1) === 1;
  }

  encrypt(plain: Uint8Array, label: Uint8Array, random: Uint8Array): Uint8Array {
    return encryption.encrypt(this.#groupKey, plain, label, random);
  }

  readCiphertext(bytes: Uint8Array, label: Uint8Array): Ciphertext | undefined {
    return encryption.isCiphertext(this.#groupKey, bytes, label) ? { bytes, label } : undefined;
  }

  decryptionShare(ciphertext: Ciphertext): Uint8Array {
    const base = encryption.ephemeralKey(ciphertext.bytes);
    return makeShare(DECRYPTION_TAG, this.#secret, this.#keyOf(this.index) as Uint8Array, base);
  }

  verifyDecryptionShare(ciphertext: Ciphertext, index: number, share: Uint8Array): boolean {
    const key = this.#keyOf(index);
    return key !== undefined && verifyShare(DECRYPTION_TAG, share, key, encryption.ephemeralKey(ciphertext.bytes));
  }

  decrypt(ciphertext: Ciphertext, shares: ReadonlyMap<number, Uint8Array>): { plain: Uint8Array } | 'bad-shares' | 'unreadable' {
    const chosen = this.#chosen(shares);
    const secret = this.#combine(chosen);
    const plain = secret && encryption.open(this.#groupKey, ciphertext.bytes, secret);
    if (plain) return { plain };
    // What the encryptor committed to is its own word: only valid shares say whose fault this is.
    const valid = chosen.every(([index, share]) => this.verifyDecryptionShare(ciphertext, index, share));
    return valid ? 'unreadable' : 'bad-shares';
  }

  /** Undefined for what is not an index. */
  #keyOf(index: number): Uint8Array | undefined {
    return this.#verificationKeys[index];
  }

  /** f + 1 shares: those of the lowest indices. */
  #chosen(shares: ReadonlyMap<number, Uint8Array>): [number, Uint8Array][] {
    if (shares.size <= this.faultyLimit)
      throw new RangeError(`${shares.size} shares are combined, and ${this.faultyLimit + 1} are needed`);
    return [...shares].sort(([left], [right]) => left - right).slice(0, this.faultyLimit + 1);
  }

  /** secret · base from shares of it; undefined if they are not shares of anything. */
  #combine(chosen: readonly [number, Uint8Array][]): Uint8Array | undefined {
    const elements = chosen.map(([, share]) => shareElement(share));
    if (!chosen.every(([index]) => this.#keyOf(index)) || !elements.every(isElement)) return undefined;
    return sumOfProducts(coefficientsAtZero(chosen.map(([index]) => index)), elements);
  }
}

function coinBase(name: Uint8Array): Uint8Array {
  return hashToElement('sett/coin/base/1', name);
}

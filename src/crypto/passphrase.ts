import { scrypt } from '@noble/hashes/scrypt.js';

/** Keys from passphrases: scrypt (RFC 7914), within bounds, since the parameters of a file are whoever's who made it. */

export interface ScryptParameters {
  /** Cost: a power of two. */
  readonly n: number;
  /** Block size. */
  readonly r: number;
  /** Parallelism. */
  readonly p: number;
  readonly salt: Uint8Array;
}

export type ScryptCost = Omit<ScryptParameters, 'salt'>;

/** What new files use: 128 MiB and, on a slow machine, a second. */
export const SCRYPT_COST = { n: 2 ** 17, r: 8, p: 1 } as const;

const SCRYPT_LIMITS = {
  /** Less protects nothing. */
  minN: 2 ** 10,
  /** 128 · n · r: what the usual wallets take at most, and a tab has. */
  memoryBytes: 256 * 1024 * 1024,
  /** n · r · p: four times that of new files. */
  work: 2 ** 22,
  saltBytes: { min: 8, max: 64 },
} as const;

/** What is wrong with the parameters of a file, as half a sentence; undefined if they are within bounds. Checked before anything is computed. */
export function flawOfScrypt({ n, r, p, salt }: ScryptParameters): string | undefined {
  if (![n, r, p].every((number) => Number.isSafeInteger(number) && number >= 1))
    return 'its scrypt parameters are no whole numbers';
  if (n < SCRYPT_LIMITS.minN || !Number.isInteger(Math.log2(n)))
    return `its scrypt cost is no power of two from ${SCRYPT_LIMITS.minN} on`;
  if (128 * n * r > SCRYPT_LIMITS.memoryBytes || 128 * r * p > SCRYPT_LIMITS.memoryBytes)
    return 'its scrypt parameters ask for too much memory';
  if (n * r * p > SCRYPT_LIMITS.work) return 'its scrypt parameters ask for too much work';
  if (salt.length < SCRYPT_LIMITS.saltBytes.min || salt.length > SCRYPT_LIMITS.saltBytes.max)
    return 'its salt is too short or too long';
  return undefined;
}

/** `length` bytes; what is asked for beyond 32 leaves the first 32 as they are. Throws RangeError for parameters out of bounds. */
export function deriveKey(passphrase: string, parameters: ScryptParameters, length: number): Uint8Array {
  const flaw = flawOfScrypt(parameters);
  if (flaw !== undefined) throw new RangeError(flaw);
  const { n, r, p, salt } = parameters;
  // One text has one form, whichever keyboard it was typed on.
  return scrypt(new TextEncoder().encode(passphrase.normalize('NFKC')), salt, {
    N: n,
    r,
    p,
    dkLen: length,
    maxmem: 2 * SCRYPT_LIMITS.memoryBytes,
  });
}

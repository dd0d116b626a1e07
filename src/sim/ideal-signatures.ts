import type { SignatureScheme } from '../crypto/index.ts';
import { concatBytes, sha256, toHex } from '../records/index.ts';

/** Of the second half, as low as a signature's `s` must be. */
const LOW_BITS = 0x3f;
const HALF_BYTES = 32;
const SIGNATURE_BYTES = 65;

/**
 * The ideal body of signatures, for simulations: a signature is a hash with the secret, and good if it was made here. So it binds the same things as a
 * real one, nobody makes one without the secret, and a changed one is nobody's. What it knows, it forgets with the run. Keys are the real ones.
 */
export function idealSignatures(real: SignatureScheme): SignatureScheme {
  const publicKeys = new Map<string, Uint8Array>();
  /** Signature and hash → the signer's public key. */
  const made = new Map<string, Uint8Array>();
  const publicKey = (secret: Uint8Array): Uint8Array => {
    const name = toHex(secret);
    const key = publicKeys.get(name) ?? real.publicKey(secret);
    publicKeys.set(name, key);
    return key;
  };
  return {
    publicKey,
    sign: (hash, secret) => {
      const signature = new Uint8Array(SIGNATURE_BYTES);
      const first = sha256(concatBytes(secret, hash));
      const second = sha256(first);
      second[0] = (second[0] as number) & LOW_BITS;
      signature.set(first);
      signature.set(second, HALF_BYTES);
      made.set(nameOf(signature.subarray(0, 2 * HALF_BYTES), 0, hash), publicKey(secret));
      return signature;
    },
    recover: (signature64, recovery, hash) => made.get(nameOf(signature64, recovery, hash)),
  };
}

const nameOf = (signature64: Uint8Array, recovery: number, hash: Uint8Array): string =>
  `${toHex(signature64)}${recovery}${toHex(hash)}`;

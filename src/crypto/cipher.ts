import { gcm } from '@noble/ciphers/aes.js';
import { concatBytes } from '../records/index.ts';

/** The form in which a group's key seals bytes: 12-byte nonce ‖ AES-256-GCM ciphertext and tag. Synchronous, for the core. */

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What sealing adds to the length of its input. */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/** Seals `plain`. `nonce` is 12 bytes that were never used with this key: random ones. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(nonce, gcm(key, nonce).encrypt(plain));
}

/** Total: undefined for what was not sealed with this key, or was changed since. */
export function openBytes(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (key.length !== KEY_BYTES || sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
  try {
    return gcm(key, sealed.subarray(0, NONCE_BYTES)).decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}

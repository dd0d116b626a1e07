import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { createSHA256, type IHasher } from 'hash-wasm';

let hasher: IHasher | undefined;

/** Loads the WebAssembly hasher. Until then, and where WebAssembly is not to be had, {@link sha256} gives the same hashes more slowly. */
export async function initHash(): Promise<void> {
  hasher ??= await createSHA256();
}

/** SHA-256, 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return hasher === undefined ? nobleSha256(data) : hasher.init().update(data).digest('binary');
}

/** HMAC with SHA-256, 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, data);
}

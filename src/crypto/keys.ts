// The module itself, not the package's entry: that one also starts four hash functions and a compiler on import.
import { instantiateSecp256k1 } from '@bitauth/libauth/build/lib/crypto/secp256k1.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { equalBytes, fromBase64Url, initHash, isPublicKey, toBase64Url, toHex } from '../records/index.ts';

/**
 * Keys and signatures: secp256k1, public keys as 33-byte compressed points in base64url, signatures of 65 bytes `r‖s‖v` over a 32-byte
 * hash. Checking goes through WebAssembly, recovering the key and comparing it with the claimed one (a plain check would ignore `v`);
 * signing goes through @noble/curves, so that no secret enters the older build.
 */

/** What makes signatures and checks them. Hashes and secrets are 32 bytes, keys compressed points, signatures `r‖s‖v`. */
export interface SignatureScheme {
  publicKey(secret: Uint8Array): Uint8Array;
  sign(hash: Uint8Array, secret: Uint8Array): Uint8Array;
  /** The key that made the signature (`r‖s`, and `v`); undefined: none did. */
  recover(signature64: Uint8Array, recovery: number, hash: Uint8Array): Uint8Array | undefined;
}

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
const COMPACT_BYTES = 64;
const SCALAR_BYTES = 32;
const COMPRESSED_BYTES = 33;

/** (n − 1) / 2 for the order n of secp256k1: a larger `s` is refused, for (r, n − s) would be a second signature of the same. */
const HALF_ORDER = Uint8Array.from([
  0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57,
  0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
]);

const realScheme: SignatureScheme = {
  publicKey: (secret) => secp256k1.getPublicKey(secret, true),
  sign: signSecp256k1,
  recover: recoverSlowly,
};
let scheme = realScheme;
let started: Promise<void> | undefined;

/**
 * Loads the WebAssembly parts (hash and signature check); needs no more than `'wasm-unsafe-eval'` of a Content Security Policy. Everything
 * in this folder also works before, and where this rejects: three to nine times slower. Calling it again waits for the same load.
 */
export function initCrypto(): Promise<void> {
  started ??= load();
  return started;
}

async function load(): Promise<void> {
  const [wasm] = await Promise.all([instantiateSecp256k1(), initHash()]);
  realScheme.recover = (signature64, recovery, hash) => {
    const key = wasm.recoverPublicKeyCompressed(signature64, recovery as 0 | 1, hash);
    return typeof key === 'string' ? undefined : key;
  };
}

/** For simulations only: signatures of another kind from here on; without one, the real ones again. */
export function replaceSignatures(replacement?: (real: SignatureScheme) => SignatureScheme): void {
  scheme = replacement?.(realScheme) ?? realScheme;
}

function recoverSlowly(signature64: Uint8Array, recovery: number, hash: Uint8Array): Uint8Array | undefined {
  const recovered = new Uint8Array(SIGNATURE_BYTES);
  recovered[0] = recovery;
  recovered.set(signature64, 1);
  try {
    return secp256k1.recoverPublicKey(recovered, hash, { prehash: false });
  } catch {
    return undefined;
  }
}

/** Whether `secret` is a secret key: 32 bytes, a number from 1 to the group's order less one. */
export function isValidSecret(secret: Uint8Array): boolean {
  return secret.length === SCALAR_BYTES && secp256k1.utils.isValidSecretKey(secret);
}

/** The public key of a valid secret, in base64url. */
export function publicKeyOf(secret: Uint8Array): string {
  return toBase64Url(scheme.publicKey(secret));
}

/** Signs a 32-byte hash: `r‖s‖v`, low `s`, the same every time (RFC 6979). The secret must be valid. */
export function signHash(hash: Uint8Array, secret: Uint8Array): Uint8Array {
  return scheme.sign(hash, secret);
}

function signSecp256k1(hash: Uint8Array, secret: Uint8Array): Uint8Array {
  const recovered = secp256k1.sign(hash, secret, { prehash: false, lowS: true, format: 'recovered' });
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(recovered.subarray(1));
  signature[COMPACT_BYTES] = recovered[0] as number;
  return signature;
}

/** Whether `signature` is the owner of `pubkey`'s over `hash`. Total: false for whatever is not of the right form. */
export function verifyHash(hash: Uint8Array, signature: Uint8Array, pubkey: string): boolean {
  if (hash.length !== HASH_BYTES || signature.length !== SIGNATURE_BYTES || !isPublicKey(pubkey)) return false;
  const recovery = signature[COMPACT_BYTES] as number;
  if (recovery > 1 || !isLow(signature)) return false;
  const claimed = fromBase64Url(pubkey);
  const key = scheme.recover(signature.subarray(0, COMPACT_BYTES), recovery, hash);
  return claimed !== undefined && key !== undefined && key.length === COMPRESSED_BYTES && equalBytes(key, claimed);
}

/** Whether `s` of a signature is at most half the order. */
function isLow(signature: Uint8Array): boolean {
  for (let index = 0; index < SCALAR_BYTES; index++) {
    const difference = (signature[SCALAR_BYTES + index] as number) - (HALF_ORDER[index] as number);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Ethereum address of a public key with its checksum in letter case (EIP-55); undefined if the key is no point of the curve. */
export function ethAddress(pubkey: string): string | undefined {
  const compressed = isPublicKey(pubkey) ? fromBase64Url(pubkey) : undefined;
  if (compressed === undefined) return undefined;
  let uncompressed: Uint8Array;
  try {
    uncompressed = secp256k1.Point.fromBytes(compressed).toBytes(false);
  } catch {
    return undefined;
  }
  const address = toHex(keccak_256(uncompressed.subarray(1)).subarray(-20));
  const checksum = toHex(keccak_256(new TextEncoder().encode(address)));
  let text = '0x';
  for (let index = 0; index < address.length; index++) {
    const digit = address[index] as string;
    text += Number.parseInt(checksum[index] as string, 16) >= 8 ? digit.toUpperCase() : digit;
  }
  return text;
}

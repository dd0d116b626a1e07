import type sodiumModule from 'libsodium-wrappers-sumo';
import { concatBytes } from '../../records/index.ts';
import { Curve } from './curve.ts';

/**
 * The group ristretto255 (RFC 9496): prime order, no cofactor, each element of one encoding. Elements and scalars are kept as their 32 bytes
 * (scalars little-endian), as libsodium takes them. Whatever touches a secret goes through libsodium, which computes in constant time; it
 * neither checks that a scalar is below the order of the group nor gives the identity as a result: both is done here. Sums of products of
 * public values go through a kernel of our own (`curve.ts`).
 */

type Sodium = typeof sodiumModule;

export const ELEMENT_BYTES = 32;
export const SCALAR_BYTES = 32;
/** ℓ = 2²⁵² + 27742317777372353535851937790883648493. */
export const ORDER = (1n << 252n) + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
const ORDER_BYTES = toScalar(ORDER);
/** The neutral element. Nothing that a peer sends may be it. */
export const IDENTITY: Uint8Array = new Uint8Array(ELEMENT_BYTES);

interface Loaded {
  readonly sodium: Sodium;
  readonly curve: Curve;
  /** G. */
  readonly generator: Uint8Array;
}

let parts: Loaded | undefined;
let started: Promise<void> | undefined;

/**
 * Loads libsodium (WebAssembly, about 190 KB compressed, so not with the page); needs no more than `'wasm-unsafe-eval'` of a Content Security
 * Policy. Whoever uses anything of this folder awaits it first; groups of one producer never do. Calling it again waits for the same load.
 */
export function initThreshold(): Promise<void> {
  started ??= load();
  return started;
}

async function load(): Promise<void> {
  const [{ default: sodium }, curve] = await Promise.all([import('libsodium-wrappers-sumo'), Curve.load()]);
  await sodium.ready;
  parts = { sodium, curve, generator: sodium.crypto_scalarmult_ristretto255_base(toScalar(1n)) };
}

function loaded(): Loaded {
  if (parts === undefined) throw new Error('threshold cryptography is used before initThreshold() has finished: await it first');
  return parts;
}

export function generator(): Uint8Array {
  return loaded().generator;
}

/** Whether a peer's bytes are an element other than the identity, in its only encoding. */
export function isElement(bytes: Uint8Array): boolean {
  return bytes.length === ELEMENT_BYTES && !isIdentity(bytes) && loaded().sodium.crypto_core_ristretto255_is_valid_point(bytes);
}

export function isIdentity(element: Uint8Array): boolean {
  return element.every((byte) => byte === 0);
}

/** Whether a peer's bytes are a scalar below the order, in its only encoding. */
export function isScalar(bytes: Uint8Array): boolean {
  if (bytes.length !== SCALAR_BYTES) return false;
  for (let at = SCALAR_BYTES - 1; at >= 0; at--) {
    const difference = (bytes[at] as number) - (ORDER_BYTES[at] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** scalar · element; of elements that were checked. */
export function multiply(scalar: Uint8Array, element: Uint8Array): Uint8Array {
  if (isIdentity(scalar) || isIdentity(element)) return IDENTITY;
  return loaded().sodium.crypto_scalarmult_ristretto255(scalar, element);
}

/** scalar · G, the generator. */
export function multiplyBase(scalar: Uint8Array): Uint8Array {
  return isIdentity(scalar) ? IDENTITY : loaded().sodium.crypto_scalarmult_ristretto255_base(scalar);
}

export function add(left: Uint8Array, right: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_add(left, right);
}

export function subtract(left: Uint8Array, right: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_sub(left, right);
}

/**
 * Σ scalars[i] · elements[i], of public scalars, and of elements that were checked; at most one term per producer. How long it takes
 * depends on the values.
 */
export function sumOfProducts(scalars: readonly Uint8Array[], elements: readonly Uint8Array[]): Uint8Array {
  return loaded().curve.sumOfProducts(scalars, elements);
}

export function negateScalar(scalar: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_scalar_negate(scalar);
}

export function addScalars(left: Uint8Array, right: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_scalar_add(left, right);
}

export function multiplyScalars(left: Uint8Array, right: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_scalar_mul(left, right);
}

/** Of public scalars only: bigints compute in times of their own. */
export function toNumber(scalar: Uint8Array): bigint {
  let digits = '0x';
  for (let at = scalar.length - 1; at >= 0; at--) digits += (scalar[at] as number).toString(16).padStart(2, '0');
  return BigInt(digits);
}

/** Of a number from 0 to the order. */
export function toScalar(value: bigint): Uint8Array {
  const digits = value.toString(16).padStart(2 * SCALAR_BYTES, '0');
  return Uint8Array.from({ length: SCALAR_BYTES }, (_, at) => {
    const start = 2 * (SCALAR_BYTES - 1 - at);
    return Number.parseInt(digits.slice(start, start + 2), 16);
  });
}

/**
 * SHA-512 over a tag and some parts, each with its length before it, so that different lists never hash the same bytes. `tag`: what the
 * hash is for; no two uses share one.
 */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const framed = [new TextEncoder().encode(tag), ...parts].flatMap((part) => [lengthOf(part), part]);
  return loaded().sodium.crypto_hash_sha512(concatBytes(...framed));
}

function lengthOf(part: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return length;
}

/** A scalar that nobody chooses. */
export function hashToScalar(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_scalar_reduce(taggedHash(tag, ...parts));
}

/** An element whose discrete logarithm nobody knows (RFC 9496, 4.3.4). */
export function hashToElement(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return loaded().sodium.crypto_core_ristretto255_from_hash(taggedHash(tag, ...parts));
}

/** XChaCha20-Poly1305 under a key that is used once, hence without a nonce. */
const NO_NONCE = new Uint8Array(24);
export const SEAL_BYTES = 16;

export function sealOnce(key: Uint8Array, plain: Uint8Array): Uint8Array {
  return loaded().sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, null, null, NO_NONCE, key);
}

/** Undefined for what was not sealed with this key. */
export function openOnce(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return loaded().sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, null, NO_NONCE, key);
  } catch {
    return undefined;
  }
}

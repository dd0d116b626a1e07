import { ctr } from '@noble/ciphers/aes.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, equalBytes, fromHex, isJsonObject, toHex } from '../records/index.ts';
import { ethAddress, isValidSecret, publicKeyOf } from './keys.ts';
import type { ScryptParameters } from './passphrase.ts';

/**
 * A signing key under a passphrase in the form that Ethereum's tools read: keystore JSON, version 3 (Web3 Secret Storage Definition), with scrypt and
 * AES-128-CTR. Deriving the key is the caller's: one passphrase may cover many keys.
 */
export interface Keystore {
  readonly version: 3;
  readonly id: string;
  /** The key's Ethereum address in lower case, without `0x`. */
  readonly address: string;
  readonly crypto: {
    readonly cipher: 'aes-128-ctr';
    readonly cipherparams: { readonly iv: string };
    readonly ciphertext: string;
    readonly kdf: 'scrypt';
    readonly kdfparams: { readonly dklen: 32; readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
    readonly mac: string;
  };
}

const SECRET_BYTES = 32;
const IV_BYTES = 16;
const DERIVED_BYTES = 32;

const cipherOf = (derived: Uint8Array, iv: Uint8Array) => ctr(derived.subarray(0, 16), iv);
const macOf = (derived: Uint8Array, ciphertext: Uint8Array) =>
  keccak_256(concatBytes(derived.subarray(16, DERIVED_BYTES), ciphertext));

/** The address as keystores have it. */
export const keystoreAddress = (pubkey: string): string => (ethAddress(pubkey) ?? '').slice(2).toLowerCase();

/** `derived`: the first 32 bytes that the passphrase gives with `scrypt`. `iv`: 16 random bytes. */
export function sealKeystore(
  secret: Uint8Array,
  options: { derived: Uint8Array; scrypt: ScryptParameters; iv: Uint8Array; id: string },
): Keystore {
  const { derived, scrypt, iv, id } = options;
  const ciphertext = cipherOf(derived, iv).encrypt(secret);
  return {
    version: 3,
    id,
    address: keystoreAddress(publicKeyOf(secret)),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: toHex(iv) },
      ciphertext: toHex(ciphertext),
      kdf: 'scrypt',
      kdfparams: { dklen: DERIVED_BYTES, n: scrypt.n, r: scrypt.r, p: scrypt.p, salt: toHex(scrypt.salt) },
      mac: toHex(macOf(derived, ciphertext)),
    },
  };
}

/** What an unknown value says as a keystore; undefined if it is none of this form. Total. */
export function readKeystore(value: unknown): { keystore: Keystore; scrypt: ScryptParameters } | undefined {
  if (!isJsonObject(value) || value.version !== 3 || !isJsonObject(value.crypto)) return undefined;
  const { cipher, cipherparams, ciphertext, kdf, kdfparams, mac } = value.crypto;
  if (cipher !== 'aes-128-ctr' || kdf !== 'scrypt' || !isJsonObject(cipherparams) || !isJsonObject(kdfparams)) return undefined;
  const { n, r, p, dklen, salt } = kdfparams;
  const isSound =
    typeof n === 'number' &&
    typeof r === 'number' &&
    typeof p === 'number' &&
    dklen === DERIVED_BYTES &&
    isHex(salt) &&
    isHex(cipherparams.iv, IV_BYTES) &&
    isHex(ciphertext, SECRET_BYTES) &&
    isHex(mac, DERIVED_BYTES);
  if (!isSound) return undefined;
  const id = typeof value.id === 'string' ? value.id : '';
  const address = typeof value.address === 'string' ? value.address.replace(/^0x/i, '').toLowerCase() : '';
  return {
    keystore: {
      version: 3,
      id,
      address,
      crypto: {
        cipher,
        cipherparams: { iv: cipherparams.iv as string },
        ciphertext,
        kdf,
        kdfparams: { dklen, n, r, p, salt },
        mac,
      },
    },
    scrypt: { n, r, p, salt: fromHex(salt) as Uint8Array },
  };
}

function isHex(value: unknown, length?: number): value is string {
  return (
    typeof value === 'string' &&
    value.length <= 256 &&
    fromHex(value) !== undefined &&
    (length === undefined || value.length === 2 * length)
  );
}

/** The secret; undefined if the passphrase was another or the keystore was changed. Total for what {@link readKeystore} gives. */
export function openKeystore({ crypto }: Keystore, derived: Uint8Array): Uint8Array | undefined {
  const [ciphertext, iv, mac] = [fromHex(crypto.ciphertext), fromHex(crypto.cipherparams.iv), fromHex(crypto.mac)];
  if (!ciphertext || !iv || !mac || !equalBytes(macOf(derived, ciphertext), mac)) return undefined;
  const secret = cipherOf(derived, iv).decrypt(ciphertext);
  return isValidSecret(secret) ? secret : undefined;
}

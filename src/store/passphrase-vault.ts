/** Secrets at rest of a headless node: sealed under a random key, which lies in a file, wrapped under a key that scrypt makes of a passphrase. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import type { Vault } from '../node/ports.ts';

/** First byte of what this vault seals, and its additional data; `vault.ts` has 1. */
const FORMAT = 2;
/** The nonce length that GCM is made for (NIST SP 800-38D, 8.2); drawn at random, safe for 2³² seals under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** 128 MiB and about half a second: what a person waits for once, and who guesses for every guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
/** A file that asks for more memory than this was not made by us. */
const SCRYPT_BYTES_MAX = 1024 * 1024 * 1024;
/** Additional data of the wrapped key. */
const WRAPPING = 'sett vault key';

export const PASSPHRASE_CHARS_MIN = 8;

/** The passphrase is not the one that the key was wrapped under. */
export class WrongPassphraseError extends Error {
  override readonly name = 'WrongPassphraseError';
}

/** The text of a key file that is new: a fresh key, wrapped. */
export async function makeKeyFile(passphrase: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const wrapped = encrypt(await derive(passphrase, salt, SCRYPT), randomBytes(KEY_BYTES), Buffer.from(WRAPPING));
  const file = {
    version: 1,
    kdf: 'scrypt',
    n: SCRYPT.N,
    r: SCRYPT.r,
    p: SCRYPT.p,
    salt: salt.toString('hex'),
    key: wrapped.toString('hex'),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** The vault of a key file. Rejects with {@link WrongPassphraseError}, or an Error if the text is no key file. */
export async function openPassphraseVault(keyFile: string, passphrase: string): Promise<Vault> {
  const { salt, wrapped, parameters } = readKeyFile(keyFile);
  const wrappingKey = await derive(passphrase, salt, parameters);
  let key: Buffer;
  try {
    key = decrypt(wrappingKey, wrapped, Buffer.from(WRAPPING));
  } catch (cause) {
    throw new WrongPassphraseError('The passphrase is wrong.', { cause });
  }
  const format = Buffer.of(FORMAT);
  return {
    seal: async (plain) => Uint8Array.from(Buffer.concat([format, encrypt(key, plain, format)])),
    async open(sealed) {
      if (sealed[0] !== FORMAT) throw new Error('These bytes were not sealed by this vault: restore the keys from a backup.');
      try {
        return Uint8Array.from(decrypt(key, sealed.subarray(1), format));
      } catch (cause) {
        throw new Error('These bytes were changed, or sealed under another key: restore the keys from a backup.', { cause });
      }
    },
  };
}

interface ScryptParameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

function readKeyFile(text: string): { salt: Buffer; wrapped: Buffer; parameters: ScryptParameters } {
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new Error('It is not JSON.', { cause });
  }
  const { version, kdf, n: N, r, p, salt, key } = file ?? {};
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;
  if (version !== 1 || kdf !== 'scrypt' || !isCount(N) || !isCount(r) || !isCount(p) || 128 * N * r * p > SCRYPT_BYTES_MAX) {
    throw new Error('It names no way to make the key that this version knows.');
  }
  if (typeof salt !== 'string' || typeof key !== 'string') throw new Error('Salt or key is missing.');
  return { salt: Buffer.from(salt, 'hex'), wrapped: Buffer.from(key, 'hex'), parameters: { N, r, p } };
}

function derive(passphrase: string, salt: Buffer, parameters: ScryptParameters): Promise<Buffer> {
  // One passphrase is typed in several ways: accents alone or with their letter.
  const text = passphrase.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, KEY_BYTES, { ...parameters, maxmem: 2 * SCRYPT_BYTES_MAX }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Nonce, ciphertext, tag. */
function encrypt(key: Buffer, plain: Uint8Array, additionalData: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Uint8Array, additionalData: Buffer): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('Too short.');
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(
    additionalData,
  );
  decipher.setAuthTag(sealed.subarray(tagAt));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
}

import { x25519 } from '@noble/curves/ed25519.js';
import { bech32 } from '@scure/base';

/** X25519 keys in the form of age v1 (the file format of private groups): synchronous, for the core. */

const IDENTITY_PREFIX = 'age-secret-key-';
const RECIPIENT_PREFIX = 'age';
const KEY_BYTES = 32;

/** The identity (`AGE-SECRET-KEY-1…`) whose X25519 secret is `secret`, 32 bytes. It is itself a secret. */
export function ageIdentityFromSecret(secret: Uint8Array): string {
  if (secret.length !== KEY_BYTES) throw new RangeError(`an age identity has ${KEY_BYTES} bytes`);
  return bech32.encodeFromBytes(IDENTITY_PREFIX, secret).toUpperCase();
}

/** The recipient (`age1…`) of an identity. Throws for a text that is no identity. */
export function ageRecipientOf(identity: string): string {
  const { prefix, bytes } = bech32.decodeToBytes(identity);
  if (prefix !== IDENTITY_PREFIX || bytes.length !== KEY_BYTES) throw new TypeError('not an age identity');
  return bech32.encodeFromBytes(RECIPIENT_PREFIX, x25519.getPublicKey(bytes));
}

/** Whether `text` has the form of an X25519 recipient, checksum included. */
export function isAgeRecipient(text: string): boolean {
  const decoded = bech32.decodeUnsafe(text as `${string}1${string}`);
  return (
    decoded !== undefined && decoded.prefix === RECIPIENT_PREFIX && bech32.fromWordsUnsafe(decoded.words)?.length === KEY_BYTES
  );
}

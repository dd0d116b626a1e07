import { StoreError, type Vault } from '../node/ports.ts';
import { type Connection, putIfAbsent, withConnection } from './connection.ts';
import { VAULT_OBJECT_STORE } from './migrations.ts';

/**
 * The form of sealed bytes: 0x01, 12 bytes of nonce, then AES-256-GCM ciphertext with its 16 bytes of tag; the first byte is also
 * the additional data. Other first bytes are kept for other ways to come by the key, such as a passphrase.
 */
const BROWSER_KEY_FORMAT = 1;
/** The nonce length that GCM is made for (NIST SP 800-38D, 8.2); drawn at random, safe for 2³² seals under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A vault whose key belongs to this browser: WebCrypto made it non-extractable, so that a copy of the profile's files does not open
 * it. It does not protect from code that runs in this origin. The key is made on first use and lies in the profile's database,
 * under its name beside the tables. Rejects with {@link StoreError}.
 */
export async function openBrowserVault(databaseName: string): Promise<Vault> {
  if (!globalThis.crypto?.subtle) {
    throw new StoreError(
      'failed',
      'This page cannot keep secrets on an insecure origin: open it over https, or from this machine.',
    );
  }
  const key = await withConnection(databaseName, loadOrMakeKey);
  return {
    async seal(plain) {
      const format = Uint8Array.of(BROWSER_KEY_FORMAT);
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const ciphertext = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv: nonce, additionalData: format },
        key,
        plain as Uint8Array<ArrayBuffer>,
      );
      const sealed = new Uint8Array(1 + NONCE_BYTES + ciphertext.byteLength);
      sealed.set(format);
      sealed.set(nonce, 1);
      sealed.set(new Uint8Array(ciphertext), 1 + NONCE_BYTES);
      return sealed;
    },
    async open(sealed) {
      if (sealed[0] !== BROWSER_KEY_FORMAT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) {
        throw new Error('These bytes were not sealed by this browser’s key: restore the keys from a backup.');
      }
      const [format, nonce, ciphertext] = [sealed.slice(0, 1), sealed.slice(1, 1 + NONCE_BYTES), sealed.slice(1 + NONCE_BYTES)];
      try {
        return new Uint8Array(
          await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: format }, key, ciphertext),
        );
      } catch (error) {
        throw new Error('These bytes were changed, or sealed by another browser’s key: restore the keys from a backup.', {
          cause: error,
        });
      }
    },
  };
}

const KEY_NAME = 'browser';

async function loadOrMakeKey(connection: Connection): Promise<CryptoKey> {
  // Nothing asynchronous of WebCrypto may run inside a transaction, so the key is there before it is known whether it is needed.
  const stored = await connection.use((database) => database.get(VAULT_OBJECT_STORE, KEY_NAME));
  if (stored) return stored;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return putIfAbsent(connection, VAULT_OBJECT_STORE, KEY_NAME, made);
}

/** Ids, keys and bytes as text, and the order of keys. Readers of text return undefined for what is not exactly of their form. */

const HEX_DIGITS = '0123456789abcdef';
const HEX = /^(?:[0-9a-f]{2})*$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Not a character of the alphabet. */
const NONE = 0xff;

/** A compressed point of secp256k1. */
export const PUBLIC_KEY_BYTES = 33;
const PUBLIC_KEY_CHARS = 44;

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (HEX_DIGITS[byte >> 4] as string) + HEX_DIGITS[byte & 15];
  return text;
}

export function fromHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

/** A UUID of version 4 from 16 random bytes. */
export function uuidFromBytes(random16: Uint8Array): string {
  const bytes = random16.slice();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidToText(bytes);
}

/** 16 bytes in the text form of a UUID, whatever its version. */
export function uuidToText(bytes: Uint8Array): string {
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Whether `text` is a UUID in lower case, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function uuidToBytes(uuid: string): Uint8Array | undefined {
  return isUuid(uuid) ? fromHex(uuid.replaceAll('-', '')) : undefined;
}

/** Base64 with the URL alphabet, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes, BASE64_URL);
}

/** Only the one text that {@link toBase64Url} makes of some bytes is read, so that equal bytes have equal texts. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  return decodeBase64(text, BASE64_URL_VALUES);
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return encodeBase64(bytes, BASE64) + '='.repeat((3 - (bytes.length % 3)) % 3);
}

/** Only the one text that {@link toBase64} makes of some bytes is read. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decodeBase64(padding === 0 ? text : text.slice(0, -padding), BASE64_VALUES);
}

/** Whether `text` has the form of a public key. Whether it is a point of the curve is crypto's to say. */
export function isPublicKey(text: string): boolean {
  if (text.length !== PUBLIC_KEY_CHARS) return false;
  const first = fromBase64Url(text)?.[0];
  return first === 2 || first === 3;
}

/** Order of bytes as of unsigned numbers, a prefix before what it begins: negative, 0 or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * Ascending order of public keys by their bytes (not by their text, whose alphabet orders otherwise). A total order over all strings:
 * what is not base64url comes last, by its characters.
 */
export function comparePubkeys(a: string, b: string): number {
  if (a === b) return 0;
  const bytesA = fromBase64Url(a);
  const bytesB = fromBase64Url(b);
  if (bytesA !== undefined && bytesB !== undefined) return compareBytes(bytesA, bytesB);
  if (bytesA !== undefined || bytesB !== undefined) return bytesA !== undefined ? -1 : 1;
  return a < b ? -1 : 1;
}

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => joinBytes(parts);

/** For any number of parts: a call takes some ten thousand arguments only, how many depends on the engine. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Not in constant time: for public values. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

const BASE64_VALUES = valuesOf(BASE64);
const BASE64_URL_VALUES = valuesOf(BASE64_URL);

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(NONE);
  for (let index = 0; index < alphabet.length; index++) values[alphabet.charCodeAt(index)] = index;
  return values;
}

function encodeBase64(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[(bits >> held) & 63];
    }
  }
  return held > 0 ? text + alphabet[(bits << (6 - held)) & 63] : text;
}

function decodeBase64(text: string, values: Uint8Array): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? NONE;
    if (value === NONE) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
    }
  }
  // Bits past the last byte must be zero, or two texts would mean the same bytes.
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
}

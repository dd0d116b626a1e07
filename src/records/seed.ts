import { blockHash } from './hashes.ts';
import { fromBase64Url, isPublicKey, toBase64Url, uuidToBytes, uuidToText } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Block } from './schema.ts';
import { SeedError, type SeedErrorCode } from './seed-error.ts';

/**
 * The seed URL of a group: `rum://seed?v=1&e=0&n=0&c=…&g=…&k=…&s=…&t=…&a=…&y=…&u=…`, which is all that joining takes. It also
 * arrives inside a page link (`https://host/#/join/<percent-encoded seed>`) or through the `web+rum:` protocol handler.
 * The cipher key in it is a secret of the group's members.
 */
export interface Seed {
  readonly version: 1;
  readonly encryption: 'public' | 'private';
  readonly consensus: 'poa';
  /** 32 bytes. */
  readonly cipherKey: Uint8Array;
  readonly groupId: string;
  readonly ownerPubkey: string;
  /** 65 bytes: the genesis block's `ProducerSign`. */
  readonly signature: Uint8Array;
  readonly genesisTimeNs: bigint;
  readonly groupName: string;
  readonly appKey: string;
  /** Where a node or bootstrap of this group answers. Hostile until checked: see `wire.md`. */
  readonly urls: readonly string[];
}

const CIPHER_KEY_BYTES = 32;
const GROUP_ID_BYTES = 16;
const SIGNATURE_BYTES = 65;
const TIME_BYTES = 8;
/** A link may hold a `web+rum:` address that holds a seed: more layers than that nobody makes. */
const MAX_WRAPPINGS = 3;

const PAGE_LINK = /^https?:\/\/[^#]*#\/?join\/(.*)$/is;
const HANDLER_LINK = /^web\+rum:(?:\/\/)?(.*)$/is;
const SEED_URL = /^(?:rum:(?:\/\/)?)?seed\/?\?(.*)$/is;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What each part of a seed is called in sentences. */
const PART_NAMES = {
  v: 'version (v)',
  e: 'encryption (e)',
  n: 'consensus (n)',
  c: 'cipher key (c)',
  g: 'group id (g)',
  k: "owner's public key (k)",
  s: 'signature (s)',
  t: 'genesis time (t)',
  a: 'group name (a)',
  y: 'app key (y)',
} as const;
type Part = keyof typeof PART_NAMES;

/** Reads a seed in any of its forms, surrounding blanks aside. Throws {@link SeedError}. Whether its signature is good: `verifySeed`. */
export function parseSeed(text: string): Seed {
  const query = unwrap(text);
  const parts = readQuery(query);
  const part = (name: Part): string => {
    const value = parts.get(name);
    if (value === undefined || value === '')
      fail('missing-part', `The ${PART_NAMES[name]} is missing. Copy the whole seed.`, name);
    return value;
  };

  const version = part('v');
  if (version !== '1') fail('bad-version', `The seed is of version ${quote(version)}; only version 1 is known here.`, 'v');
  const encryption = part('e');
  if (encryption !== '0' && encryption !== '1') fail('bad-encryption', 'The encryption (e) must be 0 or 1.', 'e');
  const consensus = part('n');
  if (consensus === '1') fail('unsupported-consensus', 'This group uses proof of stake (n=1), which is not supported.', 'n');
  if (consensus !== '0') fail('bad-consensus', 'The consensus (n) must be 0.', 'n');
  const cipherKey = bytesOf('c', part('c'), CIPHER_KEY_BYTES, 'bad-cipher-key');
  const groupId = uuidToText(bytesOf('g', part('g'), GROUP_ID_BYTES, 'bad-group-id'));
  const ownerPubkey = part('k');
  if (!isPublicKey(ownerPubkey)) fail('bad-owner-key', "The owner's public key (k) is not a compressed key in base64url.", 'k');
  const signature = bytesOf('s', part('s'), SIGNATURE_BYTES, 'bad-signature');
  const genesisTimeNs = timeOf(part('t'));
  const groupName = textOf('a', part('a'), LIMITS.groupNameMaxChars, 'bad-group-name');
  const appKey = textOf('y', part('y'), LIMITS.appKeyMaxChars, 'bad-app-key');
  const urls = (parts.get('u') ?? '')
    .split('|')
    .filter((url) => url !== '')
    .map((url) => (HAS_SCHEME.test(url) ? url : `https://${url}`));
  return {
    version: 1,
    encryption: encryption === '0' ? 'public' : 'private',
    consensus: 'poa',
    cipherKey,
    groupId,
    ownerPubkey,
    signature,
    genesisTimeNs,
    groupName,
    appKey,
    urls,
  };
}

/** The seed URL. Throws {@link SeedError} for a group id that is no UUID, and for what {@link parseSeed} would not read back. */
export function formatSeed(seed: Seed): string {
  const groupId = uuidToBytes(seed.groupId);
  if (groupId === undefined) fail('bad-group-id', 'The group id is not a UUID.', 'g');
  const text =
    `rum://seed?v=1&e=${seed.encryption === 'public' ? 0 : 1}&n=0&c=${toBase64Url(seed.cipherKey)}&g=${toBase64Url(groupId)}` +
    `&k=${seed.ownerPubkey}&s=${toBase64Url(seed.signature)}&t=${toBase64Url(timeBytes(seed.genesisTimeNs))}` +
    `&a=${encodeURIComponent(seed.groupName)}&y=${encodeURIComponent(seed.appKey)}` +
    // The list is decoded before it is split, so a bar inside a URL must be escaped once more.
    `&u=${seed.urls.map((url) => encodeURIComponent(url.replaceAll('|', '%7C'))).join('|')}`;
  parseSeed(text);
  return text;
}

/** Block 0, as the seed implies it: no trxs, signed by the owner. */
export function genesisBlock(seed: Pick<Seed, 'groupId' | 'ownerPubkey' | 'genesisTimeNs' | 'signature'>): Block {
  const block = Block.create({
    GroupId: seed.groupId,
    ProducerPubkey: seed.ownerPubkey,
    TimeStamp: seed.genesisTimeNs,
    ProducerSign: seed.signature,
  });
  return { ...block, BlockHash: blockHash(block) };
}

function fail(code: SeedErrorCode, message: string, part?: string): never {
  throw new SeedError(code, message, part);
}

/** Untrusted text in an error sentence: short, and without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 20));
}

/** The query of the seed URL inside whatever it is wrapped in. */
function unwrap(text: string): string {
  if (text.length > 3 * LIMITS.seedChars) fail('too-long', tooLong);
  let inner = text.trim();
  for (let layer = 0; layer <= MAX_WRAPPINGS; layer++) {
    const seed = SEED_URL.exec(inner);
    if (seed !== null) {
      if (inner.length > LIMITS.seedChars) fail('too-long', tooLong);
      return seed[1] as string;
    }
    const page = PAGE_LINK.exec(inner);
    const wrapped = page ?? HANDLER_LINK.exec(inner);
    if (wrapped === null) break;
    const content = wrapped[1] as string;
    // A page link's content is always percent-encoded, a handler's only where it holds a whole URL.
    inner = page !== null || /^rum%3a/i.test(content) ? decodePercent(content, undefined) : content;
  }
  return fail('not-a-seed', 'This is not a seed: it does not start with rum://seed?… and is no link to one.');
}

const tooLong = `The text is longer than any seed (${LIMITS.seedChars} characters).`;

function readQuery(query: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const name = pair.slice(0, equals);
    if (parts.has(name)) fail('duplicate-part', `The part ${quote(name)} is given twice.`, name);
    // Some writers of seeds put a space as a plus.
    parts.set(name, decodePercent(pair.slice(equals + 1).replaceAll('+', ' '), name));
  }
  return parts;
}

function decodePercent(text: string, part: string | undefined): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail('bad-escape', 'A percent sign in the seed is not followed by an encoded character. Copy the whole seed.', part);
  }
}

function bytesOf(part: Part, text: string, length: number, code: SeedErrorCode): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) fail(code, `The ${PART_NAMES[part]} is not base64url. Copy the whole seed.`, part);
  if (bytes.length !== length) {
    fail(code, `The ${PART_NAMES[part]} is ${bytes.length} bytes long instead of ${length}. Copy the whole seed.`, part);
  }
  return bytes;
}

function textOf(part: Part, text: string, maxChars: number, code: SeedErrorCode): string {
  if ([...text].length > maxChars) fail(code, `The ${PART_NAMES[part]} is longer than ${maxChars} characters.`, part);
  return text;
}

function timeOf(text: string): bigint {
  const bytes = fromBase64Url(text);
  if (bytes === undefined || bytes.length > TIME_BYTES) {
    fail('bad-time', `The ${PART_NAMES.t} is not a time of at most ${TIME_BYTES} bytes in base64url.`, 't');
  }
  let time = 0n;
  for (const byte of bytes) time = (time << 8n) | BigInt(byte);
  if (time === 0n || BigInt.asIntN(64, time) !== time) fail('bad-time', `The ${PART_NAMES.t} is out of range.`, 't');
  return time;
}

/** Big-endian without leading zeros. */
function timeBytes(time: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = time; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.from(bytes);
}

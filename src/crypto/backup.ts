import {
  BackupContents,
  type BackupGroup,
  decodeOrNothing,
  equalBytes,
  fromBase64,
  fromHex,
  isJsonObject,
  LIMITS,
  toBase64,
  toHex,
  uuidFromBytes,
} from '../records/index.ts';
import { ageRecipientOf } from './age.ts';
import { openBytes, sealBytes } from './cipher.ts';
import { publicKeyOf } from './keys.ts';
import { type Keystore, keystoreAddress, openKeystore, readKeystore, sealKeystore } from './keystore.ts';
import { deriveKey, flawOfScrypt, SCRYPT_COST, type ScryptCost, type ScryptParameters } from './passphrase.ts';

/**
 * The one-file backup (architecture.md, "Storage"): JSON with each signing key as an Ethereum keystore, which other tools read too, and everything else
 * sealed with AES-256-GCM. One passphrase and one run of scrypt for all of it: its first 32 bytes are the keystores' key, its second 32 the contents'.
 */
export interface Backup {
  readonly format: 'sett-backup';
  readonly version: 1;
  readonly kdf: 'scrypt';
  readonly kdfparams: { readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  readonly keys: readonly Keystore[];
  /** Base64 of nonce, ciphertext and tag of a {@link BackupContents}. */
  readonly contents: string;
}

/** A group of a backup with the signing key that belongs to it. */
export interface BackedUpGroup {
  readonly group: BackupGroup;
  readonly signSecret: Uint8Array;
}

export type BackupErrorCode = 'not-a-backup' | 'bad-parameters' | 'wrong-passphrase' | 'damaged' | 'too-large';

/** Why a backup cannot be made or read. The message is a sentence for whoever holds the file. */
export class BackupError extends Error {
  readonly code: BackupErrorCode;
  constructor(code: BackupErrorCode, message: string) {
    super(message);
    this.name = 'BackupError';
    this.code = code;
  }
}

const FORMAT = 'sett-backup';
const VERSION = 1;
const SALT_BYTES = 32;
const DERIVED_BYTES = 64;
const KEY_BYTES = 32;

/** Seals groups and their keys under a passphrase. `random` gives unpredictable bytes. Throws RecordError `too-large` for more than a backup holds. */
export function sealBackup(
  options: { passphrase: string; createdAtNs: bigint; groups: readonly BackedUpGroup[]; cost?: ScryptCost | undefined },
  random: (length: number) => Uint8Array,
): Backup {
  const { passphrase, createdAtNs, groups, cost = SCRYPT_COST } = options;
  const contents = BackupContents.encode({ CreatedAt: createdAtNs, Groups: groups.map(({ group }) => group) });
  const scrypt = { ...cost, salt: random(SALT_BYTES) };
  const derived = deriveKey(passphrase, scrypt, DERIVED_BYTES);
  const keys = groups.map(({ signSecret }) =>
    sealKeystore(signSecret, { derived: derived.subarray(0, KEY_BYTES), scrypt, iv: random(16), id: uuidFromBytes(random(16)) }),
  );
  return {
    format: FORMAT,
    version: VERSION,
    kdf: 'scrypt',
    kdfparams: { ...cost, salt: toHex(scrypt.salt) },
    keys,
    contents: toBase64(sealBytes(derived.subarray(KEY_BYTES), contents, random(12))),
  };
}

/** Opens a backup that anybody may have made. Throws {@link BackupError}. Whether its seeds and blocks are any good is for the caller to see. */
export function openBackup(value: unknown, passphrase: string): readonly BackedUpGroup[] {
  const { scrypt, keys, sealed } = readBackup(value);
  const derived = deriveKey(passphrase, scrypt, DERIVED_BYTES);
  const keyOfKeys = derived.subarray(0, KEY_BYTES);
  const opened = keys.map((keystore) => ({ address: keystore.address, secret: openKeystore(keystore, keyOfKeys) }));
  const plain = openBytes(derived.subarray(KEY_BYTES), sealed);
  if (!plain) {
    // A keystore that opens shows that the passphrase is the right one.
    if (opened.some(({ secret }) => secret !== undefined)) throw damaged('What it holds was changed or cut since it was made.');
    throw new BackupError(
      'wrong-passphrase',
      'This passphrase does not open the backup: it is another one, or the file was changed since it was made.',
    );
  }
  const contents = decodeOrNothing(BackupContents, plain);
  if (!contents) throw damaged('What it holds is not what a backup holds.');
  return contents.Groups.map((group) => {
    const secret = opened.find(({ address }) => address === keystoreAddress(group.UserPubkey))?.secret;
    if (!secret || publicKeyOf(secret) !== group.UserPubkey)
      throw damaged('The signing key of one of its groups is missing or was changed.');
    if (!isIdentity(group.EncryptIdentity)) throw damaged('The encryption key of one of its groups is none.');
    return { group, signSecret: secret };
  });
}

const damaged = (what: string): BackupError =>
  new BackupError('damaged', `The backup is damaged. ${what} Take another copy of the file.`);

function isIdentity(text: string): boolean {
  try {
    return ageRecipientOf(text) !== '';
  } catch {
    return false;
  }
}

/** The parts of a backup, checked before anything is computed. */
function readBackup(value: unknown): { scrypt: ScryptParameters; keys: readonly Keystore[]; sealed: Uint8Array } {
  if (!isJsonObject(value) || value.format !== FORMAT)
    throw new BackupError('not-a-backup', 'This is not a backup of Sett, or only a part of one.');
  if (value.version !== VERSION)
    throw new BackupError('not-a-backup', 'This backup was made by a newer version of Sett. Update this one, then restore it.');
  const { kdf, kdfparams, keys, contents } = value;
  if (kdf !== 'scrypt' || !isJsonObject(kdfparams) || !Array.isArray(keys) || typeof contents !== 'string')
    throw damaged('Parts of it are missing.');
  const { n, r, p } = kdfparams;
  const salt = typeof kdfparams.salt === 'string' && kdfparams.salt.length <= 256 ? fromHex(kdfparams.salt) : undefined;
  if (typeof n !== 'number' || typeof r !== 'number' || typeof p !== 'number' || !salt) throw damaged('Parts of it are missing.');
  const scrypt = { n, r, p, salt };
  const flaw = flawOfScrypt(scrypt);
  if (flaw !== undefined)
    throw new BackupError('bad-parameters', `This backup is not opened, because ${flaw}. Sett made no such file.`);
  if (keys.length > LIMITS.backupGroups || contents.length > 2 * LIMITS.backupBytes)
    throw new BackupError('too-large', 'This backup is larger than any that Sett makes.');
  const sealed = fromBase64(contents);
  if (!sealed) throw damaged('What it holds was cut.');
  return { scrypt, keys: keys.map((key) => readOwnKeystore(key, scrypt)), sealed };
}

/** A keystore under the backup's own parameters: each others would cost another run of scrypt. */
function readOwnKeystore(value: unknown, { n, r, p, salt }: ScryptParameters): Keystore {
  const read = readKeystore(value);
  const own = read?.scrypt;
  if (!read || !own) throw damaged('One of its signing keys is not in the form of a keystore.');
  if (own.n !== n || own.r !== r || own.p !== p || !equalBytes(own.salt, salt))
    throw new BackupError(
      'bad-parameters',
      'This backup is not opened, because its keys are encrypted in different ways. Sett made no such file.',
    );
  return read.keystore;
}

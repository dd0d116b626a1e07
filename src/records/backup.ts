import { message, type TypeOf } from './codec.ts';
import { bytes, flag, nested, repeated, text, timeNs } from './fields.ts';
import { LIMITS } from './limits.ts';

/** What a backup holds under its passphrase, besides the signing keys, which stand beside it as keystores. */

/** The shortest block takes some 400 bytes. */
const BLOCKS = Math.floor(LIMITS.backupBytes / 400);

export const BackupGroup = message('BackupGroup', LIMITS.backupBytes, {
  Seed: text(1, { maxBytes: LIMITS.seedChars }),
  /** Whose signing key it is. */
  UserPubkey: text(2),
  /** age identity (`AGE-SECRET-KEY-1…`). */
  EncryptIdentity: text(3),
  JoinedAt: timeNs(4),
  Left: flag(5),
  /** Encoded blocks from block 1 on, none left out; or none at all. */
  Blocks: repeated(bytes(6, { maxBytes: LIMITS.blockBytes }), BLOCKS),
});
export type BackupGroup = TypeOf<typeof BackupGroup>;

export const BackupContents = message('BackupContents', LIMITS.backupBytes, {
  CreatedAt: timeNs(1),
  Groups: repeated(nested(2, BackupGroup), LIMITS.backupGroups),
});
export type BackupContents = TypeOf<typeof BackupContents>;

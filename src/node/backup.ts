import {
  ageRecipientOf,
  type BackedUpGroup,
  type Backup,
  BackupError,
  openBackup,
  publicKeyOf,
  type ScryptCost,
  sealBackup,
} from '../crypto/index.ts';
import { Block, decodeOrNothing, equalBytes, genesisBlock, LIMITS, RecordError, type Seed } from '../records/index.ts';
import { Chain } from './chain.ts';
import { openSecrets, sealSecrets } from './keystore.ts';
import { checkLength, readSeed } from './membership.ts';
import type { Ports, Store, TableName, Write } from './ports.ts';
import { readPostOf } from './read-post.ts';
import { cutDamagedTail, deleteRows } from './repair.ts';
import { GroupRow, HeadRow, keyOf, startingWith } from './rows.ts';
import type { Secrets } from './secrets.ts';
import { NodeError, type RestoredGroup } from './service.ts';
import type { VerifiedTrxs } from './verified.ts';

/** A profile's groups into one file and out of it (architecture.md, "Storage"). Never a log: a restored producer must not speak where it spoke before. */

/** Blocks written at a time while they are taken in. */
const WRITTEN_AT_ONCE = 64;
/** What taking blocks in leaves behind if it fails. */
const TAKEN_IN: readonly TableName[] = ['blocks', 'trxs', 'trxids', 'contents', 'kv', 'kvchanges', 'history', 'log'];

/** Throws NodeError `bad-input` for a passphrase that is too short or too long. */
export function checkPassphrase(passphrase: string): void {
  checkLength('passphrase', passphrase, LIMITS.passphraseMinChars, LIMITS.passphraseMaxChars);
}

/** Every group of the profile, those that were left included. Throws NodeError `too-large` for blocks that do not fit into one file. */
export async function makeBackup(
  ports: Ports,
  options: { passphrase: string; blocks: boolean; cost: ScryptCost | undefined },
): Promise<Backup> {
  const { passphrase, blocks, cost } = options;
  checkPassphrase(passphrase);
  const { store, vault, clock, random } = ports;
  const groups: BackedUpGroup[] = [];
  let leftBytes = LIMITS.backupBytes;
  for (const { key: groupId, value } of await store.range('groups', {})) {
    const secrets = await openSecrets(groupId, store, vault);
    // There is nothing of the group that a seed would not give.
    if (!secrets) continue;
    const row = GroupRow.decode(value);
    const encoded = blocks ? await finalBlocks(store, groupId, leftBytes) : [];
    leftBytes -= encoded.reduce((bytes, block) => bytes + block.length, 0);
    const group = {
      Seed: row.Seed,
      UserPubkey: row.UserPubkey,
      EncryptIdentity: secrets.encryptIdentity,
      JoinedAt: row.JoinedAt,
      Left: row.Left,
      Blocks: encoded,
    };
    groups.push({ group, signSecret: secrets.signSecret });
  }
  try {
    return sealBackup({ passphrase, createdAtNs: clock.nowNs(), groups, cost }, (length) => random.bytes(length));
  } catch (error) {
    if (error instanceof RecordError && error.code === 'too-large') throw tooLarge();
    throw error;
  }
}

const tooLarge = (): NodeError =>
  new NodeError(
    'too-large',
    `One file holds at most ${LIMITS.backupBytes / 1024 / 1024} MiB. Make the backup without blocks: they are fetched again from the other members.`,
  );

async function finalBlocks(store: Store, groupId: string, maxBytes: number): Promise<Uint8Array[]> {
  const head = await store.get('heads', keyOf.head(groupId));
  if (!head) return [];
  const last = HeadRow.decode(head).FinalBlockId;
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for (let next = 1; next <= last; ) {
    const limit = Math.min(WRITTEN_AT_ONCE, last + 1 - next);
    const rows = await store.range('blocks', { from: keyOf.block(groupId, next), to: keyOf.block(groupId, last + 1), limit });
    for (const { value } of rows) {
      bytes += value.length;
      if (bytes > maxBytes) throw tooLarge();
      blocks.push(value);
    }
    if (rows.length < limit) break;
    next += rows.length;
  }
  return blocks;
}

export interface RestoreOptions {
  readonly ports: Ports;
  readonly verified: VerifiedTrxs;
  readonly hasTrustedDealer: boolean;
  readonly isOpen: (groupId: string) => boolean;
  readonly open: (row: GroupRow, secrets: Secrets) => Promise<unknown>;
}

/** Takes every group of a backup in. What is here already stays as it is. Throws NodeError with the reason if the file is not opened; then nothing has changed. */
export async function restoreBackup(file: unknown, passphrase: string, options: RestoreOptions): Promise<RestoredGroup[]> {
  const entries = openFile(file, passphrase).map((entry) => ({ ...entry, seed: readSeed(entry.group.Seed) }));
  const restored: RestoredGroup[] = [];
  for (const { group, signSecret, seed } of entries) {
    const secrets = { signSecret, encryptIdentity: group.EncryptIdentity };
    const outcome = await restoreGroup(seed, { group, signSecret }, secrets, options);
    restored.push({ groupId: seed.groupId, groupName: seed.groupName, outcome });
  }
  return restored;
}

function openFile(file: unknown, passphrase: string): readonly BackedUpGroup[] {
  try {
    return openBackup(file, passphrase);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    throw new NodeError('bad-backup', error.message, { reason: error.code }, { cause: error });
  }
}

async function restoreGroup(
  seed: Seed,
  { group }: BackedUpGroup,
  secrets: Secrets,
  options: RestoreOptions,
): Promise<RestoredGroup['outcome']> {
  const { store, vault } = options.ports;
  const { groupId } = seed;
  const stored = await store.get('groups', keyOf.group(groupId));
  const own = await openSecrets(groupId, store, vault);
  const present = stored && GroupRow.decode(stored);
  const userPubkey = publicKeyOf(secrets.signSecret);
  if (own ? !equalBytes(own.signSecret, secrets.signSecret) : present && present.UserPubkey !== userPubkey) return 'other-key';
  if (options.isOpen(groupId) || (own && present && (!present.Left || group.Left))) return 'present';
  const row: GroupRow = present
    ? { ...present, Left: group.Left }
    : {
        Seed: group.Seed,
        UserPubkey: userPubkey,
        EncryptPubkey: ageRecipientOf(secrets.encryptIdentity),
        JoinedAt: group.JoinedAt,
        Left: group.Left,
      };
  if (!present && group.Blocks.length > 0) await takeBlocksIn(seed, group.Blocks, secrets, options);
  const writes: Write[] = [{ table: 'groups', key: keyOf.group(groupId), value: GroupRow.encode(row) }];
  if (!own) {
    writes.push(await sealSecrets(groupId, secrets, vault));
    // Whatever log is here, the keys have been elsewhere since: what was signed with them nobody here knows.
    const unbroken = await store.range('log', startingWith(keyOf.unbrokenLogs(groupId)));
    writes.push(...unbroken.map(({ key }): Write => ({ table: 'log', key, value: undefined })));
  }
  await store.write(writes, 'strict');
  if (!row.Left) await options.open(row, own ?? secrets);
  return 'restored';
}

/** Runs the backup's blocks as if members had sent them: what does not verify, and all after it, is dropped and fetched. */
async function takeBlocksIn(seed: Seed, blocks: readonly Uint8Array[], secrets: Secrets, options: RestoreOptions): Promise<void> {
  const { store, privateCipher } = options.ports;
  const { groupId, ownerPubkey, cipherKey } = seed;
  const chain = new Chain({
    identity: { groupId, ownerPubkey, cipherKey, hasTrustedDealer: options.hasTrustedDealer },
    genesis: genesisBlock(seed),
    store,
    verified: options.verified,
    readPost: readPostOf(seed, secrets, privateCipher),
  });
  try {
    let writes: Write[] = [];
    for (const [place, value] of blocks.entries()) {
      const blockId = place + 1;
      if (decodeOrNothing(Block, value)?.BlockId !== blockId) break;
      writes.push({ table: 'blocks', key: keyOf.block(groupId, blockId), value });
      if (writes.length < WRITTEN_AT_ONCE) continue;
      await store.write(writes, 'relaxed');
      writes = [];
    }
    await store.write(writes, 'relaxed');
    await cutDamagedTail(store, chain);
  } catch (error) {
    await deleteRows(store, groupId, TAKEN_IN);
    throw error;
  }
}

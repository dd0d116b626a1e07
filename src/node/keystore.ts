import { ageIdentityFromSecret, isValidSecret } from '../crypto/index.ts';
import type { Random, Store, Vault, Write } from './ports.ts';
import { KeyRow, keyOf } from './rows.ts';
import type { Secrets } from './secrets.ts';

/** A user's keys in one group, made on first use; at rest they are sealed by the vault. */

export function newSecrets(random: Random): Secrets {
  let signSecret = random.bytes(32);
  // All but about one in 2^128 of these are valid keys of the curve.
  while (!isValidSecret(signSecret)) signSecret = random.bytes(32);
  return { signSecret, encryptIdentity: ageIdentityFromSecret(random.bytes(32)) };
}

export async function sealSecrets(groupId: string, secrets: Secrets, vault: Vault): Promise<Write> {
  const row = KeyRow.encode({ SignSecret: secrets.signSecret, EncryptIdentity: secrets.encryptIdentity });
  return { table: 'keys', key: keyOf.keys(groupId), value: await vault.seal(row) };
}

/** Undefined if this profile has no keys for the group. Rejects if they cannot be opened. */
export async function openSecrets(groupId: string, store: Store, vault: Vault): Promise<Secrets | undefined> {
  const sealed = await store.get('keys', keyOf.keys(groupId));
  if (!sealed) return undefined;
  const row = KeyRow.decode(await vault.open(sealed));
  return { signSecret: row.SignSecret, encryptIdentity: row.EncryptIdentity };
}

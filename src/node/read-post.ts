import { openBytes } from '../crypto/index.ts';
import type { Seed } from '../records/index.ts';
import type { ReadPost } from './chain-head.ts';
import type { PrivateCipher } from './ports.ts';
import type { Secrets } from './secrets.ts';

/** Reads posts of a public group: data under the group's cipher key. */
export const readPublicPost =
  (cipherKey: Uint8Array): ReadPost =>
  async (trx) =>
    openBytes(cipherKey, trx.Data);

/** How this user reads a group's posts: with the group's key, or, in a private group, with its own. */
export function readPostOf(seed: Seed, secrets: Secrets, privateCipher: PrivateCipher): ReadPost {
  if (seed.encryption === 'public') return readPublicPost(seed.cipherKey);
  return (trx) => privateCipher.decrypt(trx.Data, secrets.encryptIdentity).catch(() => undefined);
}

import { signHash, verifySeed } from '../crypto/index.ts';
import { concatBytes, parseSeed, type Seed, SeedError, sha256, toHex } from '../records/index.ts';
import type { GroupRow } from './rows.ts';
import type { Secrets } from './secrets.ts';
import { NodeError } from './service.ts';

/** What making and joining a group check, and what joining signs. */

/** Throws NodeError `bad-input` for a text that is too short or too long, counted in characters as people see them. */
export function checkLength(what: string, text: string, min: number, max: number): void {
  const length = [...text].length;
  if (length < min || length > max)
    throw new NodeError('bad-input', `The ${what} must have ${min} to ${max} characters; it has ${length}.`, { min, max });
}

/** A seed that is whole and whose genesis block its owner signed. Throws NodeError `bad-seed` with what is wrong. */
export function readSeed(text: string): Seed {
  let seed: Seed;
  try {
    seed = parseSeed(text);
  } catch (error) {
    if (error instanceof SeedError) throw new NodeError('bad-seed', error.message, { reason: error.code }, { cause: error });
    throw error;
  }
  if (!verifySeed(seed)) {
    const message = "The seed's signature does not verify: it was changed on its way. Ask for it again.";
    throw new NodeError('bad-seed', message, { reason: 'bad-signature' });
  }
  return seed;
}

/** The user's signature over what it joined, in hex, as older software returns it from `join`. */
export function signMembership(seed: Seed, row: GroupRow, secrets: Secrets): string {
  const text = [seed.groupId, seed.groupName, seed.ownerPubkey, row.UserPubkey, row.EncryptPubkey].join('\n');
  return toHex(signHash(sha256(concatBytes(new TextEncoder().encode(text), seed.cipherKey)), secrets.signSecret));
}

import { isPublicKey, LIMITS } from '../records/index.ts';
import { z } from './endpoint.ts';

/** Fields that several routes share. */

/** Ids of old groups need not be of a certain UUID version, so any 16 bytes in UUID form are taken. Case does not count. */
export const uuid = z.guid('not a UUID').transform((id) => id.toLowerCase());

export const groupParams = z.object({ group_id: uuid });
export const trxParams = groupParams.extend({ trx_id: uuid });
export const groupBody = z.object({ group_id: uuid });
export const groupAnswer = z.object({ group_id: z.string() });

export const publicKey = z.string().openapi({ description: '33-byte compressed secp256k1 key, base64url without padding' });
/** The same in a request. */
export const checkedPublicKey = publicKey.refine(isPublicKey, 'not a compressed secp256k1 key in base64url without padding');

/** Text that goes into a record, which is UTF-8: JSON can say half a character (`"\\ud800"`), UTF-8 cannot. */
export const recordText = (text: z.ZodString) => text.refine((value) => value.isWellFormed(), 'holds half a surrogate pair');

/** A note to an item, for people. */
export const memo = recordText(z.string().max(LIMITS.memoChars)).default('');

/** Nanoseconds since 1970, printed as an exact integer beyond 2^53. */
export const nanoseconds = z.bigint().openapi({ type: 'integer', format: 'int64', description: 'Nanoseconds since 1970' });

/** A record in its JSON form: bytes as base64, times as strings, default values left out. */
export function recordSchema(name: string, description: string) {
  return z.record(z.string(), z.unknown()).openapi(name, { description });
}

/** As Go's `strconv.ParseBool`, whose forms the programs of the family send; a bare `?reverse` counts as true. */
export const queryBoolean = z
  .enum(['', '1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False'], 'neither true nor false')
  .transform((value) => value === '' || /^[1tT]/.test(value))
  .openapi({ type: 'boolean' });

import { openBytes } from '../../crypto/index.ts';
import { RecordError, type Trx } from '../../records/index.ts';
import { type FrontendContext, Rejection } from './frontend.ts';

/** The record inside a trx of any type but POST: its data under the group's cipher key. Throws {@link Rejection}. */
export function openItem<T>(trx: Trx, context: FrontendContext, record: { decode(bytes: Uint8Array): T }): T {
  const plain = openBytes(context.identity.cipherKey, trx.Data);
  if (!plain) throw new Rejection('the data is not encrypted with the key of this group');
  return decodeItem(plain, record);
}

/** Decodes hostile bytes inside a trx. Throws {@link Rejection}. */
export function decodeItem<T>(bytes: Uint8Array, record: { decode(bytes: Uint8Array): T }): T {
  try {
    return record.decode(bytes);
  } catch (error) {
    if (error instanceof RecordError) throw new Rejection(error.message);
    throw error;
  }
}

export function require(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Rejection(otherwise);
}

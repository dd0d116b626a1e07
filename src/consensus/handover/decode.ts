import { RecordError } from '../../records/index.ts';

/** Decodes hostile bytes: a record, or undefined for what is none. */
export function decodeOrNothing<T>(record: { decode(bytes: Uint8Array): T }, data: Uint8Array): T | undefined {
  try {
    return record.decode(data);
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

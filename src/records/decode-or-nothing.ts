import { RecordError } from './errors.ts';

/** Decodes bytes that anybody may have made: the record, or undefined for what is none. Other errors are passed on. */
export function decodeOrNothing<T>(record: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T | undefined {
  try {
    return record.decode(bytes);
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

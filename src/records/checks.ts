import { RecordError } from './errors.ts';
import type { NamedField } from './fields.ts';

/** What encoder, decoder and JSON form share: the default of each field, and the limits that hold for its values. */

const NONE: readonly never[] = Object.freeze([]);
const EMPTY = new Uint8Array(0);

/** Empty bytes and lists are shared: they cannot be changed. */
export function defaultOf(field: NamedField): unknown {
  if (field.repeated) return NONE;
  switch (field.kind) {
    case 'text':
      return '';
    case 'bytes':
      return EMPTY;
    case 'flag':
      return false;
    case 'unsigned':
    case 'signed':
    case 'enumeration':
      return 0;
    case 'unsignedBig':
    case 'signedBig':
      return 0n;
    case 'message':
      return undefined;
  }
}

/** Refuses a length that a field's value must not have. */
export function checkLength(field: NamedField, length: number): void {
  if (length > field.maxBytes) {
    throw new RecordError('too-large', `${length} bytes, at most ${field.maxBytes} are allowed`, field.path);
  }
  if (field.exactBytes !== undefined && length !== 0 && length !== field.exactBytes) {
    throw new RecordError('wrong-length', `${length} bytes, expected ${field.exactBytes}`, field.path);
  }
}

export function checkCount(field: NamedField, count: number): void {
  if (count > field.maxItems) throw new RecordError('too-large', `more than ${field.maxItems} elements`, field.path);
}

/** Refuses an integer outside its field's range, and a number that an enumeration does not have. */
export function checkNumber(field: NamedField, value: number): void {
  if (field.kind === 'enumeration') {
    if (!field.members.has(value)) throw new RecordError('unknown-enum', `${value} is not one of its values`, field.path);
  } else if (!(Number.isSafeInteger(value) && value >= field.min && value <= field.max)) {
    throw new RecordError('out-of-range', `${value} is not an integer from ${field.min} to ${field.max}`, field.path);
  }
}

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;
const UINT64_MAX = (1n << 64n) - 1n;

export function checkBig(field: NamedField, value: bigint): void {
  const signed = field.kind === 'signedBig';
  if (typeof value !== 'bigint' || value < (signed ? INT64_MIN : 0n) || value > (signed ? INT64_MAX : UINT64_MAX)) {
    throw new RecordError('out-of-range', `${value} is not a 64-bit integer`, field.path);
  }
}

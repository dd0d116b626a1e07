import { checkCount, checkLength, checkNumber } from './checks.ts';
import { RecordError } from './errors.ts';
import type { Message, NamedField } from './fields.ts';
import { WIRE_BYTES, WIRE_VARINT, WireReader } from './wire.ts';

/**
 * Elements that a decoded record may consist of: some, and one for every 32 bytes of input. The smallest real elements (keys, hashes,
 * trxs) are longer than that; without this bound two bytes of input could ask for an object of hundreds.
 */
const FREE_ELEMENTS = 1024;
const BYTES_PER_ELEMENT = 32;

export function decodeFields(message: Message<object>, bytes: Uint8Array): object {
  if (!(bytes instanceof Uint8Array)) throw new RecordError('wrong-type', 'bytes expected', message.name);
  const reader = new WireReader(bytes, FREE_ELEMENTS + Math.floor(bytes.length / BYTES_PER_ELEMENT));
  return readMessage(reader, message, bytes.length);
}

function readMessage(reader: WireReader, message: Message<object>, end: number): object {
  const size = end - reader.position;
  if (size > message.maxBytes) {
    throw new RecordError('too-large', `${size} bytes, at most ${message.maxBytes} are allowed`, message.name);
  }
  const record: Record<string, unknown> = { ...message.defaults };
  /** Singular fields met so far; field numbers are below 31. */
  let met = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) throw new RecordError('malformed', 'a field has the number 0', message.name);
    const field = message.byNumber[number];
    if (field === undefined) {
      reader.skip(wireType, end);
      continue;
    }
    try {
      if (field.repeated) readRepeated(reader, field, wireType, end, record);
      else {
        const bit = 1 << number;
        if ((met & bit) !== 0) throw new RecordError('malformed', 'the field is given twice', field.path);
        met |= bit;
        record[field.name] = readValue(reader, field, wireType, end);
      }
    } catch (error) {
      // The reader does not know which field it reads for.
      if (error instanceof RecordError && error.field === undefined) throw new RecordError(error.code, error.message, field.path);
      throw error;
    }
  }
  return record;
}

function readRepeated(
  reader: WireReader,
  field: NamedField,
  wireType: number,
  end: number,
  record: Record<string, unknown>,
): void {
  let values = record[field.name] as unknown[];
  if (values.length === 0) {
    // The default list is shared and frozen.
    values = [];
    record[field.name] = values;
  }
  const packable = field.kind !== 'text' && field.kind !== 'bytes' && field.kind !== 'message';
  if (packable && wireType === WIRE_BYTES) {
    const length = reader.length(end);
    const packedEnd = reader.position + length;
    while (reader.position < packedEnd) {
      checkCount(field, values.length + 1);
      values.push(readNumber(reader, field, packedEnd));
    }
    return;
  }
  checkCount(field, values.length + 1);
  values.push(readValue(reader, field, wireType, end));
}

function readValue(reader: WireReader, field: NamedField, wireType: number, end: number): unknown {
  const delimited = field.kind === 'text' || field.kind === 'bytes' || field.kind === 'message';
  if (wireType !== (delimited ? WIRE_BYTES : WIRE_VARINT)) {
    throw new RecordError('malformed', `wire type ${wireType} is not this field's`, field.path);
  }
  if (!delimited) return readNumber(reader, field, end);
  const length = reader.length(end);
  if (field.message !== undefined) {
    if (--reader.budget < 0) throw new RecordError('too-large', 'too many records in so few bytes', field.path);
    return readMessage(reader, field.message, reader.position + length);
  }
  checkLength(field, length);
  return field.kind === 'text' ? reader.text(length, field.number) : reader.bytes(length);
}

function readNumber(reader: WireReader, field: NamedField, end: number): unknown {
  switch (field.kind) {
    case 'signedBig':
      return reader.signedBig(end);
    case 'unsignedBig':
      return reader.unsignedBig(end);
    default: {
      const value = field.kind === 'signed' ? reader.signed(end) : reader.unsigned(end);
      checkNumber(field, value);
      return field.kind === 'flag' ? value === 1 : value;
    }
  }
}

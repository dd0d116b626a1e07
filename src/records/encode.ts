import { checkBig, checkCount, checkLength, checkNumber } from './checks.ts';
import { RecordError } from './errors.ts';
import type { Message, NamedField } from './fields.ts';
import { WIRE_BYTES, WIRE_VARINT, WireWriter } from './wire.ts';

/** One writer for all records: encoding is synchronous and does not nest. */
const writer = new WireWriter();

/** Encodes `fields` (all of the message's, or those that its hash covers) of `value`. */
export function encodeFields(message: Message<object>, fields: readonly NamedField[], value: object): Uint8Array {
  try {
    writeFields(message, fields, value as Record<string, unknown>);
    return writer.finish();
  } catch (error) {
    writer.clear();
    throw error;
  }
}

/** The writer goes backwards: last field first, within a field content before length before tag. */
function writeFields(message: Message<object>, fields: readonly NamedField[], record: Record<string, unknown>): void {
  const before = writer.size;
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index] as NamedField;
    const value = record[field.name];
    if (field.repeated) writeRepeated(field, value as readonly unknown[]);
    else writeSingle(field, value);
  }
  if (writer.size - before > message.maxBytes) {
    throw new RecordError('too-large', `over ${message.maxBytes} bytes`, message.name);
  }
}

function writeSingle(field: NamedField, value: unknown): void {
  switch (field.kind) {
    case 'text':
    case 'bytes':
      if ((value as string | Uint8Array).length !== 0) writeDelimited(field, value);
      return;
    case 'message':
      if (value !== undefined) writeDelimited(field, value);
      return;
    case 'flag':
      if (value !== true) return;
      break;
    case 'unsignedBig':
    case 'signedBig':
      if (value === 0n) return;
      break;
    default:
      if (value === 0) return;
  }
  writeNumber(field, value);
  writer.unsigned(field.number * 8 + WIRE_VARINT);
}

function writeRepeated(field: NamedField, values: readonly unknown[]): void {
  if (values.length === 0) return;
  checkCount(field, values.length);
  if (field.kind === 'text' || field.kind === 'bytes' || field.kind === 'message') {
    for (let index = values.length - 1; index >= 0; index--) writeDelimited(field, values[index]);
    return;
  }
  const before = writer.size;
  for (let index = values.length - 1; index >= 0; index--) writeNumber(field, values[index]);
  writer.unsigned(writer.size - before);
  writer.unsigned(field.number * 8 + WIRE_BYTES);
}

function writeDelimited(field: NamedField, value: unknown): void {
  const before = writer.size;
  if (field.kind === 'message') {
    const { message } = field;
    if (message !== undefined) writeFields(message, message.fields, value as Record<string, unknown>);
  } else {
    if (field.kind === 'text') writer.text(value as string);
    else writer.bytes(value as Uint8Array);
    checkLength(field, writer.size - before);
  }
  writer.unsigned(writer.size - before);
  writer.unsigned(field.number * 8 + WIRE_BYTES);
}

function writeNumber(field: NamedField, value: unknown): void {
  if (field.kind === 'flag') writer.unsigned(value === true ? 1 : 0);
  else if (field.kind === 'unsignedBig' || field.kind === 'signedBig') {
    checkBig(field, value as bigint);
    writer.big(value as bigint);
  } else {
    checkNumber(field, value as number);
    if ((value as number) < 0) writer.big(BigInt(value as number));
    else writer.unsigned(value as number);
  }
}

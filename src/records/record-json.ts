import { checkBig, checkCount, checkLength, checkNumber } from './checks.ts';
import { RecordError } from './errors.ts';
import type { Message, NamedField } from './fields.ts';
import { fromBase64, toBase64 } from './ids.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/**
 * The JSON form of records: field names as on the wire, bytes in standard base64, `TimeStamp` and `Expired` as strings, other integers
 * as numerals (bigint where they may exceed 2^53: print with `stringifyExact`), enumerations as numbers, defaults omitted.
 */
export function fieldsToJson(message: Message<object>, value: object): JsonObject {
  const record = value as Record<string, unknown>;
  const json: Record<string, JsonValue> = {};
  for (const field of message.fields) {
    const fieldValue = record[field.name];
    if (field.repeated) {
      const values = fieldValue as readonly unknown[];
      if (values.length > 0) json[field.name] = values.map((element) => valueToJson(field, element));
    } else if (!isDefault(fieldValue)) json[field.name] = valueToJson(field, fieldValue);
  }
  return json;
}

function isDefault(value: unknown): boolean {
  return !value || (value instanceof Uint8Array && value.length === 0);
}

function valueToJson(field: NamedField, value: unknown): JsonValue {
  if (field.message !== undefined) return fieldsToJson(field.message, value as object);
  if (field.kind === 'bytes') return toBase64(value as Uint8Array);
  if (typeof value === 'bigint') return field.jsonString ? value.toString() : value;
  return value as JsonValue;
}

export function fieldsFromJson(message: Message<object>, json: unknown): object {
  if (!isJsonObject(json)) {
    throw new RecordError('wrong-type', 'a JSON object was expected', message.name);
  }
  const record: Record<string, unknown> = { ...message.defaults };
  for (const field of message.fields) {
    const value = Object.hasOwn(json, field.name) ? (json as Record<string, unknown>)[field.name] : undefined;
    if (value === undefined || value === null) continue;
    if (field.repeated) {
      if (!Array.isArray(value)) throw new RecordError('wrong-type', 'a JSON array was expected', field.path);
      checkCount(field, value.length);
      record[field.name] = value.map((element) => valueFromJson(field, element));
    } else record[field.name] = valueFromJson(field, value);
  }
  return record;
}

const DECIMAL = /^-?\d{1,20}$/;

function valueFromJson(field: NamedField, value: unknown): unknown {
  if (field.message !== undefined) return fieldsFromJson(field.message, value);
  switch (field.kind) {
    case 'text': {
      if (typeof value !== 'string') throw new RecordError('wrong-type', 'a string was expected', field.path);
      if (!value.isWellFormed()) throw new RecordError('bad-text', 'text holds half a surrogate pair', field.path);
      checkLength(field, value.length);
      return value;
    }
    case 'bytes': {
      if (typeof value !== 'string') throw new RecordError('wrong-type', 'a string in base64 was expected', field.path);
      // Four characters stand for three bytes: checked before memory is taken.
      if (value.length > Math.ceil(field.maxBytes / 3) * 4) {
        throw new RecordError('too-large', `over ${field.maxBytes} bytes`, field.path);
      }
      const bytes = fromBase64(value);
      if (bytes === undefined) throw new RecordError('malformed', 'the string is not base64', field.path);
      checkLength(field, bytes.length);
      return bytes;
    }
    case 'flag':
      if (typeof value !== 'boolean') throw new RecordError('wrong-type', 'true or false was expected', field.path);
      return value;
    case 'signedBig':
    case 'unsignedBig': {
      const big = bigFromJson(field, value);
      checkBig(field, big);
      return big;
    }
    default:
      if (typeof value !== 'number') throw new RecordError('wrong-type', 'a number was expected', field.path);
      checkNumber(field, value);
      // JSON has a negative zero, records do not.
      return value === 0 ? 0 : value;
  }
}

function bigFromJson(field: NamedField, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
  if (typeof value !== 'number') throw new RecordError('wrong-type', 'an integer, or one in a string, was expected', field.path);
  if (!Number.isSafeInteger(value))
    throw new RecordError('out-of-range', 'the number was rounded: give it as a string', field.path);
  return BigInt(value);
}

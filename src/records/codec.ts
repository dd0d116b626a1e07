import { defaultOf } from './checks.ts';
import { decodeFields } from './decode.ts';
import { encodeFields } from './encode.ts';
import type { Field, Message, NamedField } from './fields.ts';
import { equalBytes } from './ids.ts';
import { fieldsFromJson, fieldsToJson } from './record-json.ts';

/**
 * Records from one description each. `message('Trx', { TrxId: text(1), … })` yields the TypeScript type ({@link TypeOf}), the proto3
 * encoding, a total decoder with limits, the JSON form, and the bytes that the record's hash covers.
 *
 * The encoding is canonical: fields in ascending number, default values omitted, numbers of repeated fields packed. Decoding accepts
 * any order, unpacked numbers, non-minimal varints and unknown fields (which are dropped), so hashes are always taken over our own
 * encoding of what was decoded. It refuses what no encoder emits and two readers might take differently: a singular field given
 * twice, a wrong wire type, groups. Records do not nest in themselves, so depth is bounded by their descriptions.
 */

export type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends Field<infer V> ? V : never;
type RecordOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** The TypeScript type of a record. */
export type TypeOf<M> = M extends Message<infer T> ? T : never;

/** Describes a record. `maxBytes` bounds its whole encoding. */
export function message<F extends Fields>(name: string, maxBytes: number, fields: F): Message<RecordOf<F>> {
  type T = RecordOf<F>;
  const named: NamedField[] = Object.entries(fields)
    .map(([fieldName, field]) => ({ ...field, name: fieldName, path: `${name}.${fieldName}` }))
    .sort((a, b) => a.number - b.number);
  const hashed = named.filter((field) => field.hashed);
  const byNumber: (NamedField | undefined)[] = [];
  for (const field of named) byNumber[field.number] = field;
  const self: Message<T> = {
    name,
    fields: named,
    byNumber,
    defaults: Object.fromEntries(named.map((field) => [field.name, defaultOf(field)])),
    maxBytes,
    encode: (value) => encodeFields(self, named, value),
    encodeHashed: (value) => encodeFields(self, hashed, value),
    decode: (bytes) => decodeFields(self, bytes) as T,
    toJson: (value) => fieldsToJson(self, value),
    fromJson: (json) => fieldsFromJson(self, json) as T,
    create: (partial) => ({ ...self.defaults, ...partial }) as T,
    equals: (a, b) => equalBytes(self.encode(a), self.encode(b)),
  };
  return self;
}

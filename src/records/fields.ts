import type { JsonObject } from './json.ts';

/**
 * The kinds of fields that records have. Each function describes one field: its number on the wire, its limits, and (through its
 * type) the TypeScript type of its value. What a codec does with each kind stands in `codec.ts`.
 */

export type FieldKind =
  | 'text' // string
  | 'bytes'
  | 'flag' // bool
  | 'unsigned' // uint64 or uint32 as a number
  | 'signed' // int64 or int32 as a number
  | 'unsignedBig' // uint64 as a bigint
  | 'signedBig' // int64 as a bigint
  | 'enumeration'
  | 'message';

/** One field of a record. `V` is its value's type; nothing of that type is kept here. */
export interface Field<V> {
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** Whether the field takes part in the record's hash. */
  readonly hashed: boolean;
  /** text and bytes: at most so many bytes. */
  readonly maxBytes: number;
  /** bytes: either absent or exactly so long. */
  readonly exactBytes: number | undefined;
  /** repeated: at most so many elements. */
  readonly maxItems: number;
  /** unsigned and signed: the integer's bounds. */
  readonly min: number;
  readonly max: number;
  /** enumeration: the numbers it has. */
  readonly members: ReadonlySet<number>;
  readonly message: Message<object> | undefined;
  /** bigints in JSON: as a string (the form that times have in this family's JSON) or as a numeral. */
  readonly jsonString: boolean;
  readonly type?: V;
}

/** A field with its name and what follows from its description. */
export interface NamedField extends Field<unknown> {
  readonly name: string;
  /** `Trx.Data`, for errors. */
  readonly path: string;
}

export interface Message<T extends object> {
  readonly name: string;
  /** Ascending by number. */
  readonly fields: readonly NamedField[];
  /** Fields by number, with holes. */
  readonly byNumber: readonly (NamedField | undefined)[];
  /** What each field is where nothing is said. Empty bytes and lists are shared: they cannot be changed. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** An encoding longer than this is refused, also inside another record. */
  readonly maxBytes: number;
  /** Throws {@link RecordError} for a value that no reader would accept (over a limit, not an integer …). */
  encode(value: T): Uint8Array;
  /** The encoding without the fields that the record's hash leaves out; records inside are whole. */
  encodeHashed(value: T): Uint8Array;
  /** Total: a record or {@link RecordError}. The record owns its memory. */
  decode(bytes: Uint8Array): T;
  toJson(value: T): JsonObject;
  /** Total: a record or {@link RecordError}. Names that the record does not have are passed over. */
  fromJson(json: unknown): T;
  /** A record with defaults ('' , 0, false, empty, undefined) where `partial` says nothing. */
  create(partial: Partial<T>): T;
  equals(a: T, b: T): boolean;
}

interface Options {
  /** False: a hash or signature, or whatever else the record's hash leaves out. */
  readonly hashed?: boolean;
}

const NO_MEMBERS: ReadonlySet<number> = new Set();
/** Text without a limit of its own: ids, keys, versions, reasons. */
const TEXT_BYTES = 4 * 1024;

function field<V>(number: number, kind: FieldKind, rest: Partial<Field<V>>): Field<V> {
  return {
    number,
    kind,
    repeated: false,
    hashed: true,
    maxBytes: 0,
    exactBytes: undefined,
    maxItems: 1,
    min: kind === 'signed' ? Number.MIN_SAFE_INTEGER : 0,
    max: Number.MAX_SAFE_INTEGER,
    members: NO_MEMBERS,
    message: undefined,
    jsonString: false,
    ...rest,
  };
}

export function text(number: number, options: Options & { maxBytes?: number } = {}): Field<string> {
  return field(number, 'text', { maxBytes: TEXT_BYTES, ...options });
}

export function bytes(number: number, options: Options & { maxBytes: number }): Field<Uint8Array> {
  return field(number, 'bytes', options);
}

/** Bytes of one length (a hash, a signature), or none. */
export function exactBytes(number: number, length: number, options: Options = {}): Field<Uint8Array> {
  return field(number, 'bytes', { maxBytes: length, exactBytes: length, ...options });
}

export function flag(number: number): Field<boolean> {
  return field(number, 'flag', { max: 1 });
}

/** uint64 that counts something: a number, refused outside the safe integers. */
export function uint64(number: number): Field<number> {
  return field(number, 'unsigned', {});
}

export function uint32(number: number): Field<number> {
  return field(number, 'unsigned', { max: 0xffff_ffff });
}

/** int64 that counts something: a number, refused outside the safe integers. */
export function int64(number: number, options: Options = {}): Field<number> {
  return field(number, 'signed', options);
}

export function int32(number: number): Field<number> {
  return field(number, 'signed', { min: -0x8000_0000, max: 0x7fff_ffff });
}

/** int64 nanoseconds since 1970, a string in JSON. */
export function timeNs(number: number): Field<bigint> {
  return field(number, 'signedBig', { jsonString: true });
}

/** int64 nanoseconds that are a numeral in JSON. */
export function int64Ns(number: number): Field<bigint> {
  return field(number, 'signedBig', {});
}

/** uint64 nanoseconds that are a numeral in JSON. */
export function uint64Ns(number: number): Field<bigint> {
  return field(number, 'unsignedBig', {});
}

export function enumeration<E extends Readonly<Record<string, number>>>(
  number: number,
  members: E,
  options: Options = {},
): Field<E[keyof E]> {
  return field(number, 'enumeration', { members: new Set(Object.values(members)), ...options });
}

export function nested<T extends object>(number: number, message: Message<T>): Field<T | undefined> {
  return field<T | undefined>(number, 'message', { message });
}

/** Many of a field. Numbers are packed on the wire; both forms are read. */
export function repeated<V>(of: Field<V>, maxItems: number, options: Options = {}): Field<readonly NonNullable<V>[]> {
  return { ...(of as Field<never>), repeated: true, maxItems, ...options };
}

/**
 * Why a record was refused.
 * - `truncated`: the bytes end inside a field
 * - `malformed`: not protobuf of this record: a wrong wire type, a bad varint, a field given twice, a group
 * - `too-large`: a length or a count over its limit; nothing of it was read
 * - `wrong-length`: a hash, key or signature that is neither absent nor of its one length
 * - `unknown-enum`: a number that the enumeration does not have
 * - `out-of-range`: an integer outside its type, or outside what a number holds exactly
 * - `bad-text`: bytes that are not UTF-8, or a string with half a surrogate pair
 * - `wrong-type`: a JSON value of another type than the field's
 */
export type RecordErrorCode =
  | 'truncated'
  | 'malformed'
  | 'too-large'
  | 'wrong-length'
  | 'unknown-enum'
  | 'out-of-range'
  | 'bad-text'
  | 'wrong-type';

/** The one error of the codecs; `field` is the record's and field's name (`Trx.Data`) where it is known. */
export class RecordError extends Error {
  readonly code: RecordErrorCode;
  readonly field: string | undefined;
  constructor(code: RecordErrorCode, message: string, field?: string) {
    super(field === undefined ? message : `${field}: ${message}`);
    this.name = 'RecordError';
    this.code = code;
    this.field = field;
  }
}

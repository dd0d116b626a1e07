import { RecordError } from './errors.ts';

/**
 * Protobuf's wire format, strictly: every read is checked against the end of the record it belongs to, text must be UTF-8, and what
 * is returned owns its memory. (A general-purpose reader forgives truncated varints and bad text, and hands out views of larger
 * buffers, which a database or a message port would then store or copy whole.)
 *
 * How it works: the reader walks forward. The writer fills its buffer from the end towards the start, so that the length of a nested
 * record is known when its header is written, and one pass is enough.
 */

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

const TWO_32 = 0x1_0000_0000;
/** Upper half of `Number.MAX_SAFE_INTEGER`. */
const SAFE_HIGH = 0x1f_ffff;
/** Scratch memory that a writer keeps between records; what a larger record took is given back. */
const KEPT_SCRATCH_BYTES = 64 * 1024;
/** Up to here a loop over ASCII beats a call of TextDecoder, everywhere. */
const SHORT_TEXT_BYTES = 128;

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

export class WireReader {
  readonly buffer: Uint8Array;
  position = 0;
  /** Elements of repeated fields and nested records that may still be made: bounds what a small input can take in memory. */
  budget: number;
  /** Halves of the varint read last. */
  #low = 0;
  #high = 0;
  /** The short text of ASCII that was read last in a field, and where. */
  readonly #lastTexts: ({ readonly start: number; readonly text: string } | undefined)[] = [];

  constructor(buffer: Uint8Array, budget: number) {
    // A plain Uint8Array even where a subclass came in (Node's Buffer): its `slice` copies.
    this.buffer =
      buffer.constructor === Uint8Array ? buffer : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.budget = budget;
  }

  /** A field's tag: number · 8 + wire type. */
  tag(end: number): number {
    this.#varint(end);
    if (this.#high !== 0) throw new RecordError('malformed', 'a field number is out of range');
    return this.#low;
  }

  /** The length of what follows, checked against `end`. */
  length(end: number): number {
    this.#varint(end);
    if (this.#high !== 0 || this.#low > end - this.position) throw new RecordError('truncated', 'a length points past the end');
    return this.#low;
  }

  /** uint64 as a number. */
  unsigned(end: number): number {
    this.#varint(end);
    if (this.#high > SAFE_HIGH) throw new RecordError('out-of-range', 'an integer is too large to be held exactly');
    return this.#high * TWO_32 + this.#low;
  }

  /** int64 as a number. */
  signed(end: number): number {
    this.#varint(end);
    const value = (this.#high | 0) * TWO_32 + this.#low;
    if (!Number.isSafeInteger(value)) throw new RecordError('out-of-range', 'an integer is too large to be held exactly');
    return value;
  }

  unsignedBig(end: number): bigint {
    this.#varint(end);
    return this.#high <= SAFE_HIGH ? BigInt(this.#high * TWO_32 + this.#low) : (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  signedBig(end: number): bigint {
    this.#varint(end);
    return this.#high <= SAFE_HIGH
      ? BigInt(this.#high * TWO_32 + this.#low)
      : (BigInt(this.#high | 0) << 32n) | BigInt(this.#low);
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.position;
    this.position = start + length;
    return this.buffer.slice(start, this.position);
  }

  /** `field`: its number. Records that follow each other often say the same in a field (group, version, sender): that is one string then. */
  text(length: number, field: number): string {
    const { buffer, position: start } = this;
    const end = start + length;
    this.position = end;
    if (length <= SHORT_TEXT_BYTES) {
      const last = this.#lastTexts[field];
      if (last?.text.length === length && isSameAt(buffer, last.start, start, length)) return last.text;
      const text = asciiText(buffer, start, end);
      if (text !== undefined) {
        this.#lastTexts[field] = { start, text };
        return text;
      }
    }
    try {
      return utf8Decoder.decode(buffer.subarray(start, end));
    } catch {
      throw new RecordError('bad-text', 'text is not UTF-8');
    }
  }

  /** Passes over a field that this version does not know. */
  skip(wireType: number, end: number): void {
    if (wireType === WIRE_VARINT) this.#varint(end);
    else if (wireType === WIRE_BYTES) {
      const length = this.length(end);
      this.position += length;
    } else if (wireType === WIRE_FIXED64 || wireType === WIRE_FIXED32) {
      this.position += wireType === WIRE_FIXED64 ? 8 : 4;
      if (this.position > end) throw new RecordError('truncated', 'the bytes end inside a field');
    } else throw new RecordError('malformed', `wire type ${wireType} is not in use`);
  }

  #varint(end: number): void {
    const { buffer } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= end) throw new RecordError('truncated', 'the bytes end inside a field');
      const byte = buffer[this.position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else {
        if (bits > 1) break;
        high |= bits << 31;
      }
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new RecordError('malformed', 'a varint is longer than 64 bits');
  }
}

export class WireWriter {
  #buffer = new Uint8Array(1024);
  /** First byte written; everything from here to the buffer's end is the record so far. */
  #start = 1024;

  /** Bytes written so far: the difference of two of these is the size of what was written between. */
  get size(): number {
    return this.#buffer.length - this.#start;
  }

  /** The record, in memory of its own; the writer is empty afterwards. */
  finish(): Uint8Array {
    const result = this.#buffer.slice(this.#start);
    this.clear();
    return result;
  }

  clear(): void {
    if (this.#buffer.length > KEPT_SCRATCH_BYTES) this.#buffer = new Uint8Array(1024);
    this.#start = this.#buffer.length;
  }

  /** A non-negative safe integer as a varint. */
  unsigned(value: number): void {
    if (value < 0x80) {
      this.#reserve(1)[--this.#start] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
    const buffer = this.#reserve(length);
    this.#start -= length;
    let at = this.#start;
    let rest = value;
    while (rest >= 0x80) {
      // Remainder and division rather than bit operators: those would cut the value to 32 bits.
      buffer[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    buffer[at] = rest;
  }

  /** The low 64 bits of an integer as a varint (two's complement, ten bytes where negative). */
  big(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    const low = Number(bits & 0xfff_ffffn);
    const middle = Number((bits >> 28n) & 0xfff_ffffn);
    const high = Number(bits >> 56n);
    const length = high !== 0 ? 8 + varintLength(high) : middle !== 0 ? 4 + varintLength(middle) : varintLength(low);
    const buffer = this.#reserve(length);
    this.#start -= length;
    for (let index = 0; index < length; index++) {
      const part = index < 4 ? low >>> (7 * index) : index < 8 ? middle >>> (7 * (index - 4)) : high >>> (7 * (index - 8));
      buffer[this.#start + index] = index === length - 1 ? part & 0x7f : (part & 0x7f) | 0x80;
    }
  }

  bytes(value: Uint8Array): void {
    const buffer = this.#reserve(value.length);
    this.#start -= value.length;
    buffer.set(value, this.#start);
  }

  /** Writes text without its length. Throws {@link RecordError} for half a surrogate pair, which UTF-8 cannot say. */
  text(value: string): void {
    const { length } = value;
    const buffer = this.#reserve(length);
    const start = this.#start - length;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) {
        if (!value.isWellFormed()) throw new RecordError('bad-text', 'text holds half a surrogate pair');
        this.bytes(utf8Encoder.encode(value));
        return;
      }
      buffer[start + index] = unit;
    }
    this.#start = start;
  }

  /** The buffer, with room for `length` bytes before what is written. */
  #reserve(length: number): Uint8Array {
    if (length <= this.#start) return this.#buffer;
    const { size } = this;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, size + length));
    grown.set(this.#buffer.subarray(this.#start), grown.length - size);
    this.#buffer = grown;
    this.#start = grown.length - size;
    return grown;
  }
}

function isSameAt(bytes: Uint8Array, left: number, right: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (bytes[left + at] !== bytes[right + at]) return false;
  return true;
}

/**
 * Undefined where a byte is none of ASCII. Twelve characters at a time: a text put together from single ones is kept by the engine as a chain of
 * pieces, which takes some thousand bytes for an id.
 */
function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let at = start;
  for (; at + 12 <= end; at += 12) {
    const [a, b, c, d] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number];
    const [e, f, g, h] = [bytes[at + 4] as number, bytes[at + 5] as number, bytes[at + 6] as number, bytes[at + 7] as number];
    const [i, j, k, l] = [bytes[at + 8] as number, bytes[at + 9] as number, bytes[at + 10] as number, bytes[at + 11] as number];
    if ((a | b | c | d | e | f | g | h | i | j | k | l) > 0x7f) return undefined;
    text += String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
  }
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

import { LIMITS } from './limits.ts';

/**
 * JSON with exact integers. JavaScript's own JSON rounds integers beyond 2^53 and refuses bigints; times in nanoseconds need both.
 */

export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Whether a value that came as JSON is an object, and no list. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Levels that may stand around a post, in an answer or in a call. */
const LEVELS_AROUND = 8;
/** How deep a value is followed; ours are a handful of levels. */
const MAX_DEPTH = LIMITS.postDepth + LEVELS_AROUND;

/**
 * Like `JSON.stringify(value)`, with each bigint as an exact integer numeral. Takes what JSON.stringify takes (`toJSON` included);
 * a value that has no JSON form (undefined, a function) gives `null`.
 */
export function stringifyExact(value: unknown): string {
  return write(value, 0) ?? 'null';
}

function write(value: unknown, depth: number): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth >= MAX_DEPTH) throw new TypeError(`a value nested deeper than ${MAX_DEPTH} levels has no JSON form`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((element) => write(element, depth + 1) ?? 'null').join(',')}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = write(member, depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(',')}}`;
}

export interface JsonBounds {
  /** Levels of lists and objects. */
  readonly depth: number;
  /** Elements and members of all levels together. */
  readonly members: number;
}

/**
 * Like `JSON.parse(text)`, with integers outside the safe range as bigints; fractions and exponents are doubles. Strict where readers would differ:
 * an object that names a member twice is refused, and so is a numeral beyond all doubles. Throws SyntaxError, with a sentence fit for people, for
 * these, for what is out of bounds, and for what is no JSON. No text hurts it.
 */
export function parseExact(
  text: string,
  bounds: JsonBounds = { depth: MAX_DEPTH, members: Number.POSITIVE_INFINITY },
): JsonValue {
  return new Parser(text, bounds).parse();
}

const NUMERAL = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: Readonly<Record<string, JsonValue>> = { true: true, false: false, null: null };
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** Tab, line feed, carriage return. */
const isBlank = (code: number): boolean => code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * By hand, because `JSON.parse` follows any depth, keeps the last of two members, and tells not every engine's reviver how a number was spelt. Its recursion
 * goes as deep as the bounds say.
 */
class Parser {
  readonly #text: string;
  readonly #bounds: JsonBounds;
  #at = 0;
  #depth = 0;
  #members = 0;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#bounds = bounds;
  }

  parse(): JsonValue {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#notJson();
    return value;
  }

  #value(): JsonValue {
    this.#blanks();
    const first = this.#text[this.#at];
    if (first === '{') return this.#nested(() => this.#object());
    if (first === '[') return this.#nested(() => this.#list());
    if (first === '"') return this.#string();
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0] ?? '';
    this.#at += word.length;
    return WORDS[word] === undefined ? this.#number() : WORDS[word];
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > this.#bounds.depth) throw new SyntaxError(`nested deeper than ${this.#bounds.depth} levels`);
    const value = read();
    this.#depth--;
    return value;
  }

  #list(): JsonValue[] {
    const elements: JsonValue[] = [];
    this.#each(']', () => elements.push(this.#value()));
    return elements;
  }

  #object(): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#each('}', () => {
      this.#blanks();
      const name = this.#string();
      if (members.has(name)) throw new SyntaxError(`an object names a member twice: ${JSON.stringify(name.slice(0, 100))}`);
      this.#blanks();
      this.#take(':');
      members.set(name, this.#value());
    });
    // Makes own members of them all, `__proto__` included.
    return Object.fromEntries(members);
  }

  /** Reads from the opening bracket to the closing one. */
  #each(end: string, readOne: () => void): void {
    this.#at++;
    this.#blanks();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      if (++this.#members > this.#bounds.members) throw new SyntaxError(`more than ${this.#bounds.members} elements and members`);
      readOne();
      this.#blanks();
      if (this.#text[this.#at] === end) break;
      this.#take(',');
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at;
    this.#take('"');
    let isEscaped = false;
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      // Past the end there is no code at all.
      if (!(code >= SPACE)) throw this.#notJson();
      if (code !== BACKSLASH) continue;
      isEscaped = true;
      this.#at++;
    }
    this.#at++;
    if (!isEscaped) return this.#text.slice(start + 1, this.#at - 1);
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      this.#at = start;
      throw this.#notJson();
    }
  }

  #number(): number | bigint {
    NUMERAL.lastIndex = this.#at;
    const [numeral = '', fraction, exponent] = NUMERAL.exec(this.#text) ?? [];
    if (numeral === '') throw this.#notJson();
    if (numeral.length > LIMITS.numeralChars) throw new SyntaxError(`a number has more than ${LIMITS.numeralChars} characters`);
    this.#at += numeral.length;
    const value = Number(numeral);
    if (fraction === undefined && exponent === undefined) return Number.isSafeInteger(value) ? value : BigInt(numeral);
    if (!Number.isFinite(value)) throw new SyntaxError(`a number is too large: ${numeral.slice(0, 100)}`);
    return value;
  }

  #blanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #take(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#notJson();
    this.#at++;
  }

  #notJson(): SyntaxError {
    const what =
      this.#at < this.#text.length
        ? `unexpected ${JSON.stringify(this.#text[this.#at])} at character ${this.#at}`
        : 'it ends too early';
    return new SyntaxError(`no JSON: ${what}`);
  }
}

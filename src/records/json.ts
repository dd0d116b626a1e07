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

/** How deep `stringifyExact` follows a value; ours are a handful of levels. */
const MAX_DEPTH = 64;

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
  if (depth > MAX_DEPTH) throw new TypeError(`a value nested deeper than ${MAX_DEPTH} levels has no JSON form`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((element) => write(element, depth + 1) ?? 'null').join(',')}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = write(member, depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(',')}}`;
}

/** Numerals of integers that a number cannot hold exactly have at least this many characters. */
const LONG_NUMERAL_CHARS = 16;
const INTEGER_NUMERAL = /^-?\d+$/;

/**
 * Like `JSON.parse(text)`, with integers outside the safe range as bigints. Throws SyntaxError for what is not JSON. Where the engine
 * does not tell a numeral's source text they stay rounded numbers, which `fromJson` refuses rather than trusts.
 */
export function parseExact(text: string): unknown {
  const reviver = (_name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && source.length >= LONG_NUMERAL_CHARS && INTEGER_NUMERAL.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, reviver);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS, parseExact, parsePost, readPlaintext, stringifyExact } from './index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** JSON texts in all spellings, and texts that are almost JSON. */
const almostJson = fc
  .tuple(
    fc.oneof(
      fc.json(),
      fc.constantFrom(' [1 ,\t{"a"\r\n: -0.5e-3}] ', '{"a":[true,false,null,"\\u00e9\\ud800\\n"]}', '[0, -1, 1E+2]'),
    ),
    fc.nat(),
    fc.constantFrom(
      '',
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      ' ',
      '\u0000',
      '\u00a0',
      '\ufeff',
      'é',
      'null',
      '\\u12',
    ),
  )
  .map(([text, at, inserted]) => `${text.slice(0, at % (text.length + 1))}${inserted}${text.slice(at % (text.length + 1))}`);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What `parseExact` makes of it, printed, or the message of its refusal. */
function made(text: string): string {
  try {
    return stringifyExact(parseExact(text));
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return (error as Error).message;
  }
}

describe('parseExact', () => {
  test('takes what JSON.parse takes, to the same value, but for what readers would take differently', () => {
    fc.assert(
      fc.property(fc.oneof(almostJson, fc.string({ unit: 'binary' })), (text) => {
        const ours = made(text);
        fc.pre(!/twice|too large/.test(ours));
        if (!isJson(text)) expect(ours).toMatch(/^no JSON/);
        else expect(JSON.stringify(JSON.parse(ours))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  test('what is printed is read back, integers of any size and every name included', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.bigInt(),
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value')),
      object: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '1')), tie('value'), {
        noNullPrototype: true,
      }),
    })).value;
    fc.assert(
      fc.property(value, (json) => {
        expect(stringifyExact(parseExact(stringifyExact(json)))).toBe(stringifyExact(json));
      }),
    );
    const own = parseExact('{"__proto__":{"polluted":true}}');
    expect([Object.keys(own as object), (own as { polluted?: true }).polluted]).toEqual([['__proto__'], undefined]);
  });

  test.each([
    ['a member twice', '{"a":1,"b":{"a":2},"a":3}', /names a member twice: "a"/],
    ['a member twice in two spellings', '{"a":1,"\\u0061":3}', /names a member twice: "a"/],
    ['a numeral beyond all doubles', '[1e400]', /too large: 1e400/],
    ['an endless numeral', `[${'1'.repeat(300_000)}]`, /a number has more than 1024 characters/],
    ['brackets without end', '['.repeat(300_000), /nested deeper than/],
    ['braces without end', '{"a":'.repeat(60_000), /nested deeper than/],
    ['two values', '{} {}', /no JSON: unexpected "{" at character 3/],
    ['nothing', '', /no JSON: it ends too early/],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseExact(text)).toThrow(SyntaxError);
    expect(() => parseExact(text)).toThrow(message);
  });
});

describe('a post’s plaintext', () => {
  test.each([
    ['{"type":"Note","content":"é"}', { type: 'Note', content: 'é' }],
    ['null', null],
    ['"[1]"', '[1]'],
    [' 12345678901234567890 ', 12345678901234567890n],
    [nested(LIMITS.postDepth), JSON.parse(nested(LIMITS.postDepth))],
    [`[${'0,'.repeat(LIMITS.postMembers - 1)}0]`, Array<number>(LIMITS.postMembers).fill(0)],
  ])('%.40s is a value', (text, value) => {
    expect(readPlaintext(encode(text))).toEqual({ value });
  });

  test.each([
    ['no JSON', 'this is no JSON'],
    [
      'what would be a second post in other text',
      '{"content":"mine"},"TimeStamp":"1"},{"Publisher":"owner","Content":{"content":"forged"}',
    ],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a level too many', nested(LIMITS.postDepth + 1)],
    ['20,000 brackets', nested(20_000)],
    ['300 KiB of brackets', '['.repeat(LIMITS.trxDataBytes)],
    ['an element too many', `[${'0,'.repeat(LIMITS.postMembers)}0]`],
    ['a member twice', '{"type":"Note","type":"Like"}'],
  ])('%s is text', (_name, text) => {
    expect(readPlaintext(encode(text))).toEqual({ text });
    expect(() => parsePost(text)).toThrow(SyntaxError);
  });

  test('bytes that are no UTF-8 are text with marks in their place', () => {
    expect(readPlaintext(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ text: '"\ufffd"' });
  });

  test('any bytes are one or the other, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const plain = readPlaintext(bytes);
        expect('text' in plain || stringifyExact(plain.value).length > 0).toBe(true);
      }),
    );
  });
});

import { expect, test } from 'vitest';
import { clampText, displayName, linkify, shortKey, TITLE_CLAMP, utf8Bytes, withoutStacks } from './text.ts';

test('a name loses what is invisible or turns the direction, and stays one short line', () => {
  expect(displayName('\u202Eevil\u200B\u2066 \n group')).toBe('evil group');
  expect(displayName('\u200B\u200D\uFEFF')).toBe('');
  expect(Array.from(displayName('n'.repeat(5000)))).toHaveLength(101);
  expect(displayName(`a${'\u0301'.repeat(400)}b`)).toBe(`a${'\u0301'.repeat(3)}b`);
  expect(displayName('שלום Группа 小组 👩‍🌾')).toContain('שלום Группа 小组');
});

test('keys show start and end; short ones stay whole', () => {
  expect(shortKey('AqdrgpUpRj41BBZmpcfu8VahwZ9IXx8yJl0iaCPW3b7B')).toBe('Aqdrgp…3b7B');
  expect(shortKey('short')).toBe('short');
});

test('bytes are those of UTF-8', () => {
  expect(utf8Bytes('aé小👩')).toBe(1 + 2 + 3 + 4);
});

test('short texts are shown whole; long ones are cut at a word or line and never inside a character', () => {
  expect(clampText('short')).toBeUndefined();
  expect(clampText('line\n'.repeat(16).trimEnd())).toBeUndefined();
  expect(clampText('line\n'.repeat(400))?.split('\n')).toHaveLength(16);
  const words = clampText('word '.repeat(2000)) ?? '';
  expect(words.length).toBeLessThanOrEqual(1000);
  expect(words.endsWith('word')).toBe(true);
  const astral = clampText(`a${'👩'.repeat(5000)}`) ?? '';
  expect(astral.isWellFormed()).toBe(true);
  expect(clampText('x'.repeat(300 * 1024))).toHaveLength(1000);
});

test('a title is folded sooner than a text', () => {
  expect(clampText('A title of a few words', TITLE_CLAMP)).toBeUndefined();
  expect(clampText('W'.repeat(200_000), TITLE_CLAMP)).toHaveLength(TITLE_CLAMP.chars);
  expect(clampText('T\n'.repeat(20_000), TITLE_CLAMP)?.split('\n')).toHaveLength(TITLE_CLAMP.lines);
});

test('towers of combining marks are cut, marks as scripts have them stay', () => {
  expect(withoutStacks(`M${'\u0301'.repeat(60_000)}!`)).toBe(`M${'\u0301'.repeat(8)}!`);
  for (const text of ['קְוֹצֵ֤ץ', 'น้ำ', 'स्त्री', 'Việt', '👩‍🌾']) expect(withoutStacks(text)).toBe(text);
});

test('http and https become links, with the punctuation around them left out', () => {
  expect(linkify('see https://a.example/x_(y), or (http://b.example/?q=1).')).toEqual([
    { text: 'see ' },
    { text: 'https://a.example/x_(y)', href: 'https://a.example/x_(y)' },
    { text: ', or (' },
    { text: 'http://b.example/?q=1', href: 'http://b.example/?q=1' },
    { text: ').' },
  ]);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'https://user:password@evil.example/',
  'https://evil\u202E.example/',
  'https://',
  'JaVaScRiPt://%0aalert(1)//https',
])('%j becomes no link', (text) => {
  expect(linkify(text).every((part) => part.href === undefined)).toBe(true);
});

test('the parts of any text put together are the text', () => {
  for (const text of [
    '',
    'https://a.example',
    'x https://a.example https://b.example y',
    'a'.repeat(300_000),
    'https://'.repeat(3000),
  ]) {
    expect(
      linkify(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
  }
});

test.each([
  ['https://аррӏе.com', 'https://xn--80ak6aa92e.com/'],
  ['https://\u0430pple.com/login', 'https://xn--pple-43d.com/login'],
  ['https://gοοgle.com', 'https://xn--ggle-0nda.com/'],
  ['https://ցօօցլе.example', 'https://xn--e1a53d1bata.example/'],
  ['https://bank.com\u30ce.jp', 'https://bank.xn--com-mn4b.jp/'],
  ['https://ɡoogle.com', 'https://xn--oogle-qmc.com/'],
  ['https://%61pple.com', 'https://apple.com/'],
  ['https://ｇｏｏｇｌｅ.com', 'https://google.com/'],
])('%s shows where it really leads', (address, shown) => {
  const [part] = linkify(address);
  expect(part).toEqual({ text: part?.href, href: part?.href });
  expect(part?.text).toMatch(/^[\x21-\x7e]+$/);
  expect(part?.text).toBe(shown);
});

test.each([
  'https://müller.de',
  'https://例え.jp/あ',
  'https://スーパー.example:8080/?q=1',
  'https://한국.kr',
  'http://127.0.0.1:8000/#x',
  'https://[::1]:8443/',
  'https://xn--80ak6aa92e.com',
  'HTTPS://Example.ORG',
  'https://en.wikipedia.org/wiki/Кириллица',
])('%s stays as it was written', (address) => {
  expect(linkify(address)).toEqual([{ text: address, href: new URL(address).href }]);
});

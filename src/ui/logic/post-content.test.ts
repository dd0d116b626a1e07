import { expect, test } from 'vitest';
import { listing, makePost, readContent, readPost, readPostText } from './post-content.ts';
import { POST_LIMIT_BYTES, postBytes } from './post-size.ts';
import { utf8Bytes } from './text.ts';

test.each([
  [makePost('hello', 'x'), 'hello'],
  [{ type: 'Note', content: 'hello' }, 'hello'],
  [{ type: 'Add', object: { type: 'Note', content: 'hello' }, target: { id: 'g' } }, 'hello'],
  [{ content: 'hello' }, 'hello'],
  ['just text', 'just text'],
  [{ type: 'Article', summary: 'hello' }, 'hello'],
])('%j reads as a note', (content, text) => {
  expect(readPost(content)).toMatchObject({ kind: 'note', text });
});

test('a title stands apart from the text; alone it is the text', () => {
  expect(readPost({ type: 'Article', name: 'Title', content: 'Body' })).toEqual({ kind: 'note', title: 'Title', text: 'Body' });
  expect(readPost({ name: 'Title' })).toEqual({ kind: 'note', title: undefined, text: 'Title' });
});

test.each([
  null,
  7,
  true,
  [],
  [1, { a: 2 }],
  {},
  { type: 'Like', object: 'https://x' },
  { object: { content: { evil: true } } },
  { content: 5 },
])('%j is listed, whatever it is', (content) => {
  const post = readPost(content);
  expect(post.kind).toBe('unknown');
  expect(JSON.parse(post.kind === 'unknown' ? post.json : '')).toEqual(content);
});

test('what a JSON text cannot hold is listed as well', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(readPost(circle).kind).toBe('unknown');
  expect(readPost(undefined).kind).toBe('unknown');
  expect(readPost(10n).kind).toBe('unknown');
});

test('text that looks like a post is no post: only what the node parsed has a shape', () => {
  const text = JSON.stringify(makePost('forged', 'x'));
  expect(readContent({ Content: text })).toEqual({ kind: 'note', title: undefined, text });
  expect(readContent({ Content: text, Unreadable: true })).toEqual({ kind: 'unreadable', text });
});

test('an own post is read from its JSON text, whatever an older version took', () => {
  expect(readPostText(JSON.stringify(makePost('hello', 'x')))).toMatchObject({ kind: 'note', text: 'hello' });
  expect(readPostText('{"n":12345678901234567890}')).toMatchObject({ json: '{\n  "n": 12345678901234567890\n}' });
  for (const json of ['[', '{"a":1,"a":2}', '['.repeat(20_000)])
    expect(readPostText(json)).toEqual({ kind: 'unreadable', text: json });
});

test('a listing is that of JSON, and bounded also where indentation is most of it', () => {
  const value = { a: [], b: {}, c: [1, 'x\n', null, { d: [[true]] }] };
  expect(listing(value)).toBe(JSON.stringify(value, null, 2));
  let deep: unknown = Array(60_000).fill(0);
  for (let level = 0; level < 60; level++) deep = [deep];
  expect(listing(deep).length).toBeLessThan(300_100);
  expect(listing(deep)).toMatch(/…$/);
});

test('the size of a post is that of its encrypted JSON', () => {
  const text = 'héllo "quoted"\n小';
  const json = JSON.stringify(makePost(text, '00000000-0000-4000-8000-000000000000'));
  expect(postBytes(text)).toBe(utf8Bytes(json) + 28);
  expect(postBytes('x'.repeat(POST_LIMIT_BYTES))).toBeGreaterThan(POST_LIMIT_BYTES);
});

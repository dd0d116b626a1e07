import { expect, test } from 'vitest';
import { makePost, readPost } from './post-content.ts';
import { POST_LIMIT_BYTES, postBytes } from './post-size.ts';
import { utf8Bytes } from './text.ts';

test.each([
  [makePost('hello', 'x'), 'hello'],
  [JSON.stringify(makePost('hello', 'x')), 'hello'],
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

test('the size of a post is that of its encrypted JSON', () => {
  const text = 'héllo "quoted"\n小';
  const json = JSON.stringify(makePost(text, '00000000-0000-4000-8000-000000000000'));
  expect(postBytes(text)).toBe(utf8Bytes(json) + 28);
  expect(postBytes('x'.repeat(POST_LIMIT_BYTES))).toBeGreaterThan(POST_LIMIT_BYTES);
});

import { expect, test } from 'vitest';
import { en } from './en.ts';
import { problemText } from './index.ts';
import { pluralFor } from './plural.ts';

test('the names that outside checks rely on, to the letter', () => {
  expect([
    en.start.create,
    en.start.join,
    en.create.submit,
    en.join.submit,
    en.composer.submit,
    en.share.open,
    en.share.copySeed,
  ]).toEqual(['Create group', 'Join group', 'Create', 'Join', 'Post', 'Share', 'Copy seed']);
  expect([en.create.name, en.create.appKey, en.join.seed, en.composer.label]).toEqual([
    'Group name',
    'App key',
    'Seed URL',
    'Write a post',
  ]);
  expect([en.state.pending, en.state.final, en.status.label]).toEqual(['Pending', 'Final', 'Status']);
  expect([0, 1, 2].map((count) => en.status.peers({ count }))).toEqual(['0 peers', '1 peers', '2 peers']);
});

test('no entry that stands in a pending post holds the word of a final one, nor the other way round', () => {
  for (const text of [en.state.sending, en.state.pending, en.state.pendingSent, en.state.pendingWaiting, en.state.invalid]) {
    expect(text).not.toMatch(/final/i);
  }
  expect(`${en.state.final} ${en.state.inBlock({ block: 1 })}`).not.toMatch(/pending/i);
});

test('the count chooses the form, as the language has it', () => {
  expect([1, 2, 1000].map((count) => pluralFor('en')(count, { one: '# post', other: '# posts' }))).toEqual([
    '1 post',
    '2 posts',
    '1,000 posts',
  ]);
  expect(pluralFor('pl')(2, { one: '# wpis', few: '# wpisy', other: '# wpisów' })).toBe('2 wpisy');
});

test('a known problem speaks the catalogue’s words, an unknown one the node’s', () => {
  expect(problemText(en, { code: 'storage-full', message: 'QuotaExceededError' })).toContain('Nothing is lost');
  expect(problemText(en, { code: 'bad-seed', message: 'The seed ends too early.' })).toBe('The seed ends too early.');
  expect(problemText(en, { code: 'toString', message: 'Kept.' })).toBe('Kept.');
  expect(problemText(en, { code: 'x', message: '' })).not.toBe('');
});

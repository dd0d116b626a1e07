import { expect, test } from 'vitest';
import { isLoopback, joinLink, normalizeSeed, previewSeed } from './seed-preview.ts';

const SEED = 'rum://seed?v=1&e=0&n=0&c=key&g=id&k=AqdrgpUp&s=sign&t=time&a=my%20group&y=app&u=http%3A%2F%2F127.0.0.1%3A8002';

test('a seed says its name, owner and access', () => {
  expect(previewSeed(SEED)).toEqual({ groupName: 'my group', ownerPubkey: 'AqdrgpUp', encryption: 'public' });
  expect(previewSeed(SEED.replace('e=0', 'e=1'))?.encryption).toBe('private');
});

test.each(['', 'hello', 'https://example.org', 'rum://seed', 'rum://seed?v=1', 'javascript:alert(1)'])(
  '%j is no seed to preview',
  (text) => {
    expect(previewSeed(text)).toBeUndefined();
  },
);

test('pasted with line breaks, as a web+rum link or as a page link it is the same seed', () => {
  expect(normalizeSeed(` ${SEED.slice(0, 40)}\n${SEED.slice(40)} `)).toBe(SEED);
  expect(normalizeSeed(`web+${SEED}`)).toBe(SEED);
  expect(normalizeSeed(joinLink('https://sett.example/?profile=a#/group/x', SEED))).toBe(SEED);
  expect(normalizeSeed('https://sett.example/#/join/%E0%A4%A')).toBe('https://sett.example/#/join/%E0%A4%A');
});

test('a link carries the seed behind the # only', () => {
  const link = new URL(joinLink('https://sett.example/?profile=a#/', SEED));
  expect(link.search).toBe('');
  expect(decodeURIComponent(link.hash)).toBe(`#/join/${SEED}`);
});

test('loopback names', () => {
  expect(['localhost', '127.0.0.1', '[::1]', 'a.localhost'].every(isLoopback)).toBe(true);
  expect(['sett.example', '192.168.0.2', 'localhost.example'].some(isLoopback)).toBe(false);
});

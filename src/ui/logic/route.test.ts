import { expect, test } from 'vitest';
import { parseRoute, paths } from './route.ts';

test('each path leads to its screen', () => {
  expect(parseRoute('')).toEqual({ screen: 'start' });
  expect(parseRoute(paths.start)).toEqual({ screen: 'start' });
  expect(parseRoute(paths.create)).toEqual({ screen: 'create' });
  expect(parseRoute(paths.backup)).toEqual({ screen: 'backup' });
  expect(parseRoute(paths.verify)).toEqual({ screen: 'verify' });
  expect(parseRoute(paths.join)).toEqual({ screen: 'join', seed: '' });
  expect(parseRoute(paths.feed('a/b'))).toEqual({ screen: 'feed', groupId: 'a/b' });
  expect(parseRoute(paths.blocks('g'))).toEqual({ screen: 'blocks', groupId: 'g', top: undefined });
  expect(parseRoute(paths.blocks('g', 7))).toEqual({ screen: 'blocks', groupId: 'g', top: 7 });
  expect(parseRoute(paths.block('g', 0))).toEqual({ screen: 'block', groupId: 'g', blockId: 0 });
  expect(parseRoute(paths.members('g'))).toEqual({ screen: 'members', groupId: 'g' });
  expect(parseRoute(paths.consensus('g'))).toEqual({ screen: 'consensus', groupId: 'g' });
  expect(parseRoute(paths.change('g'))).toEqual({ screen: 'change', groupId: 'g', recovery: false });
  expect(parseRoute(paths.recover('g'))).toEqual({ screen: 'change', groupId: 'g', recovery: true });
  expect(parseRoute(paths.trx('g', 't'))).toEqual({ screen: 'trx', groupId: 'g', trxId: 't' });
});

test('a seed arrives encoded or as it is', () => {
  const seed = 'web+rum://seed?v=1&u=http%3A%2F%2Fa';
  expect(parseRoute(`#/join/${encodeURIComponent(seed)}`)).toEqual({ screen: 'join', seed });
  expect(parseRoute('#/join/web+rum://seed?v=1')).toEqual({ screen: 'join', seed: 'web+rum://seed?v=1' });
  expect(parseRoute('#/join/%E0%A4%A')).toEqual({ screen: 'join', seed: '%E0%A4%A' });
});

test.each([
  '#/nowhere',
  '#/group',
  '#/group/g/block/x',
  '#/group/g/blocks/-1',
  '#/group/g/trx',
  '#/group/g/block/1/2',
  '#/group/g/members/x',
  '#/group/g/consensus/x',
  '#/create/x',
  '#/backup/x',
])('%s leads nowhere', (hash) => {
  expect(parseRoute(hash)).toEqual({ screen: 'unknown' });
});

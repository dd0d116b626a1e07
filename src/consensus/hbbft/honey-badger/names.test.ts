import { expect, test } from 'vitest';
import { toHex } from '../../../records/index.ts';
import type { Configuration } from '../../engine.ts';
import { coinName, doneHash, proposalLabel } from './names.ts';

const plain: Configuration = {
  groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11',
  nonce: 3,
  producers: [],
  ownerPubkey: '',
  intervalMs: 1_000,
  startEpoch: 1,
  engine: 'hbbft',
  rulesVersion: '1',
};

test('what is said under one recovery means nothing under another of the same nonce, nor without one (C-37)', () => {
  const configurations = [
    plain,
    { ...plain, bundleHash: new Uint8Array(32).fill(1) },
    { ...plain, bundleHash: new Uint8Array(32).fill(2) },
  ];
  const hash = new Uint8Array(32).fill(9);
  for (const name of [
    (configuration: Configuration) => coinName(configuration, 5, 1, 2),
    (configuration: Configuration) => proposalLabel(configuration, 5, 1),
    (configuration: Configuration) => doneHash(configuration, 5, 4, hash),
  ])
    expect(new Set(configurations.map((configuration) => toHex(name(configuration)))).size).toBe(3);
});

import { expect, test } from 'vitest';
import { barHeight, timelineOf } from './block-timeline.ts';

const block = (BlockId: number, Epoch: number, more: object = {}) => ({ GroupId: 'g', BlockId, Epoch, ...more });

test('blocks stand in order, with the epochs that left none, and whose seals they bear', () => {
  const blocks = timelineOf([
    block(3, 9, { Seals: [{ ProducerPubkey: 'A' }, { ProducerPubkey: 'B' }], Trxs: [{}, {}] }),
    block(2, 5, { ProducerPubkey: 'A' }),
  ]);
  expect(blocks).toEqual([
    { blockId: 2, epoch: 5, trxs: 0, sealers: ['A'], emptyEpochs: 0, changesConsensus: false },
    { blockId: 3, epoch: 9, trxs: 2, sealers: ['A', 'B'], emptyEpochs: 3, changesConsensus: false },
  ]);
});

test('a change of consensus is marked, the founding is none, and epochs that a change skips were never empty', () => {
  const blocks = timelineOf([
    block(1, 1, { Trxs: [{ Type: 2 }] }),
    block(2, 4, { Trxs: [{ Type: 2 }] }),
    block(3, 10_000, { ConfigNonce: 1, Trxs: [{}] }),
  ]);
  expect(blocks.map(({ changesConsensus, emptyEpochs }) => [changesConsensus, emptyEpochs])).toEqual([
    [false, 0],
    [true, 2],
    [false, 0],
  ]);
});

test('the fullest block has the tallest bar, and a few trxs alone do not', () => {
  expect(barHeight(1000, 1000)).toBe(1);
  expect(barHeight(1, 1)).toBeLessThan(0.5);
  expect(barHeight(0, 0)).toBe(0);
});

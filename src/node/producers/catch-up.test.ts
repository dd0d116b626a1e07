import { describe, expect, it } from 'vitest';
import { Block, blockHash } from '../../records/index.ts';
import { namedBy } from './catch-up.ts';

const made = (BlockId: number, PrevHash: Uint8Array, StateRoot = new Uint8Array(32)): Block => {
  const block = Block.create({ BlockId, PrevHash, StateRoot });
  return { ...block, BlockHash: blockHash(block) };
};

describe('blocks that a producer fetches (C-23)', () => {
  const first = made(5, new Uint8Array(32));
  const second = made(6, first.BlockHash);
  const third = made(7, second.BlockHash);
  const target = { epoch: 70, blockId: 7, blockHash: third.BlockHash };

  it('f+1 producers stand for the one that they named and for those that it is built on', () => {
    expect([...namedBy(target, [first, second, third])].map(({ BlockId }) => BlockId)).toEqual([7, 6, 5]);
  });

  it('nobody stands for what else is served with them, nor for a start that does not lead there', () => {
    const other = made(6, first.BlockHash, new Uint8Array(32).fill(1));
    expect([...namedBy(target, [first, other, third])]).toEqual([third]);
    expect([...namedBy(target, [first, second])]).toEqual([]);
  });
});

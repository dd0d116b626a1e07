import { beforeAll, describe, expect, it } from 'vitest';
import { signSeal } from '../crypto/index.ts';
import { configurationOf, KvState } from '../ledger/index.ts';
import { type Block, blockHash, initHash, sealBodyOf } from '../records/index.ts';
import { PaperChain } from '../sim/index.ts';
import { FreshBlocks } from './fresh-blocks.ts';

beforeAll(initHash);

/** A chain of three producers, and a node that has all but its last `ahead` blocks. */
function setting(ahead: number) {
  const paper = new PaperChain(7);
  const authors = [paper.owner, paper.alice, paper.bob];
  paper.add([paper.change([paper.owner])], [paper.owner]);
  paper.add([paper.change(authors)], [paper.owner]);
  for (let number = 0; number < 12; number++) paper.add([paper.alice.post(`number ${number}`, paper.timeNs)], authors);
  const tip = paper.blocks.at(-1 - ahead) as Block;
  const [next, afterNext] = paper.blocks.slice(-ahead) as [Block, Block];
  const initial = configurationOf(new KvState(), paper.identity);
  const producers = authors.map(({ pubkey }) => pubkey).sort();
  const chain = {
    identity: paper.identity,
    inForce: { ...initial, nonce: next.ConfigNonce, producers },
    head: { blockId: tip.BlockId },
  };
  const applied: Block[] = [];
  const taking = { isTaking: true, isRefusing: false };
  const fresh = new FreshBlocks({
    chain: chain as never,
    takesBlocks: () => taking.isTaking,
    apply: async (blocks) => {
      applied.push(...blocks);
      if (!taking.isRefusing) chain.head = { blockId: blocks[0]?.BlockId ?? 0 };
    },
    failed: (error) => {
      throw error;
    },
  });
  const whole = (block: Block, producer: number): Block => ({ ...block, Seals: block.Seals.slice(producer, producer + 1) });
  const seal = (block: Block, producer: number) => ({ Header: sealBodyOf(block), Seals: whole(block, producer).Seals });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { paper, fresh, next, afterNext, whole, seal, applied, taking, chain, settled };
}

describe('blocks that are told of while they are sealed (N-14)', () => {
  it('count once N−f seals and the body are here, in whatever order they come, one after the other', async () => {
    const { fresh, next, afterNext, whole, seal, applied, settled } = setting(2);
    // A later one is complete first.
    for (const producer of [0, 1, 2]) expect(fresh.hearSeal(seal(afterNext, producer))).toBe('accept');
    expect(fresh.hearBlock(whole(afterNext, 1))).toBe('accept');
    expect(fresh.hearSeal(seal(next, 2))).toBe('accept');
    expect(fresh.hearSeal(seal(next, 2))).toBe('accept');
    expect(fresh.hearSeal(seal(next, 1))).toBe('accept');
    await settled();
    expect(applied).toEqual([]);
    // Three producers tolerate no fault, so all three must have sealed.
    expect(fresh.hearBlock(whole(next, 0))).toBe('accept');
    await settled();
    expect(applied.map(({ BlockId }) => BlockId)).toEqual([next.BlockId, afterNext.BlockId]);
    expect(applied[0]?.Seals.map(({ ProducerPubkey }) => ProducerPubkey).sort()).toEqual(
      next.Seals.map(({ ProducerPubkey }) => ProducerPubkey).sort(),
    );
  });

  it('are passed on, and not collected, by a producer, which makes its own', async () => {
    const { fresh, next, whole, seal, applied, taking, settled } = setting(1);
    taking.isTaking = false;
    expect(fresh.hearBlock(whole(next, 0))).toBe('accept');
    for (const producer of [1, 2]) expect(fresh.hearSeal(seal(next, producer))).toBe('accept');
    await settled();
    expect(applied).toEqual([]);
  });

  it('are rejected where no honest producer can have told of them', async () => {
    const { fresh, next, whole, seal, settled, applied } = setting(1);
    const { Header, Seals } = seal(next, 0);
    const bad = Seals.map((each) => ({ ...each, Sign: each.Sign.with(3, (each.Sign[3] ?? 0) ^ 1) }));
    expect(fresh.hearSeal({ Header, Seals: bad })).toBe('reject');
    expect(fresh.hearSeal({ Header: undefined, Seals })).toBe('reject');
    expect(fresh.hearSeal({ Header, Seals: [] })).toBe('reject');
    expect(fresh.hearSeal({ Header, Seals: next.Seals })).toBe('reject');
    expect(fresh.hearSeal({ Header: { ...Header, GroupId: 'another' }, Seals })).toBe('reject');
    expect(fresh.hearSeal({ Header: { ...Header, Tag: 'sett/done/1' }, Seals })).toBe('reject');
    expect(fresh.hearSeal({ Header: { ...Header, StateRoot: new Uint8Array(32) }, Seals })).toBe('reject');
    expect(fresh.hearBlock({ ...next, Seals: [] })).toBe('reject');
    expect(fresh.hearBlock(next)).toBe('reject');
    // Its seal is good and its content another: it would take the place of the true one.
    expect(fresh.hearBlock({ ...whole(next, 0), Trxs: [] })).toBe('reject');
    for (const producer of [1, 2]) fresh.hearSeal(seal(next, producer));
    fresh.hearBlock(whole(next, 0));
    await settled();
    expect(applied).toHaveLength(1);
  });

  it('are passed over where they may be true and say nothing here', () => {
    const { fresh, next, seal, chain, paper } = setting(8);
    const far = paper.blocks.find(({ BlockId }) => BlockId === chain.head.blockId + 5) as Block;
    expect(fresh.hearSeal(seal(far, 0))).toBe('ignore');
    const old = paper.blocks.find(({ BlockId }) => BlockId === chain.head.blockId - 5);
    if (old) expect(fresh.hearSeal(seal(old, 0))).toBe('ignore');
    chain.inForce = { ...chain.inForce, nonce: chain.inForce.nonce + 1 };
    expect(fresh.hearSeal(seal(next, 0))).toBe('ignore');
    chain.inForce = { ...chain.inForce, nonce: chain.inForce.nonce - 1, producers: chain.inForce.producers.slice(1) };
    const left = next.Seals.findIndex(({ ProducerPubkey }) => !chain.inForce.producers.includes(ProducerPubkey));
    expect(fresh.hearSeal(seal(next, left))).toBe('ignore');
  });

  it('of one producer count for one hash a height, so that a faulty one fills no memory', () => {
    const { fresh, next, paper, seal, whole } = setting(1);
    expect(fresh.hearSeal(seal(next, 0))).toBe('accept');
    const sealer = [paper.owner, paper.alice, paper.bob].find(({ pubkey }) => pubkey === next.Seals[0]?.ProducerPubkey);
    const other = { ...next, TimeStamp: next.TimeStamp + 1n };
    const twin = { ...other, BlockHash: blockHash(other) };
    expect(fresh.hearBlock({ ...twin, Seals: sealer ? [signSeal(twin, sealer.secret)] : [] })).toBe('ignore');
    expect(fresh.hearBlock(whole(next, 0))).toBe('accept');
  });

  it('are dropped when they are refused, so that another copy may hold', async () => {
    const { fresh, next, whole, seal, applied, taking, settled } = setting(1);
    const tell = async (block: Block): Promise<void> => {
      for (const producer of [1, 2]) fresh.hearSeal(seal(next, producer));
      fresh.hearBlock(whole(block, 0));
      await settled();
    };
    taking.isRefusing = true;
    await tell({ ...next, Evidence: new Uint8Array(5) });
    taking.isRefusing = false;
    await tell(next);
    expect(applied.map(({ Evidence }) => Evidence.length)).toEqual([5, 0]);
  });
});

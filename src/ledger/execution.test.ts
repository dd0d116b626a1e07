import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFrontier, initCrypto, leafHash, merkleRoot } from '../crypto/index.ts';
import { HistoryLeaf, sha256, TrxResult, TrxType, trxHash } from '../records/index.ts';
import { paperGroup } from '../sim/index.ts';
import { assembleBlock, flawOf, sealBlock } from './block.ts';
import { TRX_BUDGET } from './budget.ts';
import { configurationOf } from './configuration.ts';
import { execute } from './dispatcher.ts';
import { BudgetExceeded, digestOf, type KvChange, KvOverlay, KvState, KvTransaction } from './kv.ts';
import { WriteSet } from './leaf.ts';
import { POOL_LIMITS, Pool } from './pool.ts';

const TIME_NS = 1_000_000_000_000n;
const { identity, owner, alice, bob } = paperGroup(3);

beforeAll(initCrypto);

describe('state (KV)', () => {
  it('shows nothing of an execution until it is confirmed, and nothing at all if it is dropped', () => {
    const state = new KvState();
    const announcement = alice.announcement();
    expect(announcement.AnnouncerPubkey).toBe(alice.pubkey);
    const overlay = new KvOverlay(state);
    overlay.set('users', 'a', Uint8Array.of(1));
    expect(overlay.get('users', 'a')).toEqual(Uint8Array.of(1));
    expect(state.get('users', 'a')).toBeUndefined();
    for (const { table, key, value } of overlay.changes()) state.apply(table, key, value);
    expect(state.get('users', 'a')).toEqual(Uint8Array.of(1));
  });

  it('tells with each change what stood there before, so that a block can be taken back', () => {
    const state = new KvState();
    state.apply('users', 'a', Uint8Array.of(1));
    const overlay = new KvOverlay(state);
    overlay.set('users', 'b', Uint8Array.of(2));
    overlay.set('users', 'a', undefined);
    const expected: KvChange[] = [
      { table: 'users', key: 'a', value: undefined, before: Uint8Array.of(1) },
      { table: 'users', key: 'b', value: Uint8Array.of(2), before: undefined },
    ];
    expect(overlay.changes()).toEqual(expected);
  });

  it('lets a trx spend its budget and not one operation or byte more (L-3)', () => {
    const counted = new KvTransaction(new KvState());
    for (let operation = 0; operation < TRX_BUDGET.operations; operation++) counted.get('users', 'a');
    expect(() => counted.get('users', 'a')).toThrow(BudgetExceeded);
    const weighed = new KvTransaction(new KvState());
    weighed.put('users', 'a', new Uint8Array(TRX_BUDGET.bytesWritten - 1));
    expect(() => weighed.put('users', 'b', new Uint8Array())).toThrow(BudgetExceeded);
  });

  it('digests a write set as protobuf rows in ascending order (L-5)', () => {
    const overlay = new KvOverlay(new KvState());
    overlay.set('users', 'b', Uint8Array.of(2));
    overlay.set('users', 'a', undefined);
    const rows = [
      { Table: 'users', Key: 'a', Value: new Uint8Array(), Deleted: true },
      { Table: 'users', Key: 'b', Value: Uint8Array.of(2), Deleted: false },
    ];
    expect(digestOf(overlay.changes())).toEqual(sha256(WriteSet.encode({ Rows: rows })));
  });
});

describe('history (L-5, L-6)', () => {
  it('has one leaf a trx in block order; a rejected trx writes nothing and has a leaf (L-2)', () => {
    const posts = [alice.post('one', TIME_NS), bob.post('two', TIME_NS)];
    const rejected = alice.trx(TrxType.ANNOUNCE, Uint8Array.of(9), TIME_NS);
    const trxs = [...posts.slice(0, 1), rejected, ...posts.slice(1)];
    const { answers, changes, stateRoot } = execute(new KvState(), emptyFrontier(), trxs, identity);
    expect(answers.map(({ result }) => result)).toEqual([TrxResult.APPLIED, TrxResult.REJECTED, TrxResult.APPLIED]);
    const leaves = trxs.map((trx, place) => {
      const own = changes.filter(({ key }) => key === `${trx.SenderPubkey}/${trx.TrxId}`);
      const result = place === 1 ? TrxResult.REJECTED : TrxResult.APPLIED;
      return leafHash(HistoryLeaf.encode({ TrxHash: trxHash(trx), WriteSetDigest: digestOf(own), Result: result }));
    });
    expect(stateRoot).toEqual(merkleRoot(leaves));
  });

  it('goes on from block to block and leaves what came before as it was', () => {
    const [first, second] = [alice.post('one', TIME_NS), alice.post('two', TIME_NS + 1n)];
    const before = emptyFrontier();
    const one = execute(new KvState(), before, [first], identity);
    const two = execute(new KvState(), one.frontier, [second], identity);
    const both = execute(new KvState(), before, [first, second], identity);
    expect(two.stateRoot).toEqual(both.stateRoot);
    expect([before.size, one.frontier.size, two.frontier.size]).toEqual([0, 1, 2]);
    expect([...one.historyNodes, ...two.historyNodes]).toEqual(both.historyNodes);
  });
});

describe('blocks', () => {
  const configuration = configurationOf(new KvState(), identity);
  const parent = { blockId: 4, epoch: 7, timeNs: TIME_NS, hash: sha256(Uint8Array.of(4)) };
  const trxs = [alice.post('one', TIME_NS)];
  const make = () => {
    const { stateRoot } = execute(new KvState(), emptyFrontier(), trxs, identity);
    const block = assembleBlock({ parent, configuration, epoch: 9, proposers: [0], timeNs: TIME_NS + 5n, trxs, stateRoot });
    return sealBlock(block, configuration, owner.secret);
  };

  it('are final with the seal of their configuration (C-11), signed as well where one produces', () => {
    expect(flawOf(make(), parent, configuration)).toBeUndefined();
  });

  it.each<[string, (block: ReturnType<typeof make>) => ReturnType<typeof make>, string]>([
    ['a trx changed', (block) => ({ ...block, Trxs: [bob.post('two', TIME_NS)] }), 'wrong-hash'],
    ['another root', (block) => ({ ...block, StateRoot: sha256(Uint8Array.of(1)) }), 'wrong-hash'],
    ['no seal', (block) => ({ ...block, Seals: [] }), 'not-final'],
    ['no signature', (block) => ({ ...block, ProducerSign: new Uint8Array() }), 'not-final'],
    ['another parent', (block) => ({ ...block, PrevHash: sha256(Uint8Array.of(1)) }), 'wrong-parent'],
    ['another height', (block) => ({ ...block, BlockId: 6 }), 'wrong-height'],
    ['an old epoch', (block) => ({ ...block, Epoch: 7 }), 'wrong-epoch'],
    ['an old time', (block) => ({ ...block, TimeStamp: TIME_NS }), 'wrong-time'],
    ['another configuration', (block) => ({ ...block, ConfigNonce: 1 }), 'wrong-configuration'],
    ['another producer', (block) => ({ ...block, ProducerPubkey: bob.pubkey }), 'wrong-producer'],
    ['no trx', (block) => ({ ...block, Trxs: [] }), 'empty'],
    ['another group', (block) => ({ ...block, GroupId: 'other' }), 'wrong-group'],
  ])('are refused with %s', (_, spoil, flaw) => {
    expect(flawOf(spoil(make()), parent, configuration)).toBe(flaw);
  });

  it('are refused when somebody who does not produce sealed them', () => {
    const unsealed = { ...make(), Seals: [], ProducerSign: new Uint8Array() };
    expect(flawOf(sealBlock(unsealed, configuration, bob.secret), parent, configuration)).toBe('not-final');
  });
});

describe('pool (C-6)', () => {
  const options = { producerIndex: 0, producers: 1, intervalMs: 1_000, nowMs: 0, nowNs: TIME_NS, limitBytes: 1_000_000 };

  it('proposes what waits, oldest first, up to the limit', () => {
    const pool = new Pool();
    const posts = [1, 2, 3].map((number) => alice.post(`${number}`, TIME_NS));
    for (const trx of posts) expect(pool.add(trx, 0, TIME_NS)).toBe('added');
    expect(pool.add(posts[0] ?? alice.post('', TIME_NS), 0, TIME_NS)).toBe('known');
    expect(pool.select(options)).toEqual(posts);
    expect(pool.select({ ...options, limitBytes: pool.bytes - 1 })).toEqual(posts.slice(0, 2));
  });

  it('takes a trx that was signed again once the first has expired, and forgets the expired', () => {
    const pool = new Pool();
    const first = alice.post('late', TIME_NS);
    const again = alice.post('late', TIME_NS, { TrxId: first.TrxId, Expired: first.Expired * 2n });
    pool.add(first, 0, TIME_NS);
    expect(pool.add(again, 0, TIME_NS)).toBe('known');
    expect(pool.add(again, 0, first.Expired)).toBe('added');
    expect(pool.size).toBe(1);
    pool.prune(again.Expired);
    expect([pool.size, pool.bytes]).toEqual([0, 0]);
  });

  it('splits trxs among several producers and helps out after two intervals', () => {
    const pool = new Pool();
    for (let number = 0; number < 40; number++) pool.add(alice.post(`${number}`, TIME_NS), 0, TIME_NS);
    const shares = [0, 1, 2, 3].map((producerIndex) => pool.select({ ...options, producers: 4, producerIndex }));
    expect(new Set(shares.flat().map(({ TrxId }) => TrxId)).size).toBe(40);
    expect(shares.flat()).toHaveLength(40);
    expect(pool.select({ ...options, producers: 4, nowMs: 2_000 })).toHaveLength(40);
  });

  it('is bounded', () => {
    const pool = new Pool();
    const large = alice.post('x', TIME_NS, { Data: new Uint8Array(290 * 1024) });
    let added = 0;
    for (let number = 0; number < 300; number++) {
      const trx = { ...large, TrxId: `${number}` };
      if (pool.add(trx, 0, TIME_NS) === 'added') added += 1;
    }
    expect(added).toBeLessThan(300);
    expect(pool.bytes).toBeLessThanOrEqual(POOL_LIMITS.bytes);
  });
});

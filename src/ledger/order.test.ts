import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFrontier, initCrypto, signRequest, verifyTrx } from '../crypto/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResultBundle,
  ConsensusResult,
  LIMITS,
  StorageType,
  type Trx,
  TrxType,
} from '../records/index.ts';
import { type Author, paperGroup } from '../sim/index.ts';
import { configurationOf } from './configuration.ts';
import { execute } from './dispatcher.ts';
import { KvState } from './kv.ts';
import { blockTimeNs, type OrderContext, orderTrxs, whyExcluded } from './order.ts';
import { ListRow, listKey } from './rules.ts';

const NOW_NS = 1_000_000_000_000n;
const { identity, owner, alice, bob } = paperGroup(2);

beforeAll(initCrypto);

function context(over: Partial<OrderContext> = {}): OrderContext {
  const state = new KvState();
  return {
    identity,
    configuration: configurationOf(state, identity),
    state,
    blockTimeNs: NOW_NS,
    inChain: () => false,
    isSigned: verifyTrx,
    ...over,
  };
}

const post = (author: Author, number: number, over: Partial<Trx> = {}) => author.post(`${number}`, NOW_NS - BigInt(number), over);

describe('what enters a block (C-7)', () => {
  it('keeps a good trx', () => {
    expect(whyExcluded(post(alice, 1), context())).toBeUndefined();
  });

  it.each<[string, () => Trx, Partial<OrderContext>, RegExp]>([
    ['another group', () => post(alice, 1, { GroupId: 'other' }), {}, /another group/],
    ['expired at the block’s time', () => post(alice, 1, { Expired: NOW_NS }), {}, /expired/],
    ['a bad signature', () => ({ ...post(alice, 1), SenderSign: post(bob, 1).SenderSign }), {}, /signature/],
    ['a copied sender', () => ({ ...post(alice, 1), SenderPubkey: bob.pubkey }), {}, /signature/],
    ['in the chain', () => post(alice, 1), { inChain: () => true }, /already/],
    ['a type that is the owner’s', () => alice.trx(TrxType.CHAIN_CONFIG, new Uint8Array(), NOW_NS - 1n), {}, /rules/],
    ['a type that no block holds', () => owner.trx(TrxType.REQ_BLOCK, new Uint8Array(), NOW_NS - 1n), {}, /rules/],
    ['a CONSENSUS trx that does not verify', () => owner.trx(TrxType.CONSENSUS, Uint8Array.of(1), NOW_NS - 1n), {}, /proof/],
  ])('drops %s', (_, trx, over, reason) => {
    expect(whyExcluded(trx(), context(over))).toMatch(reason);
    expect(orderTrxs([trx()], context(over))).toEqual([]);
  });

  it('drops a trx over the size limit', () => {
    const large = { ...post(alice, 1), Data: new Uint8Array(LIMITS.trxDataBytes + 1) };
    expect(whyExcluded(large, context())).toMatch(/too large/);
  });

  it('drops what the deny list forbids as it stood when the block began', () => {
    const state = new KvState();
    state.apply('rules', listKey('deny', alice.pubkey), ListRow.encode({ Types: [TrxType.POST], Item: new Uint8Array() }));
    expect(orderTrxs([post(alice, 1), post(bob, 1)], context({ state }))).toHaveLength(1);
  });

  it('of copies with equal sender and id keeps the one with the smallest time, whatever order they came in', () => {
    const first = post(alice, 2);
    const second = post(alice, 1, { TrxId: first.TrxId });
    expect(orderTrxs([first, second], context())).toEqual([first]);
    expect(orderTrxs([second, first], context())).toEqual([first]);
  });

  it('takes nothing from a trx whose id another sender copied (R-9)', () => {
    const original = post(alice, 1);
    const copy = post(bob, 1, { TrxId: original.TrxId });
    expect(orderTrxs([copy, original], context())).toHaveLength(2);
  });

  it('stores trxs with ResendCount and StorageType 0', () => {
    const resent = { ...post(alice, 1), ResendCount: 3, StorageType: StorageType.CACHE };
    expect(orderTrxs([resent], context())).toMatchObject([{ ResendCount: 0, StorageType: StorageType.CHAIN }]);
  });
});

describe('results of changes of consensus (C-7, C-33)', () => {
  /** One of the owner, of one whom nobody had to answer. */
  const result = (nonce: number, ended: ConsensusResult): Trx => {
    const asked = {
      ReqId: `request ${nonce}`,
      GroupId: identity.groupId,
      Nonce: nonce,
      ProducerPubkeyList: [alice.pubkey],
      AgreementTickLenInMs: 5_000,
      AgreementTickCount: 10,
      StartFromEpoch: 100,
      TrxEpochTickLenInMs: 1_000,
    };
    const request = signRequest(ChangeConsensusReq.create(asked), owner.secret);
    const bundle = ChangeConsensusResultBundle.create({ Result: ended, Req: request, Epoch: request.StartFromEpoch });
    return owner.trx(TrxType.CONSENSUS, ChangeConsensusResultBundle.encode(bundle), NOW_NS - BigInt(nonce));
  };
  const { FAIL, TIMEOUT, SUCCESS } = ConsensusResult;
  const under = (nonce: number, state = new KvState()): OrderContext => {
    const configuration = { ...configurationOf(state, identity), nonce, nonceFloor: nonce };
    return context({ state, configuration });
  };

  it('takes a TIMEOUT or FAILED that a later change has overtaken, once: every request keeps its result', () => {
    const state = new KvState();
    for (const ended of [FAIL, TIMEOUT]) expect(whyExcluded(result(3, ended), under(4, state))).toBeUndefined();
    const { changes } = execute(state, emptyFrontier(), [result(3, FAIL)], identity);
    for (const { table, key, value } of changes) state.apply(table, key, value);
    expect(whyExcluded(result(3, TIMEOUT), under(4, state))).toMatch(/proof/);
  });

  it('takes no success that a later change has overtaken', () => {
    expect(whyExcluded(result(3, SUCCESS), under(4))).toMatch(/proof/);
  });

  it('takes one a block, the lowest nonce first, one that was overtaken before all', () => {
    const [late, next, after] = [result(3, FAIL), result(5, FAIL), result(6, FAIL)];
    expect(orderTrxs([after, next], under(4))).toEqual([next]);
    expect(orderTrxs([after, late, next], under(4))).toEqual([late]);
  });
});

describe('order in a block (C-8)', () => {
  const trxs = [owner, alice, bob].flatMap((author) => [1, 2, 3, 4].map((number) => post(author, number)));

  it('is the same for every order of proposal, and ordering a block again changes nothing', () => {
    const expected = orderTrxs(trxs, context());
    fc.assert(
      fc.property(fc.shuffledSubarray(trxs, { minLength: trxs.length }), (shuffled) => {
        expect(orderTrxs(shuffled, context())).toEqual(expected);
      }),
      { numRuns: 30 },
    );
    expect(orderTrxs(expected, context())).toEqual(expected);
  });

  it('puts the owner last and a sender’s trxs in order of time', () => {
    const ordered = orderTrxs(trxs, context());
    expect(ordered.slice(-4).every(({ SenderPubkey }) => SenderPubkey === owner.pubkey)).toBe(true);
    for (const author of [owner, alice, bob]) {
      const times = ordered.filter(({ SenderPubkey }) => SenderPubkey === author.pubkey).map(({ TimeStamp }) => TimeStamp);
      expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    }
  });
});

describe('block time (C-9)', () => {
  it('is the lower median of the proposals’ times', () => {
    expect(blockTimeNs([30n, 10n, 20n], 0n)).toBe(20n);
    expect(blockTimeNs([30n, 10n, 20n, 40n], 0n)).toBe(20n);
    expect(blockTimeNs([7n], 0n)).toBe(7n);
  });

  it('is at least one nanosecond after the block before', () => {
    expect(blockTimeNs([5n], 5n)).toBe(6n);
    expect(blockTimeNs([], 9n)).toBe(10n);
  });
});

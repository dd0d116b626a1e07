import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFrontier, initCrypto, initThreshold, verifyTrx } from '../crypto/index.ts';
import { type Trx, TrxType } from '../records/index.ts';
import { dealtChange, PaperChain, SeededRandom } from '../sim/index.ts';
import { flawOf, sealBlock } from './block.ts';
import { type ActiveConfiguration, bundleHash, configurationOf, RECOVERED_KEY } from './configuration.ts';
import { execute } from './dispatcher.ts';
import { KvState } from './kv.ts';
import { type OrderContext, orderTrxs, whyExcluded } from './order.ts';
import { recoveryIn } from './recovery.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

/** A chain of two blocks, and a recovery of bob with its owner from there. */
function recovered() {
  const chain = new PaperChain(7);
  const { owner, alice, bob, identity } = chain;
  const ordinary = chain.change([owner, alice]);
  const base = chain.add([ordinary], [owner]);
  const trx = chain.change([owner, bob], base);
  const later = chain.change([owner]);
  const recovery = recoveryIn(trx, identity, 0);
  if (!recovery) throw new Error('the recovery does not verify');
  const context = (configuration: ActiveConfiguration): OrderContext => {
    const state = new KvState();
    const blockTimeNs = chain.timeNs + 1n;
    return { identity, configuration, state, blockTimeNs, inChain: () => false, isSigned: verifyTrx };
  };
  const before = configurationOf(new KvState(), identity);
  const post = (number: number): Trx => alice.post(`${number}`, chain.timeNs - BigInt(number));
  return { chain, identity, base, trx, later, recovery, before, context, post };
}

describe('the trx of a recovery (C-37)', () => {
  it('comes first in the first block of its producers, which takes no other change', () => {
    const { trx, later, recovery, context, post } = recovered();
    const opening = context(recovery.configuration);
    const posts = [post(1), post(2)];
    expect(orderTrxs([...posts, later, trx], opening).map(({ Type }) => Type)).toEqual([
      TrxType.CONSENSUS,
      TrxType.POST,
      TrxType.POST,
    ]);
    expect(orderTrxs([...posts, later, trx], opening)[0]?.TrxId).toBe(trx.TrxId);
    expect(whyExcluded(later, opening)).toMatch(/enter the chain first/);
  });

  it('is waited for: without it there is no block', () => {
    const { recovery, context, post, later } = recovered();
    expect(orderTrxs([post(1), later], context(recovery.configuration))).toEqual([]);
  });

  it('enters no block of the producers before, nor of another recovery', () => {
    const { trx, before, recovery, context, identity, chain, base } = recovered();
    expect(whyExcluded(trx, context(before))).toMatch(/only its own producers/);
    expect(orderTrxs([trx], context(before))).toEqual([]);
    const other = recoveryIn(chain.change([chain.owner, chain.alice], base), identity, 0);
    if (!other) throw new Error('the other recovery does not verify');
    expect(whyExcluded(trx, context(other.configuration))).toMatch(/only its own producers/);
    expect(recovery.configuration.bundleHash).not.toEqual(other.configuration.bundleHash);
  });

  it('is none below the nonce in force, nor from anybody but the owner', () => {
    const { trx, later, recovery, identity } = recovered();
    expect(recoveryIn(trx, identity, recovery.nonce)).toBeUndefined();
    expect(recoveryIn({ ...trx, SenderPubkey: 'another' }, identity, 0)).toBeUndefined();
    expect(recoveryIn(later, identity, 0)).toBeUndefined();
    expect(recoveryIn(undefined, identity, 0)).toBeUndefined();
  });
});

describe('a change that is asked for after a recovery (C-38)', () => {
  it('sets nothing on a chain that the recovery has left behind', () => {
    const { chain, identity, recovery, before, context } = recovered();
    const name = bundleHash(recovery.bundle);
    const ordinary = (passed: Uint8Array): Trx =>
      dealtChange({
        seed: identity,
        signSecrets: [chain.owner.secret],
        intervalMs: 1_000,
        encryption: 0,
        random: new SeededRandom(3, 'change'),
        timeNs: chain.timeNs,
        nonce: 9,
        passed,
      });
    const state = new KvState();
    const after = ordinary(name);
    expect(whyExcluded(after, { ...context(before), state })).toMatch(/proof/);
    state.apply('consensus', RECOVERED_KEY, name);
    expect(whyExcluded(after, { ...context(before), state })).toBeUndefined();
    expect(whyExcluded(ordinary(new Uint8Array(32)), { ...context(before), state })).toMatch(/proof/);
    expect(whyExcluded(ordinary(new Uint8Array()), context(before))).toBeUndefined();
  });

  it('finds the recovery in the state that the first block of the recovery leaves', () => {
    const { identity, recovery, trx } = recovered();
    const state = new KvState();
    const { changes } = execute(state, emptyFrontier(), [trx], identity);
    for (const { table, key, value } of changes) state.apply(table, key, value);
    expect(state.get('consensus', RECOVERED_KEY)).toEqual(bundleHash(recovery.bundle));
  });
});

describe('the first block of a recovery (C-37)', () => {
  it('does not begin before the epoch that was asked for', () => {
    const { chain, base, trx, recovery } = recovered();
    const { owner, bob } = chain;
    const block = chain.add([trx], [owner, bob], true);
    const parent = { blockId: base.BlockId, epoch: base.Epoch, timeNs: base.TimeStamp, hash: base.BlockHash };
    const under = (startEpoch: number) => ({ ...recovery.configuration, startEpoch });
    expect(flawOf(block, parent, under(block.Epoch))).toBeUndefined();
    expect(flawOf(block, parent, under(block.Epoch + 1))).toBe('wrong-epoch');
    // One of the producers before is of another configuration first of all: whoever serves it may not know of the recovery.
    expect(flawOf({ ...block, ConfigNonce: 0 }, parent, under(block.Epoch + 1))).toBe('wrong-configuration');
    expect(sealBlock(block, recovery.configuration, owner.secret).Seals).toHaveLength(1);
  });
});

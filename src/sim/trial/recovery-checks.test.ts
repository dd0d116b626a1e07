import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto, initThreshold } from '../../crypto/index.ts';
import type { Write } from '../../node/index.ts';
import { ProducerFrame, ProducerHello } from '../../node/index.ts';
import { Block, ChangeConsensusReq, ChangeConsensusResp, ConsensusContract, Trx } from '../../records/index.ts';
import { PaperChain } from '../paper-chain.ts';
import { type SimulatedMachine, World } from '../world.ts';
import { Branches } from './branches.ts';
import { ConfigurationChecks } from './configuration-checks.ts';
import { isHeldUp } from './held-up.ts';
import { Watch } from './watch.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const block = (BlockId: number, byte: number, before: number, ConfigNonce: number): Block =>
  Block.create({ BlockId, BlockHash: hash(byte), PrevHash: hash(before), ConfigNonce });

describe('blocks beside each other', () => {
  it('are one too many, but for a recovery between their configurations with a base below them (C-38, C-39)', () => {
    const branches = new Branches();
    for (const height of [1, 2, 3]) expect(branches.add(block(height, height, height - 1, 1))).toBe('new');
    expect(branches.add(block(3, 3, 2, 1))).toBe('known');
    expect(branches.add(block(3, 13, 2, 1))).toBe('other');
    expect(branches.add(block(3, 13, 2, 2))).toBe('other');
    branches.recovered(2, 2);
    expect(branches.add(block(2, 12, 1, 2))).toBe('other');
    expect(branches.add(block(3, 13, 2, 2))).toBe('new');
    expect(branches.add(block(3, 23, 2, 2))).toBe('other');
    expect(branches.add(block(4, 4, 3, 1))).toBe('new');
    expect(branches.isBelow('03'.repeat(32), '04'.repeat(32))).toBe(true);
    expect(branches.isBelow('0d'.repeat(32), '04'.repeat(32))).toBe(false);
  });
});

describe('a group is held up', () => {
  const names = ['a', 'b', 'c', 'd'];
  function heldUp(bound: Record<string, number>, honest: readonly string[], about: Record<string, object> = {}): boolean {
    const machines = names.map((name) => {
      const group = { head: { hash: 'same' }, producers: names, consensus: { nonce: 2 }, ...about[name] };
      return { name, node: { view: () => ({ groups: [group] }) } } as unknown as SimulatedMachine;
    });
    return isHeldUp({
      honest: machines.filter(({ name }) => honest.includes(name)),
      machineOf: (pubkey) => machines.find(({ name }) => name === pubkey),
      isBound: ({ name }, nonce) => (bound[name] ?? 0) > nonce,
    });
  }

  it('if promises alone leave no quorum that may speak, and everybody is at one head (C-36)', () => {
    const honest = ['b', 'c', 'd'];
    expect(heldUp({ b: 3 }, honest)).toBe(true);
    expect(heldUp({}, honest)).toBe(false);
    expect(heldUp({ b: 2 }, honest)).toBe(false);
    expect(heldUp({ b: 3 }, names)).toBe(false);
    expect(heldUp({ b: 3 }, ['c', 'd'])).toBe(false);
    expect(heldUp({ b: 3 }, honest, { c: { head: { hash: 'other' } } })).toBe(false);
    expect(heldUp({ b: 3 }, honest, { c: { problem: { code: 'two-chains' } } })).toBe(false);
    expect(heldUp({ b: 3 }, honest, { b: { consensus: { nonce: 3 }, producers: ['b'] } })).toBe(false);
  });
});

describe('each check of a recovery fires on a planted bug', () => {
  function checked() {
    const chain = new PaperChain(1);
    const { owner, alice, bob } = chain;
    chain.add([chain.change([owner])], [owner]);
    const base = chain.add([chain.change([owner, alice])], [owner]);
    const failures: string[] = [];
    const checks = new ConfigurationChecks({ fail: (message) => failures.push(message), changed: () => {} });
    checks.begin(chain.identity, 1, 2);
    const recovery = chain.change([owner, bob], base);
    const store = (about: Partial<Block>) =>
      checks.stored(
        { name: 'owner' } as SimulatedMachine,
        Block.create({ BlockId: 3, PrevHash: base.BlockHash, Epoch: 1_000, ...about }),
      );
    return { failures, recovery, store };
  }

  it('a good one passes', () => {
    const { failures, recovery, store } = checked();
    store({ ConfigNonce: 2, Trxs: [recovery] });
    expect(failures).toEqual([]);
  });

  it.each([
    ['on another block than its base', { PrevHash: hash(9) }, 'block 3 opens a recovery that names another base'],
    ['ordered by the producers before', { ConfigNonce: 1 }, 'block 3 orders a recovery, which only its own producers may'],
    ['before the epoch that was asked for', { Epoch: 1 }, 'epoch 1 is before its configuration begins'],
    ['at another height', { BlockId: 4 }, 'block 4 opens a recovery that names another base'],
  ])('%s', (_what, about, failure) => {
    const { failures, recovery, store } = checked();
    store({ ConfigNonce: 2, Trxs: [recovery], ...about });
    expect(failures).toContain(failure);
  });

  it('after other trxs, or with another change', () => {
    const { failures, recovery, store } = checked();
    store({ ConfigNonce: 2, Trxs: [Trx.create({ TrxId: 'post' }), recovery] });
    expect(failures).not.toEqual([]);
    const again = checked();
    again.store({ ConfigNonce: 2, Trxs: [again.recovery, again.recovery] });
    expect(again.failures).toEqual(['block 3 has a second CONSENSUS trx']);
  });

  it('a word under a lower nonce than the one that was promised (C-36)', async () => {
    const watch = new Watch();
    const world = await World.create(1, watch);
    for (const name of ['a', 'b']) await world.addMachine(name);
    const [a, b] = world.machines as [SimulatedMachine, SimulatedMachine];
    watch.begin(world, 'group', world.machines);
    const say = (nonce: number): void => {
      const hello = ProducerHello.create({ Tag: 'sett/producer-hello/1', GroupId: 'group', ConfigNonce: nonce, Pubkey: 'a' });
      watch.sent(a, b.peerId, ProducerHello.encode(hello));
      watch.sent(
        a,
        b.peerId,
        ProducerFrame.encode(ProducerFrame.create({ Seals: [{ BlockId: 1, BlockHash: hash(1), Seal: undefined }] })),
      );
    };
    const log = (key: string, value: Uint8Array = new Uint8Array()): Write => ({
      table: 'log',
      key: `group/change/asked/${key}`,
      value,
    });
    const promise = (nonce: number, about: Partial<ChangeConsensusResp> = {}): Write => {
      const Contract = ConsensusContract.create({ Recovery: true });
      const Req = ChangeConsensusReq.create({ Nonce: nonce, Contract });
      return log(`response/${nonce}`, ChangeConsensusResp.encode(ChangeConsensusResp.create({ Req, ...about })));
    };
    watch.written(a, [promise(4, { Refused: 'no' }), promise(3), log('released/3')]);
    say(1);
    watch.check();
    watch.written(a, [promise(5)]);
    watch.follow(5, world.machines);
    say(5);
    watch.check();
    say(1);
    expect(() => watch.check()).toThrow('a speaks under configuration 1, though it has promised the recovery 5');
  });
});

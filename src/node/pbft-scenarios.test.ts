import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pbftMessages } from '../consensus/index.ts';
import { groupTopic, replaceSignatures, signSeal } from '../crypto/index.ts';
import { type ActiveConfiguration, flawOf } from '../ledger/index.ts';
import {
  type Block,
  blockHash,
  decodeOrNothing,
  faultyLimit,
  parseSeed,
  quorum,
  type Trx,
  TrxResult,
  TrxType,
} from '../records/index.ts';
import { AnnouncedGroup, idealSignatures, type SimulatedMachine, World } from '../sim/index.ts';
import { sealTrxs } from './envelope.ts';
import { makeTrx, newUuid } from './genesis.ts';
import { openSecrets } from './keystore.ts';
import { ProducerFrame } from './producers/frames.ts';
import type { WantedChange } from './service.ts';

const LIMIT_MS = 180_000;
const plainVault = { seal: async (bytes: Uint8Array) => bytes.slice(), open: async (bytes: Uint8Array) => bytes.slice() };

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

async function change(group: AnnouncedGroup, places: readonly number[], over: Partial<WantedChange>): Promise<void> {
  const { world, owner, groupId } = group;
  const { nonce } = group.view(owner).consensus;
  await world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys(places), over)));
  const isThere = (): boolean =>
    group.machines.every((machine) => !machine.isRunning || group.view(machine).consensus.nonce > nonce);
  expect(await world.runUntil(isThere, LIMIT_MS)).toBe(true);
}

/** Four producers under PBFT, the owner the first of them, and a user. */
async function groupOf(seed: number): Promise<AnnouncedGroup> {
  const group = await AnnouncedGroup.create(await World.create(seed), 5);
  await change(group, [0, 1, 2, 3], { engine: 'pbft' });
  return group;
}

const messagesIn = (data: Uint8Array) =>
  (decodeOrNothing(ProducerFrame, data)?.Engine ?? []).map((bytes) => pbftMessages.decodeMessage(bytes, 4));

const headOf = (group: AnnouncedGroup, machine: SimulatedMachine): number => group.view(machine).head.blockId;
const blockAt = (group: AnnouncedGroup, blockId: number): Promise<Block> =>
  group.world.settled(group.owner.node.block(group.groupId, blockId));

async function secretOf(group: AnnouncedGroup, place: number): Promise<Uint8Array> {
  const store = group.machine(place).disk.open({ fence: false });
  const secrets = await group.world.settled(openSecrets(group.groupId, store, plainVault));
  if (!secrets) throw new Error('it has no keys');
  return secrets.signSecret;
}

/** Sends trxs to everybody's gossip, as often and in the order that they stand in. */
async function gossip(group: AnnouncedGroup, trxs: readonly Trx[]): Promise<void> {
  const { world, groupId, owner } = group;
  const { cipherKey } = parseSeed(owner.node.seed(groupId));
  const name = `peer-gossip-${world.time.nowMs}`;
  const host = world.network.connect(name);
  host.listenToNobody();
  await world.settled(host.publish(groupTopic(cipherKey, groupId), sealTrxs(cipherKey, trxs, world.random.fork(name))));
}

/** A trx of the user's key, as its node would make one. */
async function trxOf(group: AnnouncedGroup, type: TrxType, data: Uint8Array): Promise<Trx> {
  const { world, groupId } = group;
  return makeTrx({
    trxId: newUuid(world.random.fork(`trx ${world.time.nowMs} ${data.length}`)),
    type,
    groupId,
    data,
    timeNs: (await blockAt(group, headOf(group, group.owner))).TimeStamp + 1n,
    intervalMs: 1_000,
    signSecret: await secretOf(group, 4),
  });
}

/** How often each trx is in the chain, by id. */
async function countsOf(group: AnnouncedGroup): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let blockId = 1; blockId <= headOf(group, group.owner); blockId++) {
    for (const { TrxId } of (await blockAt(group, blockId)).Trxs) counts.set(TrxId, (counts.get(TrxId) ?? 0) + 1);
  }
  return counts;
}

const isThere = async (group: AnnouncedGroup, trxs: readonly Trx[]): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += 1_000) {
    const counts = await countsOf(group);
    if (trxs.every(({ TrxId }) => counts.has(TrxId))) return true;
    await group.world.run(1_000);
  }
  return false;
};

describe('a group under PBFT, in what its nodes must get right besides', () => {
  it('a trx that nobody can apply is Rejected, the same way everywhere, and no primary is suspected for it (L-2)', async () => {
    const group = await groupOf(1);
    const garbage = await trxOf(group, TrxType.ANNOUNCE, Uint8Array.of(0xff, 0xff, 0xff));
    await gossip(group, [garbage]);
    expect(await isThere(group, [garbage])).toBe(true);
    const { world, groupId, owner } = group;
    const { Proof } = await world.settled(owner.node.receipt(groupId, garbage.TrxId));
    expect(Proof?.Leaf?.Result).toBe(TrxResult.REJECTED);
    expect(group.view(owner).consensus.view).toMatchObject({ view: 0, isChanging: false });
  });

  it('trxs that come twice and in another order, across a view change, are in the chain once (P-9)', async () => {
    const group = await groupOf(2);
    const { world } = group;
    const trxs: Trx[] = [];
    for (let number = 1; number <= 3; number++) trxs.push(await trxOf(group, TrxType.POST, new Uint8Array(number)));
    const { consensus } = group.view(group.owner);
    const key = consensus.producers[consensus.view?.primary ?? 0]?.pubkey;
    const primary = group.machines.find((machine) => group.view(machine).userPubkey === key) as SimulatedMachine;
    const isOwner = primary === group.owner;
    await gossip(group, trxs);
    await world.run(60);
    primary.crash();
    await gossip(group, [...trxs].reverse());
    await world.run(15_000);
    await primary.start();
    await gossip(group, [...trxs, ...trxs]);
    expect(await isThere(group, trxs)).toBe(true);
    await world.run(10_000);
    const counts = await countsOf(group);
    for (const { TrxId } of trxs) expect(counts.get(TrxId)).toBe(1);
    expect(group.view(isOwner ? group.machine(1) : group.owner).consensus.view?.view).toBeGreaterThan(0);
  });

  it('rules that change in a batch hold from the next block on; who is denied then is not waited for (L-8, P-11)', async () => {
    const group = await groupOf(3);
    const { world, groupId, owner } = group;
    const [pubkey = ''] = group.keys([4]);
    const rule = { type: 'upd_dny_list', action: 'add', pubkey, trxTypes: [TrxType.POST], memo: '' } as const;
    const before = await trxOf(group, TrxType.POST, new Uint8Array(1));
    // In one batch: the post stands under the rules of the block's beginning.
    const ruling = world.settled(owner.node.chainConfig(groupId, rule));
    await gossip(group, [before]);
    await ruling;
    expect(await isThere(group, [before])).toBe(true);
    expect(await world.runUntil(() => group.view(owner).ownPosts.length === 0 && group.heads.size === 1, LIMIT_MS)).toBe(true);
    await world.run(10_000);
    expect(await world.settled(owner.node.denyList(groupId))).toHaveLength(1);
    const after = await trxOf(group, TrxType.POST, new Uint8Array(2));
    await gossip(group, [after]);
    await world.run(30_000);
    expect((await countsOf(group)).has(after.TrxId)).toBe(false);
    expect(group.view(owner).consensus.view).toMatchObject({ view: 0, isChanging: false });
  });

  it('a trx that waits while rules are decided that turn against it is dropped: no primary is suspected for it (L-8, P-11)', async () => {
    const group = await groupOf(6);
    const { world, groupId, owner } = group;
    const producers = group.machines.slice(0, 4);
    const waiting = (): number[] => producers.map(({ node }) => node.kept(groupId).trxs);
    // The block with the new rules is prepared, and not decided before the other trx is in the pools.
    const held: (() => void)[] = [];
    let isHolding = false;
    world.network.orderStreams = ({ data, deliver }) => {
      isHolding ||= held.length === 0 && messagesIn(data).some((message) => message?.kind === 'commit');
      if (isHolding) held.push(deliver);
      else world.time.plan(20, deliver);
    };
    const [pubkey = ''] = group.keys([4]);
    await world.settled(
      owner.node.chainConfig(groupId, { type: 'upd_dny_list', action: 'add', pubkey, trxTypes: [TrxType.POST], memo: '' }),
    );
    expect(await world.runUntil(() => isHolding, LIMIT_MS)).toBe(true);
    const late = await trxOf(group, TrxType.POST, new Uint8Array(1));
    await gossip(group, [late]);
    expect(await world.runUntil(() => waiting().every((trxs) => trxs === 2), LIMIT_MS)).toBe(true);
    isHolding = false;
    for (const deliver of held) deliver();
    await world.run(30_000);
    expect(await world.settled(owner.node.denyList(groupId))).toHaveLength(1);
    expect((await countsOf(group)).has(late.TrxId)).toBe(false);
    expect(waiting()).toEqual([0, 0, 0, 0]);
    for (const machine of producers) expect(group.view(machine).consensus.view).toMatchObject({ view: 0, isChanging: false });
  });

  it('producers that were replaced seal another block at an old height: nobody who has the change takes it (P-14, C-38)', async () => {
    const group = await groupOf(4);
    const { world, groupId } = group;
    await world.settled(group.owner.node.post(groupId, JSON.stringify({ height: 1 })));
    await world.run(5_000);
    const old = await blockAt(group, headOf(group, group.owner));
    await change(group, [0], { engine: 'hbbft' });
    const secrets = await Promise.all([1, 2, 3].map((place) => secretOf(group, place)));
    const unhashed: Block = { ...old, Evidence: new Uint8Array(), TimeStamp: old.TimeStamp + 1n };
    const fork = { ...unhashed, BlockHash: blockHash(unhashed) };
    const sealed = { ...fork, Seals: secrets.map((secret) => signSeal(fork, secret)) };
    const under = (nonce: number, producers: readonly string[]): ActiveConfiguration => ({
      ...{
        groupId,
        nonce,
        nonceFloor: nonce,
        producers,
        ownerPubkey: group.keys([0])[0] ?? '',
        intervalMs: 1_000,
        startEpoch: 1,
      },
      ...{ engine: 'pbft', rulesVersion: '1', encryption: 0, proofTrxId: '', proofReqId: '' },
    });
    const parent = await blockAt(group, old.BlockId - 1);
    const at = { blockId: parent.BlockId, epoch: parent.Epoch, timeNs: parent.TimeStamp, hash: parent.BlockHash };
    // Under their own configuration it would be final: N−f of them have sealed it.
    expect(flawOf(sealed, at, under(old.ConfigNonce, group.keys([0, 1, 2, 3])))).toBeUndefined();
    expect(flawOf(sealed, at, under(old.ConfigNonce + 1, group.keys([0])))).toBe('wrong-configuration');
    // It names those who signed twice: f+1 of them at least.
    const twice = old.Seals.filter(({ ProducerPubkey }) => sealed.Seals.some((seal) => seal.ProducerPubkey === ProducerPubkey));
    expect(twice.length).toBeGreaterThan(faultyLimit(4));
  });

  it('of any size, two final blocks of one height name f+1 common signers (P-8)', () => {
    for (let size = 1; size <= 24; size++) {
      const fewest = 2 * quorum(size) - size;
      expect(fewest).toBeGreaterThan(faultyLimit(size));
    }
  });

  it('after a recovery its producers go on under PBFT, from its base (C-37, P-9)', async () => {
    const group = await groupOf(5);
    const { world, groupId, owner } = group;
    await world.settled(owner.node.post(groupId, JSON.stringify({ before: true })));
    await world.run(5_000);
    for (const place of [2, 3]) group.machine(place).crash();
    await world.settled(owner.node.post(groupId, JSON.stringify({ lost: false })));
    await world.run(10_000);
    await change(group, [0, 1, 4], { engine: 'pbft', recovery: true });
    const running = group.machines.filter(({ isRunning }) => isRunning);
    for (const { node, name } of running) await world.settled(node.post(groupId, JSON.stringify({ name })));
    const areFinal = (): boolean =>
      running.every((machine) => group.view(machine).ownPosts.length === 0) && group.heads.size === 1;
    expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
    // A view change, whose proof is the base or what came after it.
    for (const machine of running) machine.crash();
    for (const machine of running) await machine.start();
    for (const { node, name } of running) await world.settled(node.post(groupId, JSON.stringify({ again: name })));
    expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
    for (const place of [2, 3]) await group.machine(place).start();
    expect(await world.runUntil(() => group.heads.size === 1, LIMIT_MS)).toBe(true);
  });
});

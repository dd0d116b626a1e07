import { describe, expect, it } from 'vitest';
import { groupTopic, sealBytes } from '../../crypto/index.ts';
import { bundleHash, bundleIn } from '../../ledger/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResultBundle,
  ConsensusResult,
  decodeOrNothing,
  parseSeed,
  TrxType,
  toHex,
} from '../../records/index.ts';
import { AnnouncedGroup, SimulatedClock, type SimulatedMachine, World } from '../../sim/index.ts';
import { sealTrxs } from '../envelope.ts';
import { makeTrx } from '../genesis.ts';
import { openSecrets } from '../keystore.ts';
import type { NetworkHandlers } from '../ports.ts';
import { ProducerHello, purposeOf } from '../producers/frames.ts';

/** Rules of a recovery that show only where somebody is late, away, lying, or at the wrong moment. */

const plainVault = { seal: async (bytes: Uint8Array) => bytes.slice(), open: async (bytes: Uint8Array) => bytes.slice() };

const servesNothing = () => Promise.reject(new Error('nothing is served here'));

const isBound = (group: AnnouncedGroup, machine: SimulatedMachine): boolean => group.view(machine).producing === 'stopped';

/** A member posts, and the block that takes it becomes final on its side of a split network. Answers that block's height. */
async function finalAt(group: AnnouncedGroup, place: number): Promise<number> {
  const machine = group.machine(place);
  await group.world.settled(machine.node.post(group.groupId, '{"from":"the other side"}'));
  await group.until('the later block', () => group.view(machine).ownPosts.length === 0);
  return group.view(machine).head.blockId;
}

function split(group: AnnouncedGroup, ...sides: readonly (readonly number[])[]): void {
  group.world.network.split(sides.map((places) => places.map((place) => group.machine(place).peerId)));
}

describe('the base of a recovery (C-35)', () => {
  it.each([
    ['who does not produce', [1, 2, 3, 4]],
    ['who produces', [0, 1, 2, 3]],
  ])(
    'is the newest final block that any member serves to the owner %s, a user too, though the owner has just come',
    async (_who, producers) => {
      const group = await AnnouncedGroup.under(7, producers, 11);
      const { world, groupId } = group;
      await group.postEverywhere();
      split(group, [0], [1, 2, 3, 4, 5, 6]);
      const higher = await finalAt(group, 6);
      for (const place of producers) if (place !== 0) group.machine(place).crash();
      world.network.split([]);
      const { reqId } = await group.recover([0, 5], { agreementTickMs: 5_000 });
      expect(group.view(group.owner).head.blockId).toBe(higher);
      await group.untilProducers([0, 5]);
      const { req } = await world.settled(group.owner.node.lastProof(groupId));
      expect(req).toMatchObject({ ReqId: reqId, Nonce: 2, Contract: { BaseBlockId: higher } });
    },
  );

  it('is not asked for again above a block of which there is a header only', async () => {
    const world = await World.create(12);
    world.equip = (name) =>
      name !== 'member6'
        ? {}
        : {
            twist: {
              keys: (own) => own,
              // It is there, and serves nothing.
              network: (host) =>
                new Proxy(host, {
                  get: (target, name) => {
                    if (name === 'listen')
                      return (handlers: NetworkHandlers) => target.listen({ ...handlers, request: servesNothing });
                    const own: unknown = Reflect.get(target, name);
                    return typeof own === 'function' ? own.bind(target) : own;
                  },
                }),
            },
          };
    const group = await AnnouncedGroup.create(world, 7);
    await world.settled(group.owner.node.changeConsensus(group.groupId, group.wanted(group.keys([1, 2, 3, 4]))));
    await group.untilProducers([1, 2, 3, 4]);
    split(group, [0, 5], [1, 2, 3, 4, 6]);
    await finalAt(group, 6);
    for (const place of [1, 2, 3, 4]) group.machine(place).crash();
    world.network.split([]);
    await group.recover([0, 5, 6]);
    await group.until('it is refused', () => group.view(group.owner).change?.result === 'FAILED');
    await world.run(60_000);
    expect(group.view(group.owner).change).toMatchObject({ nonce: 2, result: 'FAILED' });
  });

  it('is asked for while the result of another request waits for the chain', async () => {
    const group = await AnnouncedGroup.under(4, [0, 1, 2], 13);
    const { world, groupId } = group;
    group.machine(1).crash();
    group.machine(2).crash();
    await world.settled(group.owner.node.changeConsensus(groupId, group.wanted(group.keys([0, 3]))));
    await group.until('it is signed', () => group.view(group.owner).change?.result === 'SUCCESS');
    await world.run(20_000);
    const { reqId } = await group.recover([0, 3]);
    await group.untilProducers([0, 3]);
    await group.postEverywhere();
    expect((await world.settled(group.owner.node.lastProof(groupId))).req).toMatchObject({ ReqId: reqId, Nonce: 3 });
  });

  it('is of a recovery again once one was signed, though a later one came to nothing, until the chain has it', async () => {
    const group = await AnnouncedGroup.under(7, [1, 2, 3, 4], 21);
    const { owner, world, groupId } = group;
    const first = await group.recover([5]);
    // Nobody who is to produce hears of it.
    await group.until('it is signed', () => group.view(owner).change?.result === 'SUCCESS');
    split(group, [0, 1, 2, 3, 4], [5, 6]);
    await group.recover([6]);
    await group.until('the second is over', () => group.view(owner).change?.phase === 'done');
    expect(group.view(owner)).toMatchObject({ consensus: { nonce: 1 }, change: { nonce: 3, result: 'TIMEOUT' } });
    const ask = () => world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys([1, 2, 3]))));
    await expect(ask()).rejects.toMatchObject({ code: 'request-open', params: { reqId: first.reqId, nonce: 2 } });
    owner.crash();
    await owner.start();
    await expect(ask()).rejects.toMatchObject({ code: 'request-open', params: { nonce: 2 } });
    world.network.split([]);
    await group.untilProducers([5]);
    await group.postEverywhere();
    await ask();
    await group.untilProducers([1, 2, 3]);
  });

  it('is not moved up where the producers order the refusal: there is nothing to recover (C-36)', async () => {
    const group = await AnnouncedGroup.under(7, [1, 2, 3, 4], 14);
    const { world, groupId } = group;
    group.machine(6).crash();
    await group.recover([0, 5, 6]);
    await world.settled(group.owner.node.post(groupId, '{"they":"order"}'));
    await group.until('it is refused', () => group.view(group.owner).change?.result === 'FAILED');
    await world.run(60_000);
    expect(group.view(group.owner).change).toMatchObject({ nonce: 2, result: 'FAILED', phase: 'done' });
    expect(group.view(group.owner).consensus.nonce).toBe(1);
  });
});

describe('the promise of a recovery (C-36)', () => {
  /** The second of four producers is bound by a promise that the other who was asked can make nothing of, being off. */
  async function bound(seed: number) {
    const group = await AnnouncedGroup.under(6, [0, 1, 2, 3], seed);
    const machine = group.machine(1);
    const { reqId } = await group.recover([1, 4], { agreementTickMs: 5_000 });
    await group.until('it is bound', () => isBound(group, machine));
    group.machine(4).crash();
    return { group, machine, reqId };
  }

  it('is kept against a FAILED that somebody else has signed', async () => {
    const { group, machine } = await bound(15);
    const { world, groupId } = group;
    const rows = machine.disk.peek('log', {}).filter(({ key }) => key.includes('/change/asked/') && key.endsWith('/open'));
    const Req = ChangeConsensusReq.decode(rows.at(-1)?.value as Uint8Array);
    const seed = parseSeed(group.owner.node.seed(groupId));
    const secrets = await world.settled(openSecrets(groupId, group.machine(5).disk.open({ fence: false }), plainVault));
    const random = world.random.fork('forger');
    const bundle = ChangeConsensusResultBundle.create({ Result: ConsensusResult.FAIL, Req });
    const forged = makeTrx({
      trxId: crypto.randomUUID(),
      type: TrxType.CONSENSUS,
      groupId,
      data: sealBytes(seed.cipherKey, ChangeConsensusResultBundle.encode(bundle), random.bytes(12)),
      timeNs: new SimulatedClock(world.time).nowNs(),
      intervalMs: 1_000,
      signSecret: secrets?.signSecret ?? new Uint8Array(),
    });
    const host = world.network.connect('peer-forger');
    host.listenToNobody();
    await world.settled(host.publish(groupTopic(seed.cipherKey, groupId), sealTrxs(seed.cipherKey, [forged], random)));
    await world.run(3_000);
    expect(isBound(group, machine)).toBe(true);
  });

  it('ends by a TIMEOUT that is learnt from the chain alone', async () => {
    const { group, machine, reqId } = await bound(16);
    machine.crash();
    await group.until('TIMEOUT is final', () => group.view(group.owner).change?.phase === 'done');
    expect(await group.world.settled(group.owner.node.proof(group.groupId, reqId))).toMatchObject({ result: 'TIMEOUT' });
    await machine.start();
    expect(isBound(group, machine)).toBe(true);
    await group.until('it produces again', () => !isBound(group, machine));
    // Two others of four may be gone now.
    group.machine(2).crash();
    await group.postEverywhere();
  });

  it.each([0, 1, 2, 3, 4, 5])('ends by that TIMEOUT too if the power goes at moment %i after it was heard of', async (moment) => {
    const { group, machine } = await bound(300 + moment);
    machine.crash();
    await group.until('TIMEOUT is final', () => group.view(group.owner).change?.phase === 'done');
    await machine.start();
    machine.crashAt(moment);
    await group.world.runUntil(() => machine.isOff, 20_000);
    await group.world.runUntil(() => machine.isRunning, 20_000);
    await group.until('it produces again', () => machine.isRunning && !isBound(group, machine));
  });

  it('is not given where a final block comes while the answer is being made', async () => {
    const world = await World.create(17);
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let isMaking = false;
    world.equip = (name) =>
      name !== 'member5'
        ? {}
        : {
            twist: {
              keys: (own) => own,
              network: (host) => host,
              cipher: (own) => ({
                ...own,
                encrypt: async (...plain) => {
                  isMaking = true;
                  await gate;
                  return own.encrypt(...plain);
                },
              }),
            },
          };
    const group = await AnnouncedGroup.create(world, 6);
    const { groupId } = group;
    await world.settled(group.owner.node.changeConsensus(groupId, group.wanted(group.keys([1, 2, 3, 4]))));
    await group.untilProducers([1, 2, 3, 4]);
    await group.recover([0, 5]);
    await group.until('the answer is being made', () => isMaking);
    await world.settled(group.owner.node.post(groupId, '{"comes":"meanwhile"}'));
    await group.untilPosted();
    await group.untilOneHead();
    open();
    await group.until('it is refused', () => group.view(group.owner).change?.result === 'FAILED');
    const { producers } = group.view(group.owner).change ?? {};
    expect(producers?.find(({ pubkey }) => pubkey === group.keys([5])[0])?.refusal).toMatch(/later final block/);
  });

  it('binds the owner too, once it has signed the success, restarts included', async () => {
    const group = await AnnouncedGroup.under(6, [0, 1, 2, 3], 18);
    const { owner, world } = group;
    group.machine(3).crash();
    // Three of four could go on, and those who are to take over are others.
    await group.recover([4, 5]);
    expect(isBound(group, owner)).toBe(false);
    await group.until('it is bound', () => isBound(group, owner));
    expect(group.view(owner)).toMatchObject({ consensus: { nonce: 1 }, change: { result: 'SUCCESS' } });
    split(group, [0, 1, 2], [4, 5]);
    owner.crash();
    await owner.start();
    const { head } = group.view(owner);
    // Whatever it asks for since, and with whatever result.
    await group.recover([3]);
    await group.until('the next came to nothing', () => group.view(owner).change?.result === 'TIMEOUT');
    owner.crash();
    await owner.start();
    await world.settled(group.machine(1).node.post(group.groupId, '{"stays":"pending"}'));
    await world.run(20_000);
    expect(isBound(group, owner)).toBe(true);
    expect(group.view(owner).head).toEqual(head);
    world.network.split([]);
    await group.untilProducers([4, 5]);
    await group.untilPosted();
  });
});

describe('what the producers of a recovery say (C-37)', () => {
  it('begins with hellos under the hash of its bundle, where others have no name', async () => {
    const group = await AnnouncedGroup.under(4, [0, 1, 2], 19);
    const { world, groupId } = group;
    const names = new Map<number, Set<string>>();
    world.observer.sent = (_machine, _to, data) => {
      const hello = decodeOrNothing(ProducerHello, data);
      if (!hello || purposeOf(hello) !== 'producers') return;
      names.set(hello.ConfigNonce, (names.get(hello.ConfigNonce) ?? new Set()).add(toHex(hello.Name)));
    };
    for (const place of [1, 2]) group.machine(place).crash();
    await group.machine(1).start();
    await group.until('old producers have met', () => names.has(1));
    group.machine(1).crash();
    const { trxId } = await group.recover([0, 3]);
    await group.untilProducers([0, 3]);
    await group.postEverywhere();
    const seed = parseSeed(group.owner.node.seed(groupId));
    const bundle = bundleIn(await world.settled(group.owner.node.trx(groupId, trxId)), seed);
    expect([...(names.get(1) ?? [])]).toEqual(['']);
    expect([...(names.get(2) ?? [])]).toEqual([toHex(bundleHash(bundle as ChangeConsensusResultBundle))]);
  });
});

describe('a change that is asked for later (C-38)', () => {
  it('names the newest recovery that its chain has passed, and none before the first', async () => {
    const group = await AnnouncedGroup.under(4, [0, 1, 2], 20);
    const { world, groupId } = group;
    const newest = async () => (await world.settled(group.owner.node.lastProof(groupId))).req;
    const seed = parseSeed(group.owner.node.seed(groupId));
    expect((await newest()).Contract?.BaseHash).toEqual(new Uint8Array());
    let named = '';
    for (const [places, lost] of [
      [[0, 3], 1],
      [[0], 3],
    ] as const) {
      group.machine(lost).crash();
      group.machine(2).crash();
      const { trxId } = await group.recover(places);
      await group.untilProducers(places);
      await group.postEverywhere();
      const bundle = bundleIn(await world.settled(group.owner.node.trx(groupId, trxId)), seed);
      const name = toHex(bundleHash(bundle as ChangeConsensusResultBundle));
      expect(name).not.toBe(named);
      named = name;
      await world.settled(group.owner.node.changeConsensus(groupId, group.wanted(group.keys(places))));
      const { nonce } = group.view(group.owner).consensus;
      await group.until('the change', () => group.view(group.owner).consensus.nonce > nonce);
      expect(toHex((await newest()).Contract?.BaseHash ?? new Uint8Array())).toBe(named);
    }
  });
});

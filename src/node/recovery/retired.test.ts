import { beforeAll, describe, expect, it } from 'vitest';
import { groupTopic, initCrypto, initThreshold, publicKeyOf, signBlock, signSeal } from '../../crypto/index.ts';
import {
  Block,
  blockHash,
  GroupBroadcast,
  GroupBroadcastKind,
  parseSeed,
  type SyncRequest,
  SyncResponse,
} from '../../records/index.ts';
import {
  AnnouncedGroup,
  altered,
  common,
  goneOn,
  memoryStore,
  openVault,
  PaperChain,
  recovered,
  SeededRandom,
  SimulatedClock,
  type SimulatedMachine,
  SimulatedNetwork,
  SimulatedTime,
  World,
} from '../../sim/index.ts';
import { openRequest, sealBroadcast } from '../envelope.ts';
import { openSecrets } from '../keystore.ts';
import type { Store } from '../ports.ts';
import { keyOf } from '../rows.ts';
import { PaperMember } from '../testing/paper-member.ts';

beforeAll(async () => {
  await initCrypto();
  await initThreshold();
});

/** Bob alone was the producer under nonce 1; the owner and alice are under nonce 2. Bob keeps his key. */
function chains() {
  const build = () => {
    const paper = new PaperChain(7);
    const { owner, alice, bob } = paper;
    paper.add([paper.change([owner])], [owner]);
    paper.add([paper.change([bob])], [owner]);
    paper.add([alice.post('under bob', paper.timeNs)], [bob]);
    return { paper, owner, alice, bob, success: paper.change([owner, alice]) };
  };
  const real = build();
  const last = real.paper.add([real.success], [real.bob]);
  const under2 = real.paper.add([real.alice.post('under two', real.paper.timeNs)], [real.owner, real.alice]);
  const forged = build();
  const rival = forged.paper.add([forged.alice.post('forged', forged.paper.timeNs)], [forged.bob]);
  // The owner's own success, put on the fork.
  const replay = forged.paper.add([real.success], [forged.bob]);
  return { real: real.paper, last, under2, forged: forged.paper, rival, replay, bob: real.bob };
}

async function memberWith({ identity, genesis, alice }: PaperChain, blocks: readonly Block[]): Promise<PaperMember> {
  const time = new SimulatedTime();
  const random = new SeededRandom(1, 'member');
  const network = new SimulatedNetwork(time, random).connect('peer-member');
  const ports = { store: memoryStore(), clock: new SimulatedClock(time), network, random };
  const member = new PaperMember({ identity, genesis, userPubkey: alice.pubkey, ports });
  await member.load();
  await member.apply(blocks);
  return member;
}

describe('two chains of one nonce', () => {
  it('are shown by another block beside one of this chain that is sealed under its nonce and verifies, or by a second recovery of it, and by nothing else (C-38)', async () => {
    const { paper } = goneOn();
    const { owner, alice } = paper;
    const ours = paper.blocks[3] as Block;
    const member = await memberWith(paper, paper.blocks);
    const shown = async (blocks: readonly Block[]) => (await member.recovering.secondChain(blocks))?.theirs.hash;
    const headBefore = member.chain.head;
    const rival = altered(ours, { TimeStamp: ours.TimeStamp + 1n }, [owner, alice]);
    expect(await shown([rival])).toBe(rival.BlockHash);
    expect(await shown([ours])).toBeUndefined();
    // Too few have sealed it, its hash is another block's, or it is of another height or configuration.
    expect(await shown([altered(rival, {}, [owner])])).toBeUndefined();
    const bare = { ...rival, TimeStamp: 5n };
    const nothing = { ...bare, Seals: [owner, alice].map(({ secret }) => signSeal(bare, secret)) };
    expect(await shown([nothing])).toBeUndefined();
    expect(await shown([altered(rival, { BlockId: 9 }, [owner, alice])])).toBeUndefined();
    expect(await shown([altered(rival, { ConfigNonce: 0 }, [owner])])).toBeUndefined();
    // It is sealed as it should be, and executing it gives another root.
    expect(await shown([altered(rival, { StateRoot: new Uint8Array(32) }, [owner, alice])])).toBeUndefined();
    // Nothing of this has touched the chain.
    expect(member.chain.head).toBe(headBefore);

    const one = recovered();
    const two = recovered([], common(2), [owner, alice]);
    const under = await memberWith(one.paper, one.paper.blocks);
    const beside = async (block: Block) => (await under.recovering.secondChain([block]))?.theirs.hash;
    expect(await beside(two.first)).toBe(two.first.BlockHash);
    expect(await beside(altered(two.first, {}, [owner]))).toBeUndefined();
    expect(await beside(one.first)).toBeUndefined();
  });
});

describe('producers that were replaced', () => {
  it('show no second chain by what they seal, wherever this chain stands, and take nothing back (C-38)', async () => {
    const { real, last, rival, replay, bob } = chains();
    const third = real.blocks[2] as Block;
    const old = altered(third, { TimeStamp: third.TimeStamp + 1n }, [bob]);
    for (const upTo of [4, 5]) {
      const member = await memberWith(real, real.blocks.slice(0, upTo));
      const { head } = member.chain;
      for (const fork of [[rival], [rival, replay], [old], [altered(last, { TimeStamp: last.TimeStamp + 1n }, [bob])]]) {
        expect(await member.recovering.secondChain(fork)).toBeUndefined();
        expect(await member.recovering.take(fork)).toBe('other');
      }
      expect(member.chain.head).toBe(head);
    }
  });

  it('do while they are the producers: then two blocks of one height are two chains', async () => {
    const { real, bob } = chains();
    const third = real.blocks[2] as Block;
    const member = await memberWith(real, real.blocks.slice(0, 3));
    const rival = altered(third, { TimeStamp: third.TimeStamp + 1n }, [bob]);
    expect(await member.recovering.secondChain([rival])).toMatchObject({ nonce: 1, theirs: { hash: rival.BlockHash } });
  });

  it('keep nobody whom they have fed their fork: the chain that is sealed under the higher nonce comes in its place', async () => {
    const { real, last, under2, forged, rival, replay } = chains();
    const upToHere = real.blocks.slice();
    const next = real.add([real.alice.post('on', real.timeNs)], [real.owner, real.alice]);
    for (const fed of [[rival], [rival, replay]]) {
      const joiner = await memberWith(forged, [...forged.blocks.slice(0, 3), ...fed]);
      expect(joiner.chain.head).toMatchObject({ blockId: 3 + fed.length, configNonce: 1 });
      // A chain that holds no block of the higher nonce does not count more.
      expect(await joiner.recovering.take([last])).toBe('other');
      expect(await joiner.recovering.take([last, under2])).toEqual([last, under2]);
      const straight = await memberWith(real, upToHere);
      expect(joiner.chain.head).toEqual(straight.chain.head);
      expect(joiner.recovering.givenUp).toMatchObject({ nonce: 2, baseBlock: 3 });
      expect(await joiner.intake.apply([next])).toEqual({ applied: 1 });
    }
  });
});

describe('a retired producer in a group that runs', () => {
  const RETIRED = 5;
  const PRODUCERS = [0, 1, 2, 3];

  async function scene(seed: number) {
    const world = await World.create(seed);
    const group = await AnnouncedGroup.create(world, 6);
    const { groupId, owner } = group;
    const change = async (places: number[]) => {
      const wanted = group.wanted(group.keys(places), { startFromEpoch: group.view(owner).epoch + 5 });
      await world.settled(owner.node.changeConsensus(groupId, wanted));
      await group.untilProducers(places);
    };
    const post = async (author: SimulatedMachine) => {
      await world.settled(author.node.post(groupId, '{}'));
      await group.untilPosted();
    };
    await change([RETIRED]);
    for (const _ of [1, 2]) await post(owner);
    const forkAt = group.view(owner).head.blockId;
    await change(PRODUCERS);
    await post(owner);
    await group.untilOneHead();
    const retired = group.machine(RETIRED);
    const stored = (table: Parameters<typeof retired.disk.peekOne>[0], key: string) => retired.disk.peekOne(table, key);
    const store = { get: async (table: 'keys', key: string) => stored(table, key) } as unknown as Store;
    const secrets = await openSecrets(groupId, store, openVault);
    if (!secrets) throw new Error('The retired producer has no keys.');
    expect(publicKeyOf(secrets.signSecret)).toBe(group.keys([RETIRED])[0]);
    const real = (blockId: number) => Block.decode(stored('blocks', keyOf.block(groupId, blockId)) ?? new Uint8Array());
    /** Sealed anew with the retired key, as a producer that is alone does. */
    const forge = (block: Block, over: Partial<Block>): Block => {
      const unhashed = { ...block, ...over, Seals: [] };
      const signed = signBlock({ ...unhashed, BlockHash: blockHash(unhashed) }, secrets.signSecret);
      return { ...signed, Seals: [signSeal(signed, secrets.signSecret)] };
    };
    expect(real(forkAt).ConfigNonce).toBe(1);
    retired.crash();
    return { world, group, forkAt, real, forge, seedUrl: owner.node.seed(groupId) };
  }

  /** A peer that says that it has this chain under the present nonce, and serves it. */
  function serve(world: World, seedUrl: string, pubkey: string, blocks: readonly Block[]): () => Promise<number> {
    const seed = parseSeed(seedUrl);
    const topic = groupTopic(seed.cipherKey, seed.groupId);
    const random = new SeededRandom(1, 'evil');
    const head = blocks.at(-1) as Block;
    const host = world.network.connect('evil');
    host.listen({
      gossip: () => 'ignore',
      state: () => {},
      neighbours: () => {},
      stream: (stream) => stream.close(),
      request: async (data) => {
        const { FromBlock: from = 0, BlksRequested: count = 0 } = (openRequest(seed.cipherKey, data) as SyncRequest).Blocks ?? {};
        const asked = blocks.filter(({ BlockId }) => BlockId >= from).slice(0, count < 0 ? undefined : count);
        const given = asked[0]?.BlockId === from ? asked : [];
        return SyncResponse.encode(
          SyncResponse.create({
            HeadBlockId: head.BlockId,
            HeadHash: head.BlockHash,
            Blocks: {
              GroupId: seed.groupId,
              RequesterPubkey: '',
              ProviderPubkey: '',
              Result: given.length > 0 ? 1 : 2,
              FromBlock: from,
              BlksRequested: count,
              BlksProvided: given.length,
              Blocks: { Blocks: given },
            },
          }),
        );
      },
    });
    host.subscribe(topic);
    const presence = GroupBroadcast.create({
      Kind: GroupBroadcastKind.PRESENCE,
      PeerId: 'evil',
      Pubkey: pubkey,
      HeadBlockId: head.BlockId,
      HeadHash: head.BlockHash,
      ConfigNonce: 2,
    });
    return () => host.publish(topic, sealBroadcast(seed.cipherKey, { ...presence, Nonce: random.bytes(12) }, random));
  }

  it('stops nobody by another block of its time, nor by the owner’s success on a fork of its own', {
    timeout: 240_000,
  }, async () => {
    const { world, group, forkAt, real, forge, seedUrl } = await scene(5);
    const first = forge(real(forkAt), { TimeStamp: real(forkAt).TimeStamp + 1n });
    const then = forge(real(forkAt + 1), { PrevHash: first.BlockHash });
    for (const fork of [[first], [first, then]]) {
      const below = Array.from({ length: forkAt - 1 }, (_, index) => real(index + 1));
      const tell = serve(world, seedUrl, group.keys([RETIRED])[0] ?? '', [...below, ...fork]);
      for (let round = 0; round < 6; round++) {
        await tell();
        await world.run(5_000);
      }
      for (const machine of group.running) expect(group.view(machine).problem, machine.name).toBeUndefined();
      await group.postEverywhere();
    }
  });

  it('keeps no newcomer that it has fed its fork first', { timeout: 240_000 }, async () => {
    const { world, group, forkAt, real, forge, seedUrl } = await scene(6);
    const first = forge(real(forkAt), { TimeStamp: real(forkAt).TimeStamp + 1n });
    const below = Array.from({ length: forkAt - 1 }, (_, index) => real(index + 1));
    const tell = serve(world, seedUrl, group.keys([RETIRED])[0] ?? '', [...below, first]);
    // Nobody else can be reached.
    for (const machine of group.running) machine.crash();
    const joiner = await world.addMachine('joiner');
    await world.settled(joiner.node.joinGroup(seedUrl));
    await tell();
    expect(await world.runUntil(() => group.view(joiner).head.blockId === forkAt, 60_000)).toBe(true);
    for (const machine of group.machines) if (machine !== group.machine(RETIRED)) await machine.start();
    const areOne = () => group.view(joiner).head.hash === group.view(group.owner).head.hash;
    expect(await world.runUntil(areOne, 120_000)).toBe(true);
    expect(group.view(joiner).problem).toBeUndefined();
    await group.postEverywhere();
    expect(await world.runUntil(areOne, 60_000)).toBe(true);
  });
});

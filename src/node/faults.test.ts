import { describe, expect, it } from 'vitest';
import { groupTopic } from '../crypto/index.ts';
import { assembleBlock, sealBlock } from '../ledger/index.ts';
import { GroupBroadcastKind, parseSeed, SyncResponse, sha256, type Trx, TrxType } from '../records/index.ts';
import { type SimulatedHost, type SimulatedMachine, World } from '../sim/index.ts';
import { openRequest, sealBroadcast, sealTrxs } from './envelope.ts';
import { makeTrx, newUuid } from './genesis.ts';
import { openSecrets } from './keystore.ts';
import { keyOf } from './rows.ts';
import { NodeError } from './service.ts';

const note = (text: string): string => JSON.stringify({ type: 'Note', content: text });
const plainVault = { seal: async (bytes: Uint8Array) => bytes.slice(), open: async (bytes: Uint8Array) => bytes.slice() };

const viewOf = (machine: SimulatedMachine) => {
  const [group] = machine.node.view().groups;
  if (!group) throw new Error(`${machine.name} is in no group`);
  return group;
};

/** An owner with some blocks and a user who has them too. */
async function busyGroup(seed: number, posts = 3) {
  const world = await World.create(seed);
  const owner = await world.addMachine('owner');
  const { groupId, seed: seedUrl } = await world.settled(
    owner.node.createGroup({ groupName: 'faults', encryption: 'public', appKey: 'group_timeline' }),
  );
  const user = await world.addMachine('user');
  await world.settled(user.node.joinGroup(seedUrl));
  const post = async (machine: SimulatedMachine, text: string): Promise<string> => {
    const trxId = await world.settled(machine.node.post(groupId, note(text)));
    expect(await world.runUntil(() => viewOf(machine).ownPosts.length === 0, 60_000)).toBe(true);
    return trxId;
  };
  for (let number = 0; number < posts; number++) await post(owner, `post ${number}`);
  const together = () => world.runUntil(() => viewOf(user).head.hash === viewOf(owner).head.hash, 60_000);
  expect(await together()).toBe(true);
  return { world, owner, user, groupId, seedUrl, identity: parseSeed(seedUrl), post, together };
}

/** Changes the stored bytes of a group's newest block. */
async function damageHead(world: World, machine: SimulatedMachine, groupId: string, blockId: number): Promise<void> {
  const store = machine.disk.open({ fence: false });
  const key = keyOf.block(groupId, blockId);
  const value = await world.settled(store.get('blocks', key));
  if (!value) throw new Error('there is no such block');
  const damaged = value.slice();
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 0xff;
  await world.settled(store.write([{ table: 'blocks', key, value: damaged }], 'strict'));
}

describe('damage on disk (S-4, C-13)', () => {
  it('a user cuts the damaged tail and fetches it again', async () => {
    const { world, owner, user, groupId, together } = await busyGroup(31);
    await user.stop();
    await damageHead(world, user, groupId, viewOf(owner).head.blockId);
    await user.start();
    expect(await together()).toBe(true);
    expect(viewOf(user)).toMatchObject({ posts: viewOf(owner).posts });
    expect(viewOf(user).problem).toBeUndefined();
  });

  it('an owner whose tail was cut may have signed what it no longer knows: it fetches it again but never produces again', async () => {
    const { world, owner, user, groupId, together } = await busyGroup(32);
    const head = viewOf(user).head;
    await owner.stop();
    await damageHead(world, owner, groupId, head.blockId);
    await owner.start();
    expect(await together()).toBe(true);
    expect(viewOf(owner)).toMatchObject({ head, producing: 'stopped', problem: { code: 'log-lost' } });
    await world.settled(user.node.post(groupId, note('anybody?')));
    await world.run(60_000);
    expect(viewOf(owner).head).toEqual(head);
  });
});

describe('one key at work twice', () => {
  it('the node that meets a block of its own key which it did not make stops producing and says why', async () => {
    const { world, owner, user, post } = await busyGroup(33);
    // The same profile, copied to another machine, goes on there while this one is cut off.
    await owner.stop();
    const twin = await world.addMachine('twin');
    const source = owner.disk.open({ fence: false });
    const target = twin.disk.open({ fence: false });
    await twin.stop();
    for (const table of [
      'groups',
      'keys',
      'heads',
      'blocks',
      'trxs',
      'trxids',
      'contents',
      'kv',
      'kvchanges',
      'history',
      'log',
    ] as const) {
      const rows = await world.settled(source.range(table, {}));
      await world.settled(
        target.write(
          rows.map(({ key, value }) => ({ table, key, value })),
          'strict',
        ),
      );
    }
    await twin.start();
    await post(twin, 'made by the twin');
    expect(await world.runUntil(() => viewOf(user).head.hash === viewOf(twin).head.hash, 60_000)).toBe(true);
    await owner.start();
    expect(await world.runUntil(() => viewOf(owner).head.hash === viewOf(twin).head.hash, 60_000)).toBe(true);
    expect(viewOf(owner)).toMatchObject({ producing: 'stopped', problem: { code: 'key-in-use' } });
    // Its own log lacks what the twin signed; to others the key is at work.
    expect(viewOf(owner).consensus.producers).toMatchObject([{ hasLostLog: true }]);
    await world.run(20_000);
    expect(viewOf(user).consensus.producers).toMatchObject([{ hasLostLog: false }]);
    await owner.stop();
    await owner.start();
    expect(viewOf(owner).producing).toBe('stopped');
  });
});

describe('a full disk (S-6)', () => {
  it('refuses posts with a clear error, loses nothing, stops producing, and goes on when there is room', async () => {
    const { world, owner, user, groupId, post } = await busyGroup(34);
    const head = viewOf(owner).head;
    owner.disk.quotaBytes = owner.disk.usedBytes;
    const refused = await world.settled(owner.node.post(groupId, note('no room'))).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'storage-full' });
    const trxId = await world.settled(user.node.post(groupId, note('for the full owner')));
    expect(await world.runUntil(() => viewOf(owner).problem?.code === 'storage-full', 60_000)).toBe(true);
    expect(viewOf(owner)).toMatchObject({ head, producing: 'stopped' });
    owner.disk.quotaBytes = Number.POSITIVE_INFINITY;
    expect(await world.runUntil(() => viewOf(user).ownPosts.length === 0, 120_000)).toBe(true);
    expect(await world.settled(owner.node.trxStatus(groupId, trxId))).toMatchObject({ status: 'Committed' });
    await post(owner, 'there is room again');
    expect(viewOf(owner).problem).toBeUndefined();
  });

  it('does not keep a profile from opening: the repair that fails is tried again', async () => {
    const { world, owner, user, groupId, together } = await busyGroup(43);
    await user.stop();
    await damageHead(world, user, groupId, viewOf(owner).head.blockId);
    user.disk.failNextWrite();
    await user.start();
    expect(viewOf(user).problem?.code).toBe('storage-failed');
    expect(await world.runUntil(() => viewOf(user).problem === undefined, 60_000)).toBe(true);
    expect(await together()).toBe(true);
    expect(viewOf(user)).toMatchObject({ posts: viewOf(owner).posts });
  });

  it('a write that fails once is tried again', async () => {
    const { world, owner, user, groupId } = await busyGroup(35);
    owner.disk.failNextWrite();
    await world.settled(user.node.post(groupId, note('unlucky')));
    expect(await world.runUntil(() => viewOf(user).ownPosts.length === 0, 120_000)).toBe(true);
    expect(viewOf(owner).problem).toBeUndefined();
  });
});

describe('a second tab takes over the profile (S-5)', () => {
  it('the first one fails to write and stops', async () => {
    const { world, owner, groupId } = await busyGroup(36);
    owner.disk.open();
    const error = await world.settled(owner.node.post(groupId, note('too late'))).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NodeError);
    expect(error).toMatchObject({ code: 'fenced' });
    await world.run(1_000);
    expect(owner.node.view()).toMatchObject({ groups: [], notices: [{ code: 'fenced' }] });
  });
});

/** A peer with the group's seed and without manners. */
function intruder(world: World, seedUrl: string) {
  const seed = parseSeed(seedUrl);
  const host: SimulatedHost = world.network.connect('peer-intruder');
  const topic = groupTopic(seed.cipherKey, seed.groupId);
  const random = world.random.fork('intruder');
  let blocks: (from: number) => Uint8Array = () => new Uint8Array();
  host.listen({
    gossip: () => 'ignore',
    request: async (data) => blocks(openRequest(seed.cipherKey, data)?.Blocks?.FromBlock ?? 0),
    state: () => {},
    neighbours: () => {},
    stream: (stream) => stream.close(),
  });
  host.subscribe(topic);
  const claim = (headBlock: number) =>
    host.publish(
      topic,
      sealBroadcast(
        seed.cipherKey,
        {
          Kind: GroupBroadcastKind.PRESENCE,
          PeerId: host.peerId,
          Pubkey: seed.ownerPubkey,
          HeadBlockId: headBlock,
          ConfigNonce: 0,
          SilentBelow: 0,
          HeadHash: new Uint8Array(32),
          Epoch: headBlock,
          ClockNs: 0n,
          Id: '',
          Sender: '',
          Hash: new Uint8Array(),
          SizeBytes: 0,
          Nonce: random.bytes(12),
        },
        random,
      ),
    );
  return { host, topic, random, seed, claim, serve: (answer: typeof blocks) => (blocks = answer) };
}

describe('a wrong clock', () => {
  it('is told to its user, and posts still become final', async () => {
    const { world, groupId, seedUrl, owner } = await busyGroup(44);
    const late = await world.addMachine('late', -90_000);
    await world.settled(late.node.joinGroup(seedUrl));
    expect(await world.runUntil(() => late.node.view().notices.length > 0, 60_000)).toBe(true);
    expect(late.node.view().notices).toMatchObject([{ code: 'clock-differs', params: { direction: 'behind' } }]);
    expect(owner.node.view().notices).toEqual([]);
    const trxId = await world.settled(late.node.post(groupId, note('what time is it?')));
    expect(await world.runUntil(() => viewOf(late).ownPosts.length === 0, 60_000)).toBe(true);
    expect(await world.settled(owner.node.trxStatus(groupId, trxId))).toMatchObject({ status: 'Committed' });
  });
});

describe('hostile members', () => {
  it('a block with a wrong root, sealed with the owner’s key, is refused and said; the right one is taken (L-7)', async () => {
    const { world, owner, user, groupId, seedUrl, post, together } = await busyGroup(37);
    const secrets = await world.settled(openSecrets(groupId, owner.disk.open({ fence: false }), plainVault));
    if (!secrets) throw new Error('the owner has no keys');
    world.network.partition([owner.peerId]);
    const { claim, serve, seed, random, host } = intruder(world, seedUrl);
    const before = viewOf(user).head;
    const parentBlock = await world.settled(user.node.block(groupId, before.blockId));
    const timeNs = parentBlock.TimeStamp + 1_000_000_000n;
    const trx = makeTrx({
      trxId: newUuid(random),
      type: TrxType.POST,
      groupId,
      data: new Uint8Array(40),
      timeNs,
      intervalMs: 1_000,
      signSecret: secrets.signSecret,
    });
    const configuration = {
      ...{ groupId, ownerPubkey: seed.ownerPubkey, nonce: 0, nonceFloor: 0, producers: [seed.ownerPubkey], intervalMs: 1_000 },
      ...{ startEpoch: 1, engine: 'hbbft', rulesVersion: '1', encryption: 0, proofTrxId: '', proofReqId: '' },
    };
    const forged = sealBlock(
      assembleBlock({
        parent: { blockId: before.blockId, epoch: parentBlock.Epoch, timeNs: parentBlock.TimeStamp, hash: parentBlock.BlockHash },
        configuration,
        epoch: parentBlock.Epoch + 1,
        proposers: [0],
        timeNs,
        trxs: [trx],
        stateRoot: sha256(Uint8Array.of(66)),
      }),
      configuration,
      secrets.signSecret,
    );
    serve((from) =>
      SyncResponse.encode(
        SyncResponse.create({
          Blocks: {
            ...{
              GroupId: groupId,
              RequesterPubkey: '',
              ProviderPubkey: '',
              Result: 1,
              FromBlock: from,
              BlksRequested: 1,
              BlksProvided: 1,
            },
            Blocks: { Blocks: [forged] },
          },
          HeadBlockId: before.blockId + 1,
        }),
      ),
    );
    await claim(before.blockId + 1);
    expect(await world.runUntil(() => viewOf(user).problem?.code === 'bad-block', 60_000)).toBe(true);
    expect(viewOf(user).head).toEqual(before);
    expect(world.network.penalties).toContainEqual(expect.objectContaining({ by: user.peerId, peer: host.peerId }));
    world.network.partition([]);
    await post(owner, 'the right block');
    expect(await together()).toBe(true);
    expect(viewOf(user).head.blockId).toBe(before.blockId + 1);
    expect(viewOf(user).problem).toBeUndefined();
  });

  it('a trx with a bad signature is rejected, its origin named, and never enters a block (N-3)', async () => {
    const { world, owner, seedUrl, groupId, post } = await busyGroup(38);
    const { host, topic, seed, random } = intruder(world, seedUrl);
    const block = await world.settled(owner.node.block(groupId, 2));
    const [genuine] = block.Trxs;
    if (!genuine) throw new Error('block 2 is empty');
    const forged: Trx = { ...genuine, TrxId: newUuid(random) };
    await host.publish(topic, sealTrxs(seed.cipherKey, [forged], random));
    await world.run(5_000);
    expect(world.network.rejections).toContainEqual({ at: owner.peerId, origin: host.peerId });
    expect(await world.settled(owner.node.trxStatus(groupId, forged.TrxId))).toEqual({ status: 'Unknown' });
    await post(owner, 'and on');
  });

  it('what is not encrypted with the group’s key is rejected (N-2)', async () => {
    const { world, seedUrl, owner } = await busyGroup(39);
    const { host, topic, random } = intruder(world, seedUrl);
    await host.publish(topic, random.bytes(200));
    await world.run(1_000);
    expect(world.network.rejections.map(({ at }) => at)).toContain(owner.peerId);
  });

  it('a member that tells of blocks it does not have holds nobody up', async () => {
    const { world, seedUrl, owner, post, together, user } = await busyGroup(40);
    const { claim, serve } = intruder(world, seedUrl);
    serve(() => SyncResponse.encode(SyncResponse.create({ HeadBlockId: 1_000_000 })));
    await claim(1_000_000);
    await world.run(20_000);
    await post(owner, 'still going');
    expect(await together()).toBe(true);
    expect(viewOf(user).head.blockId).toBe(viewOf(owner).head.blockId);
  });

  it('malformed answers cost their sender, not the reader', async () => {
    const { world, seedUrl, user, owner, post, together } = await busyGroup(41);
    const { claim, serve, host, random } = intruder(world, seedUrl);
    serve(() => random.bytes(500));
    await claim(50);
    await world.run(20_000);
    expect(world.network.penalties).toContainEqual(expect.objectContaining({ by: user.peerId, peer: host.peerId }));
    await post(owner, 'unimpressed');
    expect(await together()).toBe(true);
  });

  it('requests of those without the key, or overheard ones, get no answer (N-4)', async () => {
    const { world, seedUrl, owner } = await busyGroup(42);
    const { host, random } = intruder(world, seedUrl);
    const asked = world.settled(host.request(owner.peerId, random.bytes(100), { timeoutMs: 5_000, maxBytes: 1_000 }));
    await expect(asked).rejects.toMatchObject({ code: 'closed' });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { encodeMessage } from '../../consensus/index.ts';
import { HeadRow, type NodeView, ProducerFrame, type Write } from '../../node/index.ts';
import { Block, blockHash, Trx } from '../../records/index.ts';
import { type MachineTwist, type SimulatedMachine, World } from '../world.ts';
import { Watch } from './watch.ts';

const GROUP = 'group';
const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const block = (BlockId: number, byte: number, trxIds: readonly string[] = []): Block => {
  const unhashed = Block.create({
    BlockId,
    StateRoot: hash(byte),
    Trxs: trxIds.map((TrxId) => Trx.create({ TrxId, SenderPubkey: 'sender' })),
  });
  return { ...unhashed, BlockHash: blockHash(unhashed) };
};
const blockRow = (stored: Block): Write => ({
  table: 'blocks',
  key: `${GROUP}/${stored.BlockId}`,
  value: Block.encode(stored),
});
const headRow = (BlockId: number, root: number): Write => ({
  table: 'heads',
  key: GROUP,
  value: HeadRow.encode(HeadRow.create({ BlockId, StateRoot: hash(root) })),
});

/** Four producers' machines, the last one faulty, and what watches them. Nothing runs on them: each test plants one bug's trace. */
async function watched(): Promise<{ world: World; watch: Watch; machines: readonly SimulatedMachine[] }> {
  const watch = new Watch();
  const world = await World.create(1, watch);
  const twist: MachineTwist = { network: (host) => host, keys: (own) => own };
  world.equip = (name) => (name === 'faulty' ? { twist } : {});
  for (const name of ['a', 'b', 'c', 'faulty']) await world.addMachine(name);
  watch.begin(world, GROUP, world.machines);
  watch.check();
  return { world, watch, machines: world.machines };
}

describe('each check fires on a planted bug', () => {
  let here: Awaited<ReturnType<typeof watched>>;
  let a: SimulatedMachine;
  let b: SimulatedMachine;
  let faulty: SimulatedMachine;

  async function plant(bug: () => void | Promise<void>): Promise<void> {
    here = await watched();
    [a, b, , faulty] = here.machines as [SimulatedMachine, SimulatedMachine, SimulatedMachine, SimulatedMachine];
    await bug();
  }
  const found = () => expect(() => here.watch.check());

  beforeAll(() => plant(() => {}));

  it('two blocks at one height', async () => {
    await plant(() => {
      here.watch.written(a, [blockRow(block(1, 1))]);
      here.watch.written(b, [blockRow(block(1, 1))]);
      here.watch.check();
      here.watch.written(b, [blockRow(block(1, 2))]);
    });
    found().toThrow('b holds another block 1');
  });

  it('a block called final that is another one', async () => {
    await plant(() => {
      here.watch.written(a, [blockRow(block(1, 1))]);
      here.watch.block(b, GROUP, 1, '22');
    });
    found().toThrow('b calls another block 1 final');
  });

  it('a block whose content is not what its hash says', async () => {
    await plant(() => {
      here.watch.written(a, [blockRow(block(1, 1, ['x']))]);
      here.watch.check();
      here.watch.written(b, [blockRow({ ...block(1, 1, ['x']), Trxs: [] })]);
    });
    found().toThrow('b stores another block 1 than its hash says');
  });

  it('another state root at a height', async () => {
    await plant(() => here.watch.written(a, [blockRow(block(1, 1)), headRow(1, 9)]));
    found().toThrow('a has another state root at 1');
  });

  it('a trx in two blocks', async () => {
    await plant(() => here.watch.written(a, [blockRow(block(1, 1, ['x'])), blockRow(block(2, 2, ['x']))]));
    found().toThrow('trx x is in block 1 and in block 2');
  });

  it('a post that leaves the outbox without a block', async () => {
    await plant(() => here.watch.written(a, [{ table: 'outbox', key: `${GROUP}/x`, value: undefined }]));
    found().toThrow('a forgets its post x');
  });

  it('an acknowledged post that a crash has taken', async () => {
    await plant(() => {
      here.watch.acknowledged.set('x', a);
      here.watch.checkAcknowledged(a);
    });
    found().toThrow('a has lost its acknowledged post x');
  });

  it('a log that nothing is deleted from', async () => {
    await plant(async () => {
      const store = a.disk.open();
      const entries = Array.from({ length: 20_000 }, (_, number): Write => {
        return { table: 'log', key: `${number}`, value: hash(1) };
      });
      await here.world.settled(store.write(entries, 'strict'));
    });
    found().toThrow('a has 20000 rows in its log');
  });

  it('a pool that nothing leaves', async () => {
    await plant(() => {
      a.node.kept = () => ({ trxs: 100_000, epochs: 12, bytes: 1_000 });
      here.watch.view(a, { groups: [{ groupId: GROUP }] } as unknown as NodeView);
    });
    found().toThrow('the pool of a grows');
  });

  it.each([
    ['epochs that an engine does not let go of', { trxs: 0, epochs: 13, bytes: 1_000 }, 'a keeps messages of 13 epochs'],
    ['messages that pile up in an engine', { trxs: 0, epochs: 12, bytes: 2 ** 26 }, 'a keeps 67108864 bytes of messages'],
  ])('%s', async (_, kept, message) => {
    await plant(() => {
      const view = { groups: [{ groupId: GROUP }] } as unknown as NodeView;
      a.node.kept = () => ({ trxs: 0, epochs: 12, bytes: 1_000 });
      here.watch.view(a, view);
      here.watch.check();
      a.node.kept = () => kept;
      here.watch.view(a, view);
    });
    found().toThrow(message);
  });

  it('a stream on which more is sent than its other end takes; a faulty one may be', async () => {
    await plant(async () => {
      const flood = async (from: SimulatedMachine): Promise<void> => {
        // Nobody receives from it.
        here.world.network.connect(from.peerId).listen({
          gossip: () => 'ignore',
          request: () => Promise.reject(new Error('nothing is answered here')),
          state: () => {},
          neighbours: () => {},
          stream: () => {},
        });
        const stream = await here.world.settled(here.world.network.connect('flooder').openStream(from.peerId));
        const sent = new Uint8Array(2 ** 20);
        for (let count = 0; count < 64; count++) stream.send(count === 0 ? new Uint8Array(10) : sent);
      };
      await flood(b);
      expect(here.world.network.overflows).toEqual([{ from: 'flooder', to: b.peerId }]);
      here.watch.check();
      here.world.network.overflows.push({ from: a.peerId, to: b.peerId });
    });
    found().toThrow('peer-a sends peer-b more than a stream holds');
  });

  it('two seals of one producer at one height', async () => {
    await plant(() => {
      const seal = (byte: number) => ({
        BlockId: 3,
        BlockHash: hash(byte),
        Seal: { ProducerPubkey: 'a', Sign: new Uint8Array(65) },
      });
      const frame = (byte: number) => ProducerFrame.encode(ProducerFrame.create({ Seals: [seal(byte)] }));
      here.watch.sent(a, b.peerId, frame(1));
      here.watch.sent(a, b.peerId, frame(1));
      here.watch.check();
      here.watch.sent(a, b.peerId, frame(2));
    });
    found().toThrow('two seals of one key for 3');
  });

  it('two Done of one producer for one epoch, and no other contradiction', async () => {
    await plant(() => {
      const done = (blockId: number) =>
        encodeMessage({ kind: 'done', epoch: 5, signer: 0, blockId, blockHash: hash(1), signature: new Uint8Array(65) });
      const frame = (blockId: number) => ProducerFrame.encode(ProducerFrame.create({ Engine: [done(blockId)] }));
      here.watch.sent(faulty, b.peerId, frame(2));
      here.watch.sent(a, b.peerId, frame(1));
      here.watch.check();
      here.watch.sent(a, b.peerId, frame(2));
    });
    found().toThrow('producer 0 contradicts itself: done/5');
  });

  it('an honest producer that is blamed for a fault; a faulty one may be', async () => {
    await plant(() => {
      here.watch.fault(a, { producer: 3, kind: 'bad-shard' }, '');
      here.watch.check();
      here.watch.fault(a, { producer: 1, kind: 'bad-shard' }, '');
    });
    found().toThrow('a blames the honest b: bad-shard');
  });

  it('an honest peer that is penalized or whose gossip is rejected; a faulty one may be', async () => {
    await plant(() => {
      here.world.network.penalties.push({ by: a.peerId, peer: faulty.peerId, reason: 'it lies' });
      here.watch.check();
      here.world.network.penalties.push({ by: a.peerId, peer: b.peerId, reason: 'it lies' });
    });
    found().toThrow('blames the honest peer-b');
    await plant(() => void here.world.network.rejections.push({ at: a.peerId, origin: b.peerId }));
    found().toThrow('rejected what the honest peer-b sent');
  });

  it('an honest node that stops', async () => {
    await plant(() => {
      const problem = { code: 'forked', message: 'It has stopped.' };
      const view = { groups: [{ problem }] } as unknown as NodeView;
      here.watch.view(a, view);
    });
    found().toThrow('a reports forked');
  });
});

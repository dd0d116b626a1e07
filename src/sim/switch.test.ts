import { describe, expect, it } from 'vitest';
import { type GroupView, ProducerFrame } from '../node/index.ts';
import { Block, decodeOrNothing, TrxType } from '../records/index.ts';
import type { Dealer } from './dealer.ts';
import { byKey, type DealtGroup, dealtGroup, producersOf } from './dealt-group.ts';
import { idealKeys } from './ideal-threshold.ts';
import { type SimulatedMachine, World, type WorldObserver } from './world.ts';

/**
 * The moment of change: what happens at the block that sets another configuration, whoever is there, behind, off or crashes. The change itself is
 * dealt, so each case is that moment and nothing else; the agreement that leads to it has its own tests.
 */

const LIMIT_MS = 120_000;

interface Scene {
  readonly world: World;
  readonly group: DealtGroup;
  readonly dealer: Dealer;
  /** Owner, further producers, users: in the order in which they came. */
  readonly machines: readonly SimulatedMachine[];
}

async function scene(seed: number, producers: number, users: number, observer?: WorldObserver, engine = 'hbbft'): Promise<Scene> {
  const world = await World.create(seed, observer);
  world.trustedDealer = (groupId, nonce, size, index) => idealKeys(size, new TextEncoder().encode(`${groupId}/${nonce}`))[index];
  const group = await dealtGroup(world, { producers, users, intervalMs: 1_000, encryption: 0, engine });
  const others = [...group.producers, ...group.users].filter((machine) => machine !== group.owner);
  return { world, group, dealer: group.dealer, machines: [group.owner, ...others] };
}

const viewOf = ({ node }: SimulatedMachine): GroupView => {
  const [group] = node.view().groups;
  if (!group) throw new Error('this machine is in no group');
  return group;
};

const keysOf = (machines: readonly SimulatedMachine[]): string[] => byKey(machines).map((each) => viewOf(each).userPubkey);
const isUnder = (machine: SimulatedMachine, keys: readonly string[]): boolean =>
  machine.isRunning && producersOf(machine).join() === keys.join();

/** Publishes the change and waits until all of `who` are under it. */
async function change(
  { world, dealer, machines }: Scene,
  nonce: number,
  producers: readonly SimulatedMachine[],
  { who = machines, startFromEpoch = 0 }: { who?: readonly SimulatedMachine[]; startFromEpoch?: number } = {},
): Promise<void> {
  const keys = keysOf(producers);
  const isDone = (): boolean => who.every((machine) => isUnder(machine, keys));
  const wanted = { nonce, producers, startFromEpoch };
  expect(await dealer.publish(() => [dealer.trx(wanted)], isDone, LIMIT_MS)).toBe(true);
  expect(world.network.penalties).toEqual([]);
}

/** Everybody posts once; ends when all of it is final everywhere, once, on one chain. Answers that chain. */
async function settle({ world, group, machines }: Scene, posted: string[] = []): Promise<Block[]> {
  for (const { node } of machines) posted.push(await world.settled(node.post(group.groupId, '{"still":"here"}')));
  const heads = () => new Set(machines.map((machine) => viewOf(machine).head.hash));
  const isSettled = (): boolean => heads().size === 1 && machines.every((machine) => viewOf(machine).ownPosts.length === 0);
  const isReached = await world.runUntil(isSettled, 2 * LIMIT_MS);
  const shown = machines.map((machine) => [machine.name, viewOf(machine).head.blockId, viewOf(machine).producing]);
  expect(isReached, JSON.stringify(shown)).toBe(true);
  expect(machines.map((machine) => viewOf(machine).problem)).toEqual(machines.map(() => undefined));
  const [first] = machines;
  const chain: Block[] = [];
  for (let blockId = 1; first && blockId <= viewOf(first).head.blockId; blockId++)
    chain.push(await world.settled(first.node.block(group.groupId, blockId)));
  const inChain = chain.flatMap(({ Trxs }) => Trxs.map(({ TrxId }) => TrxId));
  expect(new Set(inChain).size).toBe(inChain.length);
  expect(posted.filter((trxId) => !inChain.includes(trxId))).toEqual([]);
  return chain;
}

const isChange = (block: Block): boolean => block.Trxs.some(({ Type }) => Type === TrxType.CONSENSUS);

describe('the switch to another configuration', () => {
  it('one block ends each configuration, with the change as its last trx; the next one goes on from there: 1 → 4 → 7 → 3 → 1, while posts pour in (C-27)', async () => {
    const here = await scene(1, 1, 7);
    const { world, group, machines } = here;
    const at = (...places: number[]) => places.map((place) => machines[place] as SimulatedMachine);
    const posted: string[] = [];
    let isPouring = true;
    const post = (): void => {
      if (!isPouring) return;
      const author = world.random.pick(machines);
      author.node.post(group.groupId, '{"pours":"in"}').then((trxId) => posted.push(trxId));
      world.time.plan(150, post);
    };
    post();
    const sets = [at(0, 1, 2, 3), at(1, 2, 3, 4, 5, 6, 7), at(0, 2, 5), at(6)];
    for (const [place, set] of sets.entries()) await change(here, place + 2, set);
    await world.run(5_000);
    // What is acknowledged while the chain is being read would not be in it.
    isPouring = false;
    const chain = await settle(here, posted);
    const changes = chain.slice(1).filter(isChange);
    expect(changes.map(({ ConfigNonce }) => ConfigNonce)).toEqual([0, 2, 3, 4]);
    for (const block of changes) {
      expect(block.Trxs.at(-1)?.Type).toBe(TrxType.CONSENSUS);
      const next = chain.find(({ BlockId }) => BlockId === block.BlockId + 1);
      expect(next?.ConfigNonce).not.toBe(block.ConfigNonce);
    }
    expect(posted.length).toBeGreaterThan(50);
    expect(chain.at(-1)).toMatchObject({ ConfigNonce: 5, ProducerPubkey: viewOf(machines[6] as SimulatedMachine).userPubkey });
  });

  it('begins at the epoch that was asked for, if that is later (C-27)', async () => {
    const here = await scene(2, 3, 1);
    const epoch = viewOf(here.group.owner).epoch + 400;
    await change(here, 2, here.machines, { startFromEpoch: epoch });
    const chain = await settle(here);
    expect(chain.find(({ ConfigNonce }) => ConfigNonce === 2)?.Epoch).toBeGreaterThanOrEqual(epoch);
    expect(chain.findLast(({ ConfigNonce }) => ConfigNonce === 1)?.Epoch).toBeLessThan(epoch);
  });

  it('two changes in adjacent blocks: the second is ordered by those whom the first has set (C-27)', async () => {
    const here = await scene(3, 4, 4);
    const { dealer, machines } = here;
    const [first, second] = [machines.slice(2, 6), machines.slice(4)];
    // Said once: the one that is left out of the first block waits for the next.
    dealer.gossip([dealer.trx({ nonce: 3, producers: second }), dealer.trx({ nonce: 2, producers: first })]);
    const isDone = (): boolean => machines.every((machine) => isUnder(machine, keysOf(second)));
    expect(await here.world.runUntil(isDone, LIMIT_MS)).toBe(true);
    const chain = await settle(here);
    const changes = chain.filter(isChange).slice(-2);
    expect(changes.map(({ ConfigNonce }) => ConfigNonce)).toEqual([1, 2]);
  });

  it('power goes everywhere as soon as the last block is stored: the old producers seal it first, then the new ones begin (C-27)', async () => {
    const groups = [
      [4, 'hbbft'],
      [2, 'hbbft'],
      [7, 'hbbft'],
      [4, 'pbft'],
    ] as const;
    for (const [seed, [size, engine]] of groups.entries()) {
      const stored = new Set<SimulatedMachine>();
      const written: WorldObserver['written'] = (machine, writes) => {
        const blocks = writes.flatMap(({ table, value }) => (table === 'blocks' && value ? [Block.decode(value)] : []));
        if (blocks.some((block) => block.ConfigNonce === 1 && isChange(block))) stored.add(machine);
      };
      const here = await scene(40 + seed, size, 3, { block: () => {}, written }, engine);
      const { world, group, dealer, machines } = here;
      const next = machines.slice(-2);
      const wanted = { nonce: 2, producers: next };
      const keys = keysOf(next);
      world.network.orderStreams = ({ data, deliver, drop }) => {
        if (decodeOrNothing(ProducerFrame, data)?.Seals.length) drop();
        else deliver();
      };
      // Nor do they hear of them by gossip, or does anybody else gather and serve them meanwhile.
      const others = group.users.map(({ peerId }) => peerId);
      // One is away, where it can be spared, and learns of the block from those who are done with it.
      const late = size < 4 ? undefined : group.producers.at(-1);
      const there = group.producers.filter((machine) => machine !== late);
      world.network.split([others, late ? [late.peerId] : []]);
      const deafen = (): void => {
        for (const { peerId } of group.producers) for (const host of world.network.others(peerId)) host.topics.clear();
      };
      const haveStored = (): boolean => {
        if (stored.size > 0) deafen();
        return there.every((machine) => stored.has(machine));
      };
      expect(await dealer.publish(() => [dealer.trx(wanted)], haveStored, LIMIT_MS)).toBe(true);
      world.network.split([others]);
      if (late) expect(await world.runUntil(() => stored.has(late), LIMIT_MS)).toBe(true);
      // Nobody has the others' seals: the old configuration is still in force, and decides no epoch behind its last block.
      const waits = async (): Promise<void> => {
        for (let second = 0; second < 8; second++) {
          await world.run(1_000);
          const shown = group.producers.map((machine) => [
            producersOf(machine),
            viewOf(machine).producing,
            viewOf(machine).problem,
          ]);
          const olds = [keysOf(group.producers), expect.stringMatching(/working|resting/), undefined];
          expect(shown).toEqual(group.producers.map(() => olds));
          const proposals = group.producers.flatMap((machine) =>
            viewOf(machine).consensus.producers.map(({ proposal }) => proposal),
          );
          expect(proposals.filter((proposal) => proposal)).toEqual([]);
        }
        const history = await world.settled(group.owner.node.proofHistory(group.groupId));
        expect(history.map(({ req }) => req.Nonce)).toEqual([0, 1]);
      };
      await waits();
      for (const machine of group.producers) machine.crash();
      for (const machine of group.producers) await machine.start();
      await waits();
      for (const machine of group.producers) machine.crash();
      world.network.orderStreams = undefined;
      for (const machine of group.producers) await machine.start();
      world.network.split([]);
      expect(await world.runUntil(() => machines.every((machine) => isUnder(machine, keys)), LIMIT_MS)).toBe(true);
      await settle(here);
    }
  });

  it.each(['hbbft', 'pbft'])(
    'what waits in the pools under %s when the last block comes enters the next one, though its author is gone (C-27)',
    async (engine) => {
      const here = await scene(9, 4, 2, undefined, engine);
      const { world, group, dealer, machines } = here;
      const [author] = group.users as [SimulatedMachine];
      const next = group.producers.slice(1);
      const hosts = new Set(machines.flatMap(({ peerId }) => world.network.others(peerId)));
      const topics = new Set([...hosts].flatMap((host) => [...host.topics]));
      const isLastStored = (): boolean =>
        group.producers.every(({ disk }) =>
          disk.peek('blocks', {}).some(({ value }) => Block.decode(value).ConfigNonce === 1 && isChange(Block.decode(value))),
        );
      // Nobody hears of seals, by stream or by gossip, so the last block waits for them.
      world.network.orderStreams = ({ data, deliver, drop }) => {
        if (decodeOrNothing(ProducerFrame, data)?.Seals.length) drop();
        else deliver();
      };
      dealer.gossip([dealer.trx({ nonce: 2, producers: next, engine })]);
      await world.run(60);
      for (const host of hosts) host.topics.clear();
      expect(await world.runUntil(isLastStored, LIMIT_MS)).toBe(true);
      for (const host of hosts) for (const topic of topics) host.topics.add(topic);
      const trxId = await world.settled(author.node.post(group.groupId, '{"the author":"is gone"}'));
      await world.run(2_000);
      author.crash();
      await world.run(3_000);
      // The old ones make nothing of it: the next block is not theirs.
      expect(producersOf(group.owner)).toEqual(keysOf(group.producers));
      expect(
        group.producers.map(({ disk }) =>
          Math.max(...disk.peek('blocks', {}).map(({ value }) => Block.decode(value).ConfigNonce)),
        ),
      ).toEqual([1, 1, 1, 1]);
      expect(group.producers.map((machine) => viewOf(machine).problem)).toEqual(group.producers.map(() => undefined));
      world.network.orderStreams = undefined;
      world.network.split(machines.map(({ peerId }) => [peerId]));
      await world.run(6_000);
      world.network.split([]);
      const status = () => world.settled(group.owner.node.trxStatus(group.groupId, trxId));
      expect(await world.runUntil(() => isUnder(group.owner, keysOf(next)), LIMIT_MS)).toBe(true);
      await world.run(10_000);
      expect(await status()).toMatchObject({ status: 'Committed' });
      await author.start();
      await settle(here);
    },
  );

  it('a producer that was away learns from the chain that it was left out, though those who produced with it are gone (C-27)', async () => {
    const here = await scene(5, 4, 4);
    const { world, group, machines } = here;
    const [away, ...olds] = group.producers.filter((machine) => machine !== group.owner) as [SimulatedMachine, SimulatedMachine];
    world.network.split([[away.peerId]]);
    await world.run(10_000);
    await change(here, 2, group.users, { who: machines.filter((machine) => machine !== away) });
    for (const machine of [group.owner, ...olds]) machine.crash();
    world.network.split([]);
    expect(await world.runUntil(() => isUnder(away, keysOf(group.users)), LIMIT_MS)).toBe(true);
    expect(viewOf(away)).toMatchObject({ role: 'user', producing: 'idle' });
    for (const machine of [group.owner, ...olds]) await machine.start();
    await settle(here);
  });

  it('a producer that signed and went offline produces once it is back, whether it was one before or not (C-27)', async () => {
    for (const place of [0, 4]) {
      const here = await scene(60 + place, 4, 4);
      const { world, group, machines } = here;
      const away = [...group.producers, ...group.users][place] as SimulatedMachine;
      const next = [...new Set([away, ...group.users])].slice(0, 4);
      await away.stop();
      const who = machines.filter((machine) => machine !== away);
      const keys = [...new Set([...keysOf(next.filter((machine) => machine !== away))])];
      const isDone = (): boolean => who.every((machine) => keys.every((key) => producersOf(machine).includes(key)));
      const { dealer } = here;
      expect(await dealer.publish(() => [dealer.trx({ nonce: 2, producers: next })], isDone, LIMIT_MS)).toBe(true);
      await world.run(30_000);
      await away.start();
      await settle(here);
      expect(await world.runUntil(() => viewOf(away).producing !== 'stopped', LIMIT_MS)).toBe(true);
      // All of the four are needed once another one is gone.
      const [other] = next.filter((machine) => machine !== away);
      other?.crash();
      await world.settled(away.node.post(group.groupId, '{"without":"the other"}'));
      expect(await world.runUntil(() => viewOf(away).ownPosts.length === 0, LIMIT_MS)).toBe(true);
      expect(world.network.penalties).toEqual([]);
    }
  });

  it('one whose network loses and whose machines crash at random comes through (C-27)', async () => {
    for (let seed = 70; seed < 76; seed++) {
      const here = await scene(seed, 4, 4);
      const { world, group, machines, dealer } = here;
      const random = world.random.fork('crashes');
      world.network.faults = { loss: 0.1, duplication: 0.05, delayMs: [1, 400] };
      let nonce = 1;
      for (let round = 0; round < 3; round++) {
        const producers = random.shuffle(machines).slice(0, 1 + random.int(6));
        const wanted = { nonce: ++nonce, producers };
        const trx = dealer.trx(wanted);
        for (const machine of random.shuffle(machines).slice(0, 5)) {
          world.time.plan(random.int(6_000), () => {
            if (machine.isOff) return;
            machine.crash();
            world.time.plan(200 + random.int(8_000), () => void machine.boot());
          });
        }
        await dealer.publish(
          () => [trx],
          () => false,
          15_000,
        );
      }
      world.network.faults = { loss: 0, duplication: 0, delayMs: [5, 50] };
      expect(await world.runUntil(() => machines.every(({ isRunning }) => isRunning), LIMIT_MS)).toBe(true);
      await settle(here);
      expect(group.producers.length).toBe(4);
    }
  });

  it('logs of earlier configurations are removed, those of the one in force stay (C-28)', async () => {
    const here = await scene(8, 4, 2);
    const { world, group, machines } = here;
    const [left, ...next] = machines as [SimulatedMachine, ...SimulatedMachine[]];
    await change(here, 2, next);
    await settle(here);
    await world.run(5_000);
    const prefix = new RegExp(`^${group.groupId}/(?:entry|unbroken)/([0-9a-f]+)`);
    const noncesOf = ({ disk }: SimulatedMachine): Set<string | undefined> =>
      new Set(disk.peek('log', {}).flatMap(({ key }) => prefix.exec(key)?.slice(1) ?? []));
    expect([...noncesOf(left)]).toEqual([]);
    for (const machine of next) expect([...noncesOf(machine)]).toEqual([(2).toString().padStart(16, '0')]);
  });
});

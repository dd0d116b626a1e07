import { expect, it } from 'vitest';
import { blockHash, SyncResponse } from '../../../records/index.ts';
import { dealtGroup } from '../../dealt-group.ts';
import { idealDealer } from '../../ideal-threshold.ts';
import { World } from '../../world.ts';
import { type NodeStrategy, Twist } from './twist.ts';

const LIAR = 0;

/** The answer with everything cut out of its blocks that their seals do not speak of by themselves. */
function hollow(answer: SyncResponse): Uint8Array {
  const { Blocks: bundle } = answer;
  const blocks = (bundle?.Blocks?.Blocks ?? []).map((block) => ({ ...block, Trxs: [] }));
  return SyncResponse.encode({ ...answer, Blocks: bundle && { ...bundle, Blocks: { Blocks: blocks } } });
}

it('a producer that gets the seals of its own block from a liar keeps its content', { timeout: 120_000 }, async () => {
  const world = await World.create(4);
  world.trustedDealer = idealDealer;
  // Everybody gives seals to the liar only, so that the others have to ask it.
  const strategy: NodeStrategy = { seals: (to, seals) => (to === LIAR ? seals : []) };
  const twists = new Map<string, Twist>();
  world.equip = (name) => {
    const twist = new Twist(({ self }) => (self === LIAR ? { seals: () => [], answer: hollow } : strategy));
    twists.set(name, twist);
    return { twist };
  };
  const group = await dealtGroup(world, { producers: 4, users: 0, intervalMs: 1_000, encryption: 1 });
  const { groupId, producers } = group;
  const places = new Map(producers.map(({ peerId }, index) => [peerId, index]));
  for (const [self, { name }] of producers.entries()) {
    twists.get(name)?.begin({
      random: world.random.fork(name),
      self,
      configuration: {
        groupId,
        nonce: 1,
        producers: producers.map(() => ''),
        ...{ ownerPubkey: '', intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', rulesVersion: '1' },
      },
      cipherKey: new Uint8Array(32),
      signSecret: new Uint8Array(32),
      indexOf: (peer) => places.get(peer),
    });
  }
  const before = producers[1]?.node.view().groups[0]?.head.blockId ?? 0;
  for (const { node } of producers) await world.settled(node.post(groupId, '{}'));
  const heads = () => producers.map(({ node }) => node.view().groups[0]?.head.blockId ?? 0);
  expect(await world.runUntil(() => heads().every((blockId) => blockId > before), 60_000)).toBe(true);
  for (const { node } of producers) {
    const block = await world.settled(node.block(groupId, before + 1));
    expect(blockHash(block)).toEqual(block.BlockHash);
  }
});

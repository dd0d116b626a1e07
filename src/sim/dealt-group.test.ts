import { describe, expect, it } from 'vitest';
import { dealtGroup } from './dealt-group.ts';
import { idealKeys } from './ideal-threshold.ts';
import { World } from './world.ts';

async function world(seed: number): Promise<World> {
  const made = await World.create(seed);
  made.trustedDealer = (groupId, nonce, producers, index) =>
    idealKeys(producers, new TextEncoder().encode(`${groupId}/${nonce}`))[index];
  return made;
}

describe('several producers', () => {
  it.each([2, 3, 4, 7])(
    '%i producers make one chain; posts of everybody become final everywhere (C-7, C-11)',
    async (producers) => {
      const here = await world(producers);
      const { groupId } = await dealtGroup(here, { producers, users: 1, intervalMs: 1_000, encryption: 0 });
      for (const { name, node } of here.machines) await here.settled(node.post(groupId, JSON.stringify({ from: name })));
      const groups = () => here.machines.map(({ node }) => node.view().groups[0]);
      const settled = () => groups().every((group) => group?.ownPosts.length === 0 && group.posts === here.machines.length);
      expect(await here.runUntil(settled, 60_000)).toBe(true);
      expect(new Set(groups().map((group) => group?.head.stateRoot)).size).toBe(1);
      const block = await here.settled(here.machines[0]?.node.block(groupId, 3) ?? Promise.reject(new Error('nobody')));
      expect(block.ProducerSign).toHaveLength(0);
      expect(block.Seals.length).toBeGreaterThanOrEqual(producers - Math.floor((producers - 1) / 3));
    },
  );
});

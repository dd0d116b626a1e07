import { describe, expect, it } from 'vitest';
import { AnnouncedGroup, World } from '../../sim/index.ts';

describe('a change of consensus', () => {
  it('makes four producers of one, by a key that they generate, and everybody learns it from the chain (C-27)', async () => {
    const world = await World.create(1);
    const group = await AnnouncedGroup.create(world, 5);
    const producers = group.keys([0, 1, 2, 3]);
    const { trxId, reqId, failableProducers } = await world.settled(
      group.owner.node.changeConsensus(group.groupId, group.wanted(producers, { encryption: 0 })),
    );
    expect(failableProducers).toBe(1);
    const isFour = () => group.machines.every((machine) => group.view(machine).producers.length === 4);
    const ok = await world.runUntil(isFour, 60_000);
    expect(ok).toBe(true);
    for (const machine of group.machines) {
      const proof = await world.settled(machine.node.proof(group.groupId, reqId));
      expect(proof).toMatchObject({ result: 'SUCCESS' });
      expect(await world.settled(machine.node.trx(group.groupId, trxId))).toMatchObject({ TrxId: trxId });
      await world.settled(machine.node.post(group.groupId, '{"after":true}'));
    }
    const allPosted = () => group.machines.every((machine) => group.view(machine).posts === 5 && !group.view(machine).problem);
    expect(await world.runUntil(allPosted, 60_000)).toBe(true);
    expect(group.heads.size).toBe(1);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto } from '../crypto/index.ts';
import { verifyReceipt } from '../ledger/index.ts';
import { type Block, parseSeed, Receipt, TrxResult, TrxType } from '../records/index.ts';
import { dealtGroup, idealDealer, type SimulatedMachine, World } from '../sim/index.ts';
import { HistoryRow, startingWith } from './rows.ts';

beforeAll(initCrypto);

async function blocksOf(world: World, { node }: SimulatedMachine, groupId: string): Promise<Block[]> {
  const head = node.view().groups[0]?.head.blockId ?? 0;
  const blocks: Block[] = [];
  for (let blockId = 1; blockId <= head; blockId++) blocks.push(await world.settled(node.block(groupId, blockId)));
  return blocks;
}

/** A group that went from one producer to four while people posted, as a producer and a user have it. */
async function groupOfFour(seed: number) {
  const world = await World.create(seed);
  world.trustedDealer = idealDealer;
  const group = await dealtGroup(world, { producers: 4, users: 1, intervalMs: 1_000, encryption: 1 });
  for (let round = 0; round < 5; round++) {
    for (const { node, name } of world.machines) await world.settled(node.post(group.groupId, JSON.stringify({ name, round })));
    await world.run(1_500);
  }
  const isSettled = (): boolean => world.machines.every(({ node }) => node.view().groups[0]?.posts === 25);
  expect(await world.runUntil(isSettled, 120_000)).toBe(true);
  const { groupId, ownerPubkey, cipherKey } = parseSeed(group.seed);
  return { world, ...group, identity: { groupId, ownerPubkey, cipherKey, hasTrustedDealer: true } };
}

describe('receipts of a node', () => {
  it('has one for every final trx, before and after the producers changed, and all verify by the seed alone (P-1, P-2)', async () => {
    const { world, groupId, producers, users, identity } = await groupOfFour(21);
    for (const machine of [...users, ...producers.slice(0, 1)]) {
      const blocks = await blocksOf(world, machine, groupId);
      let receipts = 0;
      for (const block of blocks) {
        for (const trx of block.Trxs) {
          const receipt = await world.settled(machine.node.receipt(groupId, trx.TrxId));
          expect(verifyReceipt(identity, Receipt.decode(Receipt.encode(receipt)))).toMatchObject({
            valid: true,
            trx,
            result: TrxResult.APPLIED,
            header: { BlockId: block.BlockId, ConfigNonce: block.ConfigNonce },
            recoveries: [],
          });
          receipts++;
        }
      }
      expect(receipts).toBeGreaterThanOrEqual(28);
      expect(blocks.at(-1)?.ConfigNonce).toBe(1);
    }
  });

  it('makes the same receipts for blocks that were stored without digests', async () => {
    const { world, groupId, users } = await groupOfFour(22);
    const [user] = users;
    if (!user) throw new Error('nobody is there');
    const blocks = await blocksOf(world, user, groupId);
    const trxs = blocks.flatMap(({ Trxs }) => Trxs);
    const some = trxs.filter(({ Type }, place) => Type !== TrxType.POST || place % 6 === 0);
    const before = [];
    for (const { TrxId } of some) before.push(await world.settled(user.node.receipt(groupId, TrxId)));
    const store = user.disk.open({ fence: false });
    const rows = await world.settled(store.range('history', startingWith(`${groupId}/`)));
    const writes = rows.map(({ key, value }) => ({
      table: 'history' as const,
      key,
      value: HistoryRow.encode({ ...HistoryRow.decode(value), Digests: new Uint8Array() }),
    }));
    await world.settled(store.write(writes, 'strict'));
    for (const [place, { TrxId }] of some.entries()) {
      expect(await world.settled(user.node.receipt(groupId, TrxId))).toEqual(before[place]);
    }
  });

  it('has none for a trx that is unknown, or in no block yet', async () => {
    const world = await World.create(23);
    const owner = await world.addMachine('owner');
    const making = owner.node.createGroup({ groupName: 'receipts', encryption: 'public', appKey: 'group_timeline' });
    const { groupId } = await world.settled(making);
    const nobodys = '00000000-0000-4000-8000-000000000000';
    await expect(world.settled(owner.node.receipt(groupId, nobodys))).rejects.toMatchObject({ code: 'unknown-trx' });
    const trxId = await world.settled(owner.node.post(groupId, '{}'));
    await expect(world.settled(owner.node.receipt(groupId, trxId))).rejects.toThrow(/no block yet/);
  });
});

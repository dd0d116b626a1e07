import { expect, it } from 'vitest';
import type { FaultOf } from '../../../consensus/index.ts';
import { TABLES } from '../../../node/index.ts';
import { toHex } from '../../../records/index.ts';
import { type SimulatedMachine, World } from '../../world.ts';
import { groupWithLiar } from './one-liar.ts';

const LIMIT_MS = 180_000;

/** Everything on the disk but the log of consensus, and what waits in the pool. */
function stateOf({ disk, node }: SimulatedMachine, groupId: string): string {
  const rows = TABLES.filter((table) => table !== 'log').flatMap((table) =>
    disk.peek(table, {}).map(({ key, value }) => `${table} ${key} ${toHex(value)}`),
  );
  return [...rows, node.kept(groupId).trxs].join('\n');
}

it('a batch that was executed and rolled back leaves state, history, index, blocks and pool as they were (P-4, P-16)', {
  timeout: 120_000,
}, async () => {
  const reported = new Map<SimulatedMachine, FaultOf>();
  const world = await World.create(5, {
    block: () => {},
    fault: (machine, fault) => void (fault.kind === 'wrong-root' && reported.set(machine, fault)),
  });
  const { group, user } = await groupWithLiar(world, 'pbft-wrong-root', 0);
  const { groupId, producers } = group;
  const backups = producers.slice(1);
  const viewOf = ({ node }: SimulatedMachine) => node.view().groups[0];
  await world.settled(user.node.post(groupId, '{"number":1}'));
  const arePooled = (): boolean => backups.every(({ node }) => node.kept(groupId).trxs === 1);
  expect(await world.runUntil(arePooled, LIMIT_MS)).toBe(true);
  const before = backups.map((machine) => stateOf(machine, groupId));
  expect(await world.runUntil(() => reported.size === backups.length, LIMIT_MS)).toBe(true);
  expect(backups.map((machine) => stateOf(machine, groupId))).toEqual(before);
  for (const [{ disk }, { roots }] of reported) {
    // Both roots are known, and nothing of what was refused is in the log.
    expect(roots?.own).toBeDefined();
    expect(roots?.proposed).not.toEqual(roots?.own);
    const logged = disk.peek('log', {}).map(({ key }) => key);
    expect(logged.filter((key) => /(body|pre-prepare|prepare)/.test(key))).toEqual([]);
  }
  // The next primary orders the same trx.
  const areFinal = (): boolean => viewOf(user)?.ownPosts.length === 0 && backups.every((machine) => viewOf(machine)?.posts === 1);
  expect(await world.runUntil(areFinal, LIMIT_MS)).toBe(true);
});

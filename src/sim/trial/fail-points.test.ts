import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceSignatures } from '../../crypto/index.ts';
import { parseSeed } from '../../records/index.ts';
import { type DealtGroup, dealtGroup } from '../dealt-group.ts';
import { idealSignatures } from '../ideal-signatures.ts';
import { idealDealer } from '../ideal-threshold.ts';
import { type FailPoint, type SimulatedMachine, World } from '../world.ts';
import { Watch } from './watch.ts';

const SIZE = 4;
const LIMIT_MS = 120_000;
const DOWN_MS = 2_000;
/** More than a block with a post has of each. */
const MOST_POINTS = {
  hbbft: { 'write-asked': 16, 'write-done': 16, sending: 40 },
  pbft: { 'write-asked': 10, 'write-done': 10, sending: 20 },
} as const;
/** A block may have fewer: then some are needed to come to a point. */
const MOST_POSTS = 20;
const POST_EVERY_MS = 10_000;

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

async function watchedGroup(seed: number, engine: string): Promise<{ world: World; watch: Watch; group: DealtGroup }> {
  const watch = new Watch();
  const world = await World.create(seed, watch);
  world.trustedDealer = idealDealer;
  const group = await dealtGroup(world, { producers: SIZE, users: 0, intervalMs: 1_000, encryption: 0, engine });
  const { cipherKey, ownerPubkey } = parseSeed(group.seed);
  const identity = { groupId: group.groupId, ownerPubkey, cipherKey };
  const machineOf = (pubkey: string) => group.dealer.machineOf(pubkey);
  watch.begin(world, group.groupId, group.producers, { identity, machineOf, engine });
  return { world, watch, group };
}

/** Crashes a machine at the point of this kind that comes after `before` others. */
function armCrash(machine: SimulatedMachine, kind: FailPoint, before: number): void {
  let left = before;
  machine.failPoint = (at) => {
    if (at !== kind || left-- > 0) return;
    machine.failPoint = undefined;
    machine.crash();
  };
}

describe('a producer that loses power at every point of an epoch in turn (C-12, C-24, P-7, S-1)', () => {
  const engines = ['hbbft', 'pbft'] as const;
  const kinds = ['write-asked', 'write-done', 'sending'] as const;
  const cases = engines.flatMap((engine) => kinds.map((kind) => ({ engine, kind })));
  it.each(cases)('$engine, $kind: contradicts nothing, loses nothing, goes on', async ({ engine, kind }) => {
    const { world, watch, group } = await watchedGroup(1, engine);
    const check = (): void => watch.check();
    const { groupId, producers } = group;
    const headOf = ({ node }: SimulatedMachine): string => node.view().groups[0]?.head.hash ?? '';
    for (let before = 0; before < MOST_POINTS[engine][kind]; before++) {
      const machine = producers[before % SIZE] as SimulatedMachine;
      const author = producers[(before + (before % 2)) % SIZE] as SimulatedMachine;
      armCrash(machine, kind, before);
      const isOff = (): boolean => machine.isOff;
      for (let posts = 0; posts < MOST_POSTS && !isOff(); posts++) {
        // Its author may be the one that crashes: then it is acknowledged and kept, or neither.
        author.node.post(groupId, JSON.stringify({ type: 'Note', content: `${kind} ${before}, ${posts}` })).then(
          (trxId) => watch.acknowledged.set(trxId, author),
          () => {},
        );
        await world.runUntil(isOff, POST_EVERY_MS, check);
      }
      if (!isOff()) throw new Error('it did not come to the point');
      await world.run(DOWN_MS, check);
      watch.checkAcknowledged(machine);
      await machine.start();
      const isOver = (): boolean =>
        producers.every(({ node }) => node.view().groups[0]?.ownPosts.length === 0) && new Set(producers.map(headOf)).size === 1;
      expect(await world.runUntil(isOver, LIMIT_MS, check), `${kind} ${before}`).toBe(true);
      check();
    }
    for (const trxId of watch.acknowledged.keys()) {
      const { status } = await world.settled((producers[0] as SimulatedMachine).node.trxStatus(groupId, trxId));
      expect(status).toBe('Committed');
    }
  });
});

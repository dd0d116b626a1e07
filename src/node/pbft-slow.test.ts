import { afterAll, beforeAll, expect, it } from 'vitest';
import { replaceSignatures } from '../crypto/index.ts';
import { AnnouncedGroup, idealSignatures, type StreamDelivery, World } from '../sim/index.ts';

const POSTS = 60;
const POST_BYTES = 2_000;
/** Producer to producer: three copies of such a batch take some 30 s, and patience is 4 s to begin with. */
const BYTES_PER_SECOND = 12_000;
const LIMIT_S = 400;

beforeAll(() => replaceSignatures(idealSignatures));
afterAll(() => replaceSignatures());

/** From now on each machine sends one message after the other, at this rate; on the way each takes 50 ms. */
function narrow({ network, time }: World, bytesPerSecond: number): void {
  const freeAtMs = new Map<string, number>();
  network.orderStreams = ({ from, data, deliver }: StreamDelivery): void => {
    const startMs = Math.max(time.nowMs, freeAtMs.get(from) ?? 0);
    const endMs = startMs + Math.ceil((data.length * 1_000) / bytesPerSecond);
    freeAtMs.set(from, endMs);
    time.plan(endMs - time.nowMs + 50, deliver);
  };
}

it('a batch that takes far longer to send than patience lasts costs views, and is decided: patience doubles (P-11)', async () => {
  const group = await AnnouncedGroup.create(await World.create(21), 5);
  const { world, groupId, owner } = group;
  await world.settled(owner.node.changeConsensus(groupId, group.wanted(group.keys([0, 1, 2, 3]), { engine: 'pbft' })));
  await group.untilProducers([0, 1, 2, 3]);
  await group.postEverywhere();
  const before = group.view(owner).consensus.view?.view ?? 0;
  narrow(world, BYTES_PER_SECOND);
  const user = group.machine(4);
  for (let number = 0; number < POSTS; number++)
    await world.settled(user.node.post(groupId, JSON.stringify({ number, content: 'x'.repeat(POST_BYTES) })));
  const areFinal = (): boolean => group.view(user).ownPosts.length === 0 && group.heads.size === 1;
  for (let second = 0; second < LIMIT_S && !areFinal(); second++) await world.run(1_000);
  expect(areFinal()).toBe(true);
  // Two views at least came to nothing: otherwise there was nothing to double.
  expect(group.view(owner).consensus.view?.view).toBeGreaterThan(before + 1);
  for (const machine of group.machines) expect(group.view(machine).problem).toBeUndefined();
});

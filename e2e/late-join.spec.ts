/** Joining a group that is old: 200 blocks of the same core under the simulated clock, served by a real peer over the real stream. */
import { formatSeed, parseSeed } from '../src/records/index.ts';
import { expect, test } from './support/app-test.ts';
import { startHeadlessNode } from './support/headless-node.ts';
import { paceBlocks } from './support/paced-store.ts';
import { type SimulatedChain, simulateChain } from './support/simulated-chain.ts';

const SEED = 20_240;
/** Block 1 is the group's own; each post makes another. */
const BLOCKS = 200;
const NAME = 'A long history';

let chain: SimulatedChain;

test.beforeAll(async () => {
  chain = await simulateChain({ seed: SEED, posts: BLOCKS - 1, postsPerBlock: 1 });
  expect(chain.blocks).toBe(BLOCKS);
});

/** The chain's seed as it would be if the owner had made the group at this relay. */
function seedAt(origin: string): string {
  return formatSeed({ ...parseSeed(chain.seed), urls: [origin] });
}

test('C joins late and syncs 200 blocks; interrupted, it goes on where it was (N-6, L-7)', async ({ arrive, relay }) => {
  const paced = paceBlocks(chain.store);
  const owner = await startHeadlessNode({ origin: relay.origin, store: paced.store });
  try {
    const c = await arrive();
    const groupId = await c.join(seedAt(relay.origin), NAME);
    expect(groupId).toBe(chain.groupId);
    const progress = c.page.getByRole('progressbar', { name: 'Fetching blocks' });
    for (const block of [20, 70, 120]) {
      paced.allow(block);
      await expect(progress).toHaveAttribute('value', String(block));
      await expect(progress).toHaveAttribute('max', String(BLOCKS));
      await expect(c.page.getByRole('region', { name: 'Fetching blocks' })).toContainText(`${block} of ${BLOCKS}`);
    }

    const askedBefore = paced.asked.length;
    await c.reload();
    expect(await c.topBlock(groupId)).toBe(120);
    await expect(progress).toHaveAttribute('value', '120');
    await expect.poll(() => paced.asked.length).toBeGreaterThan(askedBefore);
    paced.allow(Number.POSITIVE_INFINITY);
    await expect.poll(() => c.topBlock(groupId)).toBe(BLOCKS);
    expect(Math.min(...paced.asked.slice(askedBefore))).toBe(121);
    expect(await c.block(groupId, BLOCKS)).toEqual(identityOf(chain));
    await expect(progress).toHaveCount(0);
    expect(await c.finalTexts(groupId)).toHaveLength(BLOCKS - 1);

    await c.post('Late, and welcome.');
    await c.seesFinal('Late, and welcome.');
    const { head } = owner.service.view().groups[0] ?? {};
    expect(head?.blockId).toBe(BLOCKS + 1);
    expect(await c.block(groupId, BLOCKS + 1)).toEqual(
      identityOf({ headHash: head?.hash ?? '', stateRoot: head?.stateRoot ?? '' }),
    );
  } finally {
    await owner.stop();
  }
});

test('D joins when the owner is gone, and syncs from C, tab to tab (N-6)', async ({ arrive, relay }) => {
  const owner = await startHeadlessNode({ origin: relay.origin, store: chain.store });
  try {
    const [c, d] = [await arrive(), await arrive()];
    const groupId = await c.join(seedAt(relay.origin), NAME);
    await expect.poll(() => c.topBlock(groupId)).toBeGreaterThanOrEqual(BLOCKS);
    await owner.stop();
    const top = await c.topBlock(groupId);

    await d.join(seedAt(relay.origin), NAME);
    await expect.poll(() => d.topBlock(groupId)).toBe(top);
    expect(await d.block(groupId, BLOCKS)).toEqual(identityOf(chain));
    expect(await d.block(groupId, top)).toEqual(await c.block(groupId, top));
    const peerId = await c.peerId();
    await expect.poll(async () => (await d.connections()).get(peerId)).toMatchObject({ path: 'webrtc' });
  } finally {
    await owner.stop();
  }
});

/** As the REST interface prints it: base64 where the view has hex. */
function identityOf({ headHash, stateRoot }: { headHash: string; stateRoot: string }) {
  const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
  return { hash: base64(headHash), stateRoot: base64(stateRoot) };
}

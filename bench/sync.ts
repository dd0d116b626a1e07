import { startHeadlessNode } from '../e2e/support/headless-node.ts';
import { type SimulatedChain, simulateChain } from '../e2e/support/simulated-chain.ts';
import { memoryStore } from '../src/sim/index.ts';
import { call, openTab, withApp } from './app.ts';
import { type Benchmark, figure } from './benchmark.ts';
import { signatureRate } from './calibration.ts';

const POSTS = 10_000;
const POSTS_PER_BLOCK = 10;
const RUNS = 3;
const CHAIN_SEED = 20_261_120;

/** Seconds from the first block to the newest, of a node in this process. */
async function headlessSeconds(origin: string, chain: SimulatedChain): Promise<number> {
  const node = await startHeadlessNode({ origin, store: memoryStore() });
  const done = Promise.withResolvers<number>();
  let firstMs: number | undefined;
  node.service.subscribe((event) => {
    if (event.type !== 'block') return;
    firstMs ??= performance.now();
    if (event.blockId === chain.blocks) done.resolve((performance.now() - firstMs) / 1000);
  });
  try {
    await node.service.joinGroup(chain.seed);
    return await done.promise;
  } finally {
    await node.stop();
  }
}

export const sync: Benchmark = {
  name: 'sync',
  sentence:
    'A new tab joins a group of 10,000 posts in 1,001 blocks, served by one node through the relay: fetching, checking every seal and signature, running, storing. ' +
    'Reference: the same node in Node.js, storing in memory, and what this machine’s rate of signature checks alone would allow.',
  run: ({ progress }) =>
    withApp(async ({ origin, browser }) => {
      progress(`Making a chain of ${POSTS} posts under the simulated clock.`);
      const chain = await simulateChain({ seed: CHAIN_SEED, posts: POSTS, postsPerBlock: POSTS_PER_BLOCK });
      // Each trx is signed; each block of a single producer is sealed and signed.
      const signatures = chain.posts + 2 * chain.blocks;
      const provider = await startHeadlessNode({ origin, store: chain.store });
      const seconds = { tab: [] as number[], headless: 0 };
      try {
        seconds.headless = await headlessSeconds(origin, chain);
        progress(`A node in this process: ${seconds.headless.toFixed(1)} s.`);
        for (let number = 0; number < RUNS; number++) {
          const context = await browser();
          const page = await openTab(context, origin);
          const start = performance.now();
          await call(page, 'POST', '/api/v2/group/join', { seed: chain.seed });
          let firstMs: number | undefined;
          for (;;) {
            const { groups } = await call<{ groups: { currt_top_block: number }[] }>(page, 'GET', '/api/v1/groups');
            const top = groups[0]?.currt_top_block ?? 0;
            // Finding each other is the network's time, not the sync's.
            if (top > 0) firstMs ??= performance.now();
            if (top >= chain.blocks) break;
            await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)));
          }
          const end = performance.now();
          seconds.tab.push((end - (firstMs ?? start)) / 1000);
          progress(`Tab ${number + 1} of ${RUNS}: ${((end - start) / 1000).toFixed(1)} s from joining to the newest block.`);
          await context.close();
        }
      } finally {
        await provider.stop();
      }
      return {
        figures: [
          figure(
            'posts a second',
            '/s',
            seconds.tab.map((taken) => POSTS / taken),
          ),
          figure(
            'blocks a second',
            '/s',
            seconds.tab.map((taken) => chain.blocks / taken),
          ),
          figure('first block to the newest', 's', seconds.tab),
        ],
        reference: [
          { name: 'posts a second, the same node in Node.js storing in memory', unit: '/s', value: POSTS / seconds.headless },
          {
            name: 'posts a second, if only signatures were checked',
            unit: '/s',
            value: POSTS / (signatures / (await signatureRate())),
          },
        ],
      };
    }),
};

/** Chains of any length, made by the real core under the simulated clock: hours of a group's life in seconds. */
import type { Store, Write } from '../../src/node/ports.ts';
import { TABLES } from '../../src/node/ports.ts';
import { memoryStore, World } from '../../src/sim/index.ts';

/** Rows that go from disk to disk at a time. */
const ROWS_AT_ONCE = 1_000;

export interface SimulatedChain {
  readonly groupId: string;
  /** The group's seed; its bootstrap is whatever origin the page has that joins. */
  readonly seed: string;
  readonly blocks: number;
  readonly posts: number;
  readonly headHash: string;
  readonly stateRoot: string;
  /** The owner's storage, keys included (a simulated vault leaves them open). */
  readonly store: Store;
}

/** An owner who posts `postsPerBlock` at a time until there are `posts`. Block 1 is the group's own; the posts begin in block 2. */
export async function simulateChain(options: { seed: number; posts: number; postsPerBlock: number }): Promise<SimulatedChain> {
  const world = await World.create(options.seed);
  const owner = await world.addMachine('owner');
  const creating = owner.node.createGroup({ groupName: 'A long history', encryption: 'public', appKey: 'group_timeline' });
  const { groupId, seed } = await world.settled(creating);
  const group = () => {
    const view = owner.node.view().groups.find((candidate) => candidate.groupId === groupId);
    if (view === undefined) throw new Error('The simulated owner has lost its group.');
    return view;
  };
  for (let first = 0; first < options.posts; first += options.postsPerBlock) {
    const numbers = Array.from({ length: Math.min(options.postsPerBlock, options.posts - first) }, (_, place) => first + place);
    const contents = numbers.map((number) =>
      JSON.stringify({ type: 'Note', content: `Post ${number}, one of many that this group has seen.` }),
    );
    await world.settled(Promise.all(contents.map((content) => owner.node.post(groupId, content))));
    if (!(await world.runUntil(() => group().ownPosts.length === 0, 60_000)))
      throw new Error('The simulated owner makes no blocks.');
  }
  const { head, posts } = group();
  await owner.stop();
  return {
    groupId,
    seed,
    blocks: head.blockId,
    posts,
    headHash: head.hash,
    stateRoot: head.stateRoot,
    store: await world.settled(copyOf(owner.disk.open()), 24 * 3_600_000),
  };
}

/** The same rows in a store that waits for no simulated disk. */
async function copyOf(source: Store): Promise<Store> {
  const copy = memoryStore();
  for (const table of TABLES) {
    for (let from = ''; ; ) {
      const rows = await source.range(table, { from, limit: ROWS_AT_ONCE });
      await copy.write(
        rows.map(({ key, value }): Write => ({ table, key, value })),
        'relaxed',
      );
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_AT_ONCE) break;
      from = `${last.key}\0`;
    }
  }
  return copy;
}

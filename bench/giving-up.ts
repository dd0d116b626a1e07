import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { initCrypto, initThreshold } from '../src/crypto/index.ts';
import type { Store } from '../src/node/ports.ts';
import { PaperMember } from '../src/node/testing/paper-member.ts';
import type { Block } from '../src/records/index.ts';
import { memoryStore, PaperChain, SeededRandom, SimulatedClock, SimulatedNetwork, SimulatedTime } from '../src/sim/index.ts';
import { openLevelStore } from '../src/store/server.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { signatureRate } from './calibration.ts';

const GIVEN_UP = [2_000, 10_000] as const;
const POSTS_PER_BLOCK = 3;
/** Each other block's posts are the user's own. */
const OWN_EVERY = 2;
const SEED = 20_261_126;

interface Cost {
  readonly seconds: number;
  readonly rows: number;
  readonly megabytes: number;
  readonly heldMegabytes: number;
  readonly ownTrxs: number;
}

/** The group, two producers, and the block that they and everybody else go on from. */
function base(): PaperChain {
  const paper = new PaperChain(SEED);
  const { owner, alice } = paper;
  paper.add([paper.change([owner])], [owner]);
  paper.add([paper.change([owner, alice])], [owner]);
  return paper;
}

function goneOn(blocks: number): PaperChain {
  const paper = base();
  const { owner, alice, bob } = paper;
  for (let number = 0; number < blocks; number++) {
    const author = number % OWN_EVERY === 0 ? bob : alice;
    const posts = Array.from({ length: POSTS_PER_BLOCK }, (_, place) =>
      author.post(`Post ${place} of block ${number}, one of many that this group has seen.`, paper.timeNs + BigInt(place)),
    );
    paper.add(posts, [owner, alice]);
  }
  return paper;
}

const heapBytes = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** What it costs a member with these blocks, bob's, to go over to the first block of a recovery. */
async function costOf(store: Store, paper: PaperChain, blocks: readonly Block[]): Promise<Cost> {
  let [rows, bytes, heldBytes, weighingMs] = [0, 0, 0, 0];
  let beforeBytes = Number.POSITIVE_INFINITY;
  const write: Store['write'] = async (writes, durability) => {
    if (Number.isFinite(beforeBytes)) {
      const startMs = performance.now();
      rows += writes.length;
      for (const { key, value } of writes) bytes += key.length + (value?.length ?? 0);
      heldBytes = Math.max(heldBytes, heapBytes() - beforeBytes);
      weighingMs += performance.now() - startMs;
    }
    await store.write(writes, durability);
  };
  const time = new SimulatedTime();
  const random = new SeededRandom(SEED, 'member');
  const member = new PaperMember({
    identity: paper.identity,
    genesis: paper.genesis,
    userPubkey: paper.bob.pubkey,
    ports: {
      store: { ...store, get: store.get.bind(store), getMany: store.getMany.bind(store), range: store.range.bind(store), write },
      clock: new SimulatedClock(time),
      network: new SimulatedNetwork(time, random).connect('peer-member'),
      random,
    },
  });
  await member.load();
  await member.apply(blocks);
  const other = base();
  const { owner, bob } = other;
  const first = other.add([other.change([owner, bob], other.blocks.at(-1))], [owner, bob], true);
  beforeBytes = heapBytes();
  const startMs = performance.now();
  const taken = await member.recovering.take([first]);
  const seconds = (performance.now() - startMs - weighingMs) / 1_000;
  if (typeof taken === 'string') throw new Error(`The recovery is refused: ${taken}.`);
  return { seconds, rows, megabytes: bytes / 1e6, heldMegabytes: heldBytes / 1e6, ownTrxs: member.returned.length };
}

const figuresOf = (where: string, blocks: number, { seconds, rows, megabytes, heldMegabytes, ownTrxs }: Cost): Figure[] => {
  const what = `${blocks.toLocaleString('en')} blocks, ${where}`;
  return [
    { name: `${what}: until it is stored`, unit: 's', value: seconds },
    { name: `${what}: heap held when it is written, garbage aside`, unit: 'MB', value: heldMegabytes },
    { name: `${what}: the one transaction`, unit: 'MB', value: megabytes },
    { name: `${what}: its rows`, unit: 'rows', value: rows },
    { name: `${what}: own posts that are pending again`, unit: 'posts', value: ownTrxs },
  ];
};

export const givingUp: Benchmark = {
  name: 'giving-up',
  sentence:
    `A user goes over to the first block of a recovery, which gives up blocks of ${POSTS_PER_BLOCK} posts, half of them its own: reading what they changed, taking it back, storing all of it in one transaction. ` +
    'Reference: checking as many signatures as the blocks that are given up have posts and seals.',
  async run({ progress }) {
    await Promise.all([initCrypto(), initThreshold()]);
    const figures: Figure[] = [];
    const most = Math.max(...GIVEN_UP);
    progress(`Making ${most} blocks.`);
    const paper = goneOn(most);
    for (const count of GIVEN_UP) {
      const blocks = paper.blocks.slice(0, base().blocks.length + count);
      progress(`Giving ${count} up in memory.`);
      figures.push(...figuresOf('in memory', count, await costOf(memoryStore(), paper, blocks)));
      const directory = await mkdtemp(path.join(tmpdir(), 'sett-giving-up-'));
      const store = await openLevelStore({ directory, fence: true });
      try {
        progress(`Giving ${count} up in LevelDB.`);
        figures.push(...figuresOf('LevelDB', count, await costOf(store, paper, blocks)));
      } finally {
        await store.close();
        await rm(directory, { recursive: true });
      }
    }
    const rate = await signatureRate();
    const reference = GIVEN_UP.map((count) => ({
      name: `${count.toLocaleString('en')} blocks: their signatures`,
      unit: 's',
      value: (count * (POSTS_PER_BLOCK + 2)) / rate,
    }));
    return { figures, reference };
  },
};

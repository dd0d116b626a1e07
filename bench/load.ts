import { call, type NodeProcess, openHeadlessWorld, until } from '../e2e/support/node-process.ts';
import { type Benchmark, type Figure, quantile } from './benchmark.ts';

const CLIENTS = 50;
const POSTING_MS = 60_000;
const READING_MS = 10_000;

interface Load {
  readonly durationsMs: readonly number[];
  readonly errors: number;
  readonly elapsedMs: number;
}

/** All clients call without a pause for so long. */
async function load(durationMs: number, work: (client: number, call: number) => Promise<unknown>): Promise<Load> {
  const durationsMs: number[] = [];
  let errors = 0;
  const startMs = performance.now();
  const client = async (number: number) => {
    for (let index = 0; performance.now() - startMs < durationMs; index++) {
      const atMs = performance.now();
      try {
        await work(number, index);
        durationsMs.push(performance.now() - atMs);
      } catch {
        errors++;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return { durationsMs, errors, elapsedMs: performance.now() - startMs };
}

function figuresOf(what: string, { durationsMs, errors, elapsedMs }: Load): Figure[] {
  return [
    { name: `${what} answered`, unit: '/s', value: durationsMs.length / (elapsedMs / 1_000) },
    { name: `${what}, median`, unit: 'ms', value: quantile(durationsMs, 0.5) },
    { name: `${what}, 99th of 100`, unit: 'ms', value: quantile(durationsMs, 0.99) },
    { name: `${what}, refused or broken off`, unit: '%', value: (100 * errors) / Math.max(1, errors + durationsMs.length) },
  ];
}

async function postsOf(node: NodeProcess, groupId: string): Promise<number> {
  const metrics = await (await fetch(`${node.origin}/metrics`)).text();
  return Number(new RegExp(`sett_group_posts\\{group_id="${groupId}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
}

export const loadBenchmark: Benchmark = {
  name: 'load',
  sentence: `${CLIENTS} HTTP clients post for ${POSTING_MS / 1_000} s against one headless node, the group’s only producer; a post is answered when it is durable. Clients and node share the machine.`,
  async run({ progress }) {
    const world = await openHeadlessWorld();
    try {
      const node = await world.start();
      const { group_id: groupId } = await node.call('/api/v1/group', {
        group_name: 'load',
        consensus_type: 'poa',
        encryption_type: 'public',
        app_key: 'load',
      });
      progress('reading');
      const reading = await load(READING_MS, () => call(node.origin, '/api/v1/node'));
      progress('posting');
      const posting = await load(POSTING_MS, (client, index) =>
        node.call(`/api/v1/group/${groupId}/content`, { data: { type: 'Note', content: `client ${client}, post ${index}` } }),
      );
      const finalAtEnd = await postsOf(node, groupId);
      progress('waiting until all are final');
      const endMs = performance.now();
      await until('every post is final', async () => (await postsOf(node, groupId)) >= posting.durationsMs.length);
      return {
        figures: [
          ...figuresOf('posts', posting),
          { name: 'posts final by the end of the minute', unit: '%', value: (100 * finalAtEnd) / posting.durationsMs.length },
          { name: 'until all of them were final', unit: 's', value: (performance.now() - endMs) / 1_000 },
        ],
        reference: figuresOf('GET /api/v1/node', reading),
      };
    } finally {
      await world.end();
    }
  },
};

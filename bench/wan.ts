import { initThreshold, trustedDealerKeys } from '../src/crypto/index.ts';
import { Block, faultyLimit, quorum, sha256 } from '../src/records/index.ts';
import { dealtGroup, SimulatedClock, type SimulatedMachine, World } from '../src/sim/index.ts';
import { type Benchmark, type Figure, figure } from './benchmark.ts';

const PRODUCERS = 4;
const DELAY_MS = 50;
/** The shortest that `updconsensus` takes. */
const INTERVAL_MS = 500;
const RUN_MS = 60_000;
const POST_EVERY_MS = 200;
const SEED = 20_261_121;

type Kind = 'encryption never' | 'encryption always' | 'PBFT';

/**
 * One-way delays from a proposal to a final block. HoneyBadgerBFT: VALUE, ECHO, READY; BVAL, AUX (the first coin is fixed, so it costs nothing);
 * decryption shares; seals. PBFT: pre-prepare, prepare, commit; seals.
 */
const DELAYS_NEEDED: Readonly<Record<Kind, number>> = {
  'encryption never': 3 + 2 + 1,
  'encryption always': 3 + 2 + 1 + 1,
  PBFT: 3 + 1,
};

/** When a block was stored or became final at a machine. */
interface Moment {
  readonly machine: SimulatedMachine;
  readonly blockId: number;
  readonly atNs: bigint;
}

async function measure(engine: Kind, isDiskSlow: boolean): Promise<Figure[]> {
  const finals: Moment[] = [];
  const decided: Moment[] = [];
  const nowNs = (): bigint => new SimulatedClock(world.time).nowNs();
  const world: World = await World.create(SEED, {
    block: (machine, _groupId, blockId) => void finals.push({ machine, blockId, atNs: nowNs() }),
    written: (machine, writes) => {
      for (const { table, value } of writes) {
        if (table !== 'blocks' || !value) continue;
        const { BlockId: blockId } = Block.decode(value);
        // It is written again with its seals.
        const isFirst = !decided.some((each) => each.machine === machine && each.blockId === blockId);
        if (isFirst) decided.push({ machine, blockId, atNs: nowNs() });
      }
    },
  });
  if (!isDiskSlow) world.diskMs = { writeMs: [0, 0], readMs: [0, 0] };
  world.trustedDealer = (groupId, nonce, producers, index) =>
    trustedDealerKeys(producers, sha256(new TextEncoder().encode(`${groupId}/${nonce}`)))[index];
  const group = await dealtGroup(world, {
    producers: PRODUCERS,
    users: 1,
    intervalMs: INTERVAL_MS,
    encryption: engine === 'encryption always' ? 0 : 1,
    engine: engine === 'PBFT' ? 'pbft' : 'hbbft',
  });
  world.network.faults = { loss: 0, duplication: 0, delayMs: [DELAY_MS, DELAY_MS] };
  const { groupId } = group;
  const newestOf = (machine: SimulatedMachine): number => machine.node.view().groups[0]?.head.blockId ?? 0;
  const [producer] = group.producers;
  if (!producer) throw new Error('The group has no producer.');
  // Blocks of the time before, with other delays, do not count.
  await world.run(5_000);
  finals.length = 0;
  decided.length = 0;
  const first = newestOf(producer);
  const startMs = world.time.nowMs;
  for (let number = 0; world.time.nowMs - startMs < RUN_MS; number++) {
    const machine = world.machines[number % world.machines.length] as SimulatedMachine;
    await world.settled(machine.node.post(groupId, JSON.stringify({ number })));
    await world.run(POST_EVERY_MS);
  }
  const elapsedMs = world.time.nowMs - startMs;
  const blocks = newestOf(producer) - first;
  const latencies = { decided: [] as number[], producers: [] as number[], user: [] as number[] };
  const startOf = new Map<number, bigint>();
  const latencyMs = async ({ blockId, atNs }: Moment): Promise<number> => {
    const start = startOf.get(blockId) ?? (await world.settled(producer.node.block(groupId, blockId))).TimeStamp;
    startOf.set(blockId, start);
    return Number(atNs - start) / 1e6;
  };
  for (const each of finals)
    (group.producers.includes(each.machine) ? latencies.producers : latencies.user).push(await latencyMs(each));
  const newest = newestOf(producer);
  for (const each of decided)
    if (group.producers.includes(each.machine) && each.blockId <= newest) latencies.decided.push(await latencyMs(each));
  const kind = `${engine}, ${isDiskSlow ? 'disks of 1 to 8 ms a write' : 'disks that take no time'}`;
  const toFinal = figure(`${kind}: start of the epoch to final at a producer`, 'ms', latencies.producers);
  const toDecided = figure(`${kind}: start of the epoch to decided and stored at a producer`, 'ms', latencies.decided);
  const toUser = figure(`${kind}: start of the epoch to final at a user`, 'ms', latencies.user);
  const inDelays = ({ value }: Figure): Figure => {
    return { name: `${kind}: the same in one-way delays`, unit: `of ${DELAY_MS} ms`, value: value / DELAY_MS };
  };
  return [
    ...[toDecided, toFinal, toUser].flatMap((each) => [each, inDelays(each)]),
    { name: `${kind}: epochs with a block`, unit: '/s', value: (1_000 * blocks) / elapsedMs },
  ];
}

export const wan: Benchmark = {
  name: 'wan',
  sentence:
    `${PRODUCERS} whole nodes that produce and one that does not, in a simulated network with ${DELAY_MS} ms one way (no bandwidth, no ` +
    `time for computing), ${RUN_MS / 1_000} s of its time, epoch interval ${INTERVAL_MS} ms. Reference: the one-way delays that the protocol needs.`,
  async run({ progress }) {
    await initThreshold();
    const figures: Figure[] = [];
    const kinds: readonly Kind[] = ['encryption never', 'encryption always', 'PBFT'];
    for (const kind of kinds) {
      for (const isDiskSlow of [true, false]) figures.push(...(await measure(kind, isDiskSlow)));
      progress(`${kind}: done.`);
    }
    return {
      figures,
      reference: kinds.map((kind) => ({
        name: `delays needed, ${kind}, seals (${quorum(PRODUCERS)} of ${PRODUCERS}, f = ${faultyLimit(PRODUCERS)}) included`,
        unit: 'one-way delays',
        value: DELAYS_NEEDED[kind],
      })),
    };
  },
};

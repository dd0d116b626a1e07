import type { SeededRandom } from './random.ts';
import { type SimulatedMachine, World } from './world.ts';

/** A violated invariant: the run stops, its seed is printed. */
export class Violation extends Error {}

/** Watches what every machine calls final (consensus.md, "Proof against faults"). */
class Invariants {
  readonly #hashAt = new Map<string, string>();
  /** Posts acknowledged to their author, by trx id. */
  readonly acknowledged = new Map<string, string>();

  block(machine: SimulatedMachine, groupId: string, blockId: number, hash: string): void {
    const key = `${groupId}/${blockId}`;
    const known = this.#hashAt.get(key);
    if (known !== undefined && known !== hash)
      throw new Violation(`${machine.name} holds another final block ${blockId} than others`);
    this.#hashAt.set(key, hash);
  }

  /** Everybody holds the same chain and state, and every acknowledged post once. To be called when the network behaves and time was given. */
  async check(world: World, groupId: string): Promise<void> {
    const heads = new Set<string>();
    for (const { node } of world.machines) {
      const group = node.view().groups.find((candidate) => candidate.groupId === groupId);
      heads.add(`${group?.head.blockId} ${group?.head.hash} ${group?.head.stateRoot}`);
      if (group?.problem) throw new Violation(`an honest node reports a problem: ${group.problem.message}`);
    }
    if (heads.size !== 1) throw new Violation(`the heads differ: ${[...heads].join(' | ')}`);
    for (const machine of world.machines) {
      const { name } = machine;
      const counts = new Map<string, number>();
      for (const trxId of await world.finalPosts(machine, groupId)) counts.set(trxId, (counts.get(trxId) ?? 0) + 1);
      for (const trxId of this.acknowledged.keys()) {
        if (counts.get(trxId) !== 1)
          throw new Violation(`${name} holds the acknowledged post ${trxId} ${counts.get(trxId) ?? 0} times`);
      }
    }
    const [rejection] = world.network.rejections;
    if (rejection) throw new Violation(`${rejection.at} rejected what the honest ${rejection.origin} sent`);
    const [penalty] = world.network.penalties;
    if (penalty) throw new Violation(`${penalty.by} blames the honest ${penalty.peer}: ${penalty.reason}`);
  }
}

export interface OneProducerResult {
  readonly groupId: string;
  readonly posts: number;
  readonly blocks: number;
  /** Hash of the common head: equal for equal seeds. */
  readonly headHash: string;
}

const USERS = 3;
const POST_EVERY_MS = [50, 1_500] as const;
const FAULTY_MS = 60_000;
const STORED_WITHIN_MS = 1_000;
const HEAL_LIMIT_MS = 240_000;

/**
 * The first scenario: an owner who produces alone and three users who post, under loss, duplication and reordering; each machine
 * crashes once and is restarted. Afterwards everybody must hold the same chain, with every acknowledged post in it once.
 * Throws {@link Violation}.
 */
export async function runOneProducer(seed: number): Promise<OneProducerResult> {
  const invariants = new Invariants();
  const world = await World.create(seed, invariants);
  const random = world.random.fork('scenario');
  const owner = await world.addMachine('owner');
  const { groupId, seed: groupSeed } = await world.settled(
    owner.node.createGroup({ groupName: 'simulated', encryption: 'public', appKey: 'group_timeline' }),
  );
  for (let user = 1; user <= USERS; user++) {
    const machine = await world.addMachine(`user${user}`, random.int(4_000) - 2_000);
    await world.settled(machine.node.joinGroup(groupSeed));
  }
  world.network.faults = { loss: 0.1, duplication: 0.05, delayMs: [1, 400] };
  planCrashes(world, random);
  await postAtRandom(world, random, groupId, invariants.acknowledged);
  world.network.faults = { loss: 0, duplication: 0, delayMs: [5, 50] };
  await world.runUntil(() => world.machines.every((machine) => machine.isRunning), FAULTY_MS);
  // A post that is being stored at this moment is acknowledged once it is, and counts too.
  await world.run(STORED_WITHIN_MS);
  const agreed = await world.runUntil(() => isSettled(world, groupId), HEAL_LIMIT_MS);
  if (!agreed) throw new Violation('the network behaves again, but not everything became final everywhere');
  await invariants.check(world, groupId);
  const head = owner.node.view().groups[0]?.head;
  return { groupId, posts: invariants.acknowledged.size, blocks: head?.blockId ?? 0, headHash: head?.hash ?? '' };
}

/** Every machine loses power once, at a random moment, and comes back some seconds later. */
function planCrashes(world: World, random: SeededRandom): void {
  for (const machine of world.machines) {
    world.time.plan(random.int(FAULTY_MS - 15_000), () => {
      machine.crash();
      world.time.plan(500 + random.int(10_000), () => void machine.boot());
    });
  }
}

async function postAtRandom(
  world: World,
  random: SeededRandom,
  groupId: string,
  acknowledged: Map<string, string>,
): Promise<void> {
  const endMs = world.time.nowMs + FAULTY_MS;
  const [least, most] = POST_EVERY_MS;
  for (let number = 0; world.time.nowMs < endMs; number++) {
    await world.run(least + random.int(most - least));
    const machine = random.pick(world.machines);
    if (!machine.isRunning) continue;
    const content = JSON.stringify({ type: 'Note', content: `post ${number} of ${machine.name}` });
    machine.node.post(groupId, content).then(
      (trxId) => acknowledged.set(trxId, content),
      // Not acknowledged, so nothing was promised.
      () => {},
    );
  }
}

function isSettled(world: World, groupId: string): boolean {
  const groups = world.machines.map(({ node }) => node.view().groups.find((group) => group.groupId === groupId));
  const heads = new Set(groups.map((group) => group?.head.hash));
  return heads.size === 1 && groups.every((group) => group?.ownPosts.length === 0);
}

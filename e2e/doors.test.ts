/** Broken bytes at every door of a relay and of headless nodes, at every stage. No browser: vitest runs this. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { STAGES } from './support/doors/attacks.ts';
import { sleep } from './support/doors/order.ts';
import { startAttack } from './support/doors/start-attack.ts';
import { postFinally, startTarget, type Target } from './support/doors/target.ts';
import { type HeadlessWorld, openHeadlessWorld } from './support/node-process.ts';

/** Another one with `DOORS_SEED`. */
const SEED = Number(process.env.DOORS_SEED ?? Date.now() % 2 ** 32);
const STAGE_TIMEOUT_MS = 120_000;
const POST_TIMEOUT_MS = 30_000;
const CALLS_EVERY_MS = 100;

vi.setConfig({ testTimeout: 2 * STAGE_TIMEOUT_MS, hookTimeout: STAGE_TIMEOUT_MS });

let world: HeadlessWorld;
let target: Target;

beforeAll(async () => {
  console.log(`DOORS_SEED=${SEED}`);
  world = await openHeadlessWorld();
  target = await startTarget(world);
  await postFinally(target.member, target.groupId, 'before', POST_TIMEOUT_MS);
});

afterAll(() => world.end());

/** Calls that anybody may make are answered until this is over. */
async function answeredDuring(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  let answers = 0;
  do {
    const signal = AbortSignal.timeout(POST_TIMEOUT_MS);
    const [bootstrap] = await Promise.all([
      fetch(`${world.relay.origin}/bootstrap.json`, { signal }),
      target.owner.call('/api/v1/groups'),
      target.member.call('/api/v1/groups'),
    ]);
    expect(bootstrap.status).toBe(200);
    await bootstrap.json();
    answers++;
    await sleep(CALLS_EVERY_MS);
  } while (!isOver);
  await over;
  return answers;
}

describe('broken bytes', () => {
  it('reach every door that there is', () => {
    const names = target.scene.doors.map(({ name }) => name);
    expect(names).toEqual([
      'relay',
      ...(process.platform === 'linux' ? ['inside the relay'] : []),
      'node',
      'node, listening',
      'member, over a circuit',
    ]);
  });

  for (const attack of Object.keys(STAGES)) {
    it(`${attack}: all go on, and what an honest member posts is final`, async () => {
      const order = { attack, scene: target.scene, seed: SEED, durationMs: STAGE_TIMEOUT_MS, isRepeated: false };
      const startMs = performance.now();
      const attacking = startAttack(order);
      const answers = await answeredDuring(attacking);
      const { tried, reached } = await attacking;
      console.log(
        `${attack}: ${reached} of ${tried} reached it, ${answers} honest calls, ${Math.round(performance.now() - startMs)} ms`,
      );
      expect(target.problems()).toEqual([]);
      expect(reached).toBeGreaterThan(tried / 2);
      await postFinally(target.member, target.groupId, `after ${attack}`, POST_TIMEOUT_MS);
    });
  }
});

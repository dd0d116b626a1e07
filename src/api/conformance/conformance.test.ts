import { describe, expect, it } from 'vitest';
import { type SimulatedMachine, World } from '../../sim/index.ts';
import { createRouter } from '../router.ts';
import { CONFORMANCE_CASES, type Place } from './index.ts';

const PAUSE_MS = 200;
/** Chances that a call gets to settle before simulated time goes on: bodies are read by way of the event loop. */
const TURNS = 20;

async function pass(world: World, durationMs: number): Promise<void> {
  // Simulated time goes from event to event: without one of ours it may not get there.
  world.time.plan(durationMs, () => {});
  await world.run(durationMs);
  await new Promise((resolve) => setImmediate(resolve));
}

function placeOf(world: World, machine: SimulatedMachine, unexpected: unknown[]): Place {
  const router = createRouter(machine.node, { version: '1.2.3', onUnexpectedError: (error) => unexpected.push(error) });
  return {
    pause: () => pass(world, PAUSE_MS),
    fetch: async (path, init) => {
      let isOpen = true;
      const answer = Promise.resolve(router.request(path, init)).finally(() => {
        isOpen = false;
      });
      for (let turn = 0; isOpen && turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      while (isOpen) await pass(world, 1);
      return answer;
    },
  };
}

describe('the interface, in process', () => {
  it.each(CONFORMANCE_CASES.map((examined) => [examined.title, examined] as const))('%s', async (_title, examined) => {
    const world = await World.create(41);
    const unexpected: unknown[] = [];
    const node = placeOf(world, await world.addMachine('node'), unexpected);
    const other = placeOf(world, await world.addMachine('other'), unexpected);
    await examined.run({ node, other });
    expect(unexpected).toEqual([]);
  });
});

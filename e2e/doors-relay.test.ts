/** What strangers can use up of a relay, with a control beside each: somebody else, who is served meanwhile. No browser: vitest runs this. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RELAY_LIMITS } from '../src/server/limits.ts';
import { type Scene, sleep } from './support/doors/order.ts';
import { openSocket } from './support/doors/raw-socket.ts';
import { startAttack } from './support/doors/start-attack.ts';
import { postFinally } from './support/doors/target.ts';
import { createGroup, type HeadlessWorld, openHeadlessWorld } from './support/node-process.ts';

const SEED = Number(process.env.DOORS_SEED ?? Date.now() % 2 ** 32);
const TIMEOUT_MS = 180_000;
const POST_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 3_000;
/** Long enough for two nodes to start and meet on a slow machine. */
const ATTACK_MS = 12_000;
const PAUSE_MS = 500;

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

let world: HeadlessWorld;

afterEach(() => world.end());

/** Only the relay is attacked. */
const scene = (): Scene => ({
  doors: [{ name: 'relay', port: world.relay.port }],
  relayOrigin: world.relay.origin,
  nodeOrigin: '',
  listenPort: 0,
  groupId: '',
  seed: '',
  token: '',
});

/** Two nodes that have never met: one makes a group, the other joins it and posts. Resolves with the milliseconds until that is final. */
async function newGroup(): Promise<number> {
  const [owner, member] = [await world.start(), await world.start()];
  const { group_id: groupId, seed } = await createGroup(owner, 'a new group');
  const startMs = performance.now();
  await member.call('/api/v2/group/join', { seed });
  await postFinally(member, groupId, 'hello', POST_TIMEOUT_MS);
  const tookMs = performance.now() - startMs;
  await Promise.all([owner.stop(), member.stop()]);
  return tookMs;
}

describe('topics', () => {
  // Ten addresses may have more topics than there are.
  for (const [attack, topics] of [
    ['topics of one address', RELAY_LIMITS.topicsPerAddress],
    ['topics of many addresses', RELAY_LIMITS.topics],
  ] as const) {
    it(`${attack}: a new group meets before, meanwhile and afterwards`, async () => {
      world = await openHeadlessWorld();
      const tookMs = [await newGroup()];
      const meanwhile = Promise.withResolvers<number>();
      const attacking = startAttack(
        { attack, scene: scene(), seed: SEED, durationMs: ATTACK_MS, isRepeated: true },
        { onReady: () => meanwhile.resolve(newGroup()) },
      );
      const { tried, reached } = await attacking;
      tookMs.push(await meanwhile.promise, await newGroup());
      console.log(`${attack}: ${reached} of ${tried} taken; a new group: ${tookMs.map(Math.round).join(', ')} ms`);
      expect(tried).toBeGreaterThan(RELAY_LIMITS.topics);
      expect(reached).toBeGreaterThan(topics / 2);
      expect(reached).toBeLessThanOrEqual(topics);
      expect(world.relay.output()).not.toContain('defect');
    });
  }
});

describe('sockets that say nothing, thousands of one address', () => {
  for (const relayOpenFiles of [undefined, 1_024]) {
    it(`leave room for others${relayOpenFiles === undefined ? '' : `, where ${relayOpenFiles} files may be open`}`, async () => {
      world = await openHeadlessWorld(relayOpenFiles === undefined ? {} : { relayOpenFiles });
      /** From here, and from an address that is nobody's. */
      const areAnswered = async (): Promise<boolean> => {
        const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
        const { status } = await fetch(`${world.relay.origin}/bootstrap.json`, { signal });
        const other = await openSocket(world.relay.port, '127.99.0.1');
        other.socket.write('GET /bootstrap.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
        await other.until('"relays"', ANSWER_TIMEOUT_MS);
        other.socket.destroy();
        return status === 200 && other.received().includes('"relays"');
      };
      expect(await areAnswered()).toBe(true);
      let isOver = false;
      const attacking = startAttack({
        attack: 'silent sockets',
        scene: scene(),
        seed: SEED,
        durationMs: ATTACK_MS,
        isRepeated: true,
      }).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        expect(await areAnswered()).toBe(true);
        await sleep(PAUSE_MS);
      }
      const { reached } = await attacking;
      expect(reached).toBeGreaterThan(3_000);
      expect(await newGroup()).toBeLessThan(POST_TIMEOUT_MS);
      expect(world.relay.output()).not.toContain('defect');
    });
  }
});

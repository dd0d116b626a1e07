import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { initCrypto } from '../crypto/index.ts';
import { type SimulatedMachine, World } from '../sim/index.ts';
import { NodeError } from './service.ts';

beforeAll(initCrypto);

type Operation = { readonly kind: 'join' | 'leave' | 'clear'; readonly group: number };

/** What a profile has, as its user thinks of it. */
interface Model {
  /** By group: the user's key there, for as long as nothing was cleared. */
  readonly keys: Map<number, string>;
  readonly joined: Set<number>;
}

const GROUPS = 2;
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('join', 'join', 'leave', 'clear'),
  group: fc.nat(GROUPS - 1),
});
/** Operations that are asked for at once, and whether the power fails after they were answered. */
const rounds = fc.array(fc.record({ batch: fc.array(operation, { minLength: 1, maxLength: 6 }), crashes: fc.boolean() }), {
  maxLength: 6,
});

function groupsOf({ node }: SimulatedMachine): Map<string, string> {
  return new Map(node.groups().map(({ groupId, userPubkey }) => [groupId, userPubkey]));
}

/** One after another, in the order in which they were asked for: what each must answer, and what is so afterwards. */
function expected({ keys, joined }: Model, { kind, group }: Operation): 'ok' | string {
  if (kind === 'join') {
    joined.add(group);
    return 'ok';
  }
  if (kind === 'leave') return joined.delete(group) ? 'ok' : 'unknown-group';
  if (joined.has(group)) return 'still-joined';
  return keys.delete(group) ? 'ok' : 'unknown-group';
}

describe('operations on a profile', () => {
  it('that overlap are as if one came after another, and what was answered survives a crash', { timeout: 240_000 }, async () => {
    const check = async (seed: number, plan: readonly { batch: readonly Operation[]; crashes: boolean }[]) => {
      const world = await World.create(seed);
      const owner = await world.addMachine('owner');
      const made: { groupId: string; seed: string }[] = [];
      for (let index = 0; index < GROUPS; index++) {
        const options = { groupName: `group ${index}`, encryption: 'public', appKey: 'timeline' } as const;
        made.push(await world.settled(owner.node.createGroup(options)));
      }
      const user = await world.addMachine('user');
      const model: Model = { keys: new Map(), joined: new Set() };
      for (const { batch, crashes } of plan) {
        const { node } = user;
        const act = ({ kind, group }: Operation): Promise<unknown> => {
          const { groupId, seed: text } = made[group] as (typeof made)[number];
          if (kind === 'join') return node.joinGroup(text);
          return kind === 'leave' ? node.leaveGroup(groupId) : node.clearGroup(groupId);
        };
        const answers = batch.map((one) =>
          act(one).then(
            (info) => ({ code: 'ok', info }),
            (error: unknown) => ({ code: error instanceof NodeError ? error.code : String(error), info: undefined }),
          ),
        );
        const given = await world.settled(Promise.all(answers));
        for (const [index, one] of batch.entries()) {
          expect(given[index]?.code, JSON.stringify(batch)).toBe(expected(model, one));
          const key = (given[index]?.info as { userPubkey?: string } | undefined)?.userPubkey;
          if (one.kind !== 'join' || key === undefined) continue;
          // One user of a group, however often it is joined.
          expect(model.keys.get(one.group) ?? key).toBe(key);
          model.keys.set(one.group, key);
        }
        if (crashes) {
          user.crash();
          await user.start();
        }
        const groups = groupsOf(user);
        expect([...groups.keys()].sort()).toEqual([...model.joined].map((group) => made[group]?.groupId).sort());
        for (const group of model.joined) expect(groups.get(made[group]?.groupId ?? '')).toBe(model.keys.get(group));
      }
    };
    await fc.assert(fc.asyncProperty(fc.nat(10_000), rounds, check), { numRuns: 60 });
  });

  it('ten joins of one seed at once make one user', async () => {
    const world = await World.create(7);
    const owner = await world.addMachine('owner');
    const { seed } = await world.settled(owner.node.createGroup({ groupName: 'one', encryption: 'public', appKey: 'timeline' }));
    const user = await world.addMachine('user');
    const joins = await world.settled(Promise.all(Array.from({ length: 10 }, () => user.node.joinGroup(seed))));
    expect(new Set(joins.map(({ userPubkey }) => userPubkey)).size).toBe(1);
  });
});

import { comparePubkeys } from '../records/index.ts';
import { Dealer } from './dealer.ts';
import type { SimulatedMachine, World } from './world.ts';

const SETTLE_LIMIT_MS = 60_000;

export interface DealtGroup {
  readonly groupId: string;
  readonly seed: string;
  readonly owner: SimulatedMachine;
  /** Has the keys of all of them. */
  readonly dealer: Dealer;
  /** In the order of their keys: a producer's index is its place here. */
  readonly producers: readonly SimulatedMachine[];
  readonly users: readonly SimulatedMachine[];
}

/**
 * A group of several producers without an agreement: all of them sign the result, and a trusted dealer (`world.trustedDealer`, to
 * be set before) has the keys. Ends when every machine is under the new configuration.
 */
export async function dealtGroup(
  world: World,
  options: { producers: number; users: number; intervalMs: number; encryption: number; engine?: string },
): Promise<DealtGroup> {
  const machines: SimulatedMachine[] = [];
  for (let place = 0; place < options.producers + options.users; place++) {
    const name = place < options.producers ? `producer${place}` : `user${place - options.producers}`;
    machines.push(await world.addMachine(name));
  }
  const [owner] = machines;
  if (!owner) throw new RangeError('a group has at least one producer');
  const making = owner.node.createGroup({ groupName: 'dealt', encryption: 'public', appKey: 'group_timeline' });
  const { groupId, seed } = await world.settled(making);
  for (const machine of machines.slice(1)) await world.settled(machine.node.joinGroup(seed));
  const producers = machines.slice(0, options.producers);
  const dealer = await Dealer.of(world, seed, owner, machines);
  const trx = dealer.trx({ ...options, nonce: 1, producers });
  const isThere = (machine: SimulatedMachine): boolean => producersOf(machine).length === options.producers;
  const isDone = (): boolean => options.producers === 1 || machines.every(isThere);
  if (!(await dealer.publish(() => [trx], isDone, SETTLE_LIMIT_MS)))
    throw new Error('the dealt configuration did not reach everybody');
  return { groupId, seed, owner, dealer, producers: byKey(producers), users: machines.slice(options.producers) };
}

/** Keys of the producers in force, as this machine shows them. */
export const producersOf = ({ node }: SimulatedMachine): readonly string[] => node.view().groups[0]?.producers ?? [];

/** In the order of their keys. */
export function byKey(machines: readonly SimulatedMachine[]): SimulatedMachine[] {
  const keyOf = ({ node }: SimulatedMachine): string => node.view().groups[0]?.userPubkey ?? '';
  return [...machines].sort((a, b) => comparePubkeys(keyOf(a), keyOf(b)));
}

import { groupTopic, publicKeyOf } from '../crypto/index.ts';
import { openSecrets, sealTrxs } from '../node/index.ts';
import { comparePubkeys, parseSeed } from '../records/index.ts';
import { SimulatedClock } from './clock.ts';
import { dealtChange } from './dealt-change.ts';
import { openVault, type SimulatedMachine, type World } from './world.ts';

const GENERATOR_PEER = 'peer-dealer';
const SETTLE_LIMIT_MS = 60_000;

export interface DealtGroup {
  readonly groupId: string;
  readonly seed: string;
  /** In the order of their keys: a producer's index is its place here. */
  readonly producers: readonly SimulatedMachine[];
  readonly users: readonly SimulatedMachine[];
}

/**
 * A group of several producers without a change of consensus: all of them sign the result, and a trusted dealer (`world.trustedDealer`, to
 * be set before) has the keys. Ends when every machine is under the new configuration.
 */
export async function dealtGroup(
  world: World,
  options: { producers: number; users: number; intervalMs: number; encryption: number },
): Promise<DealtGroup> {
  const machines: SimulatedMachine[] = [];
  for (let place = 0; place < options.producers + options.users; place++) {
    const name = place < options.producers ? `producer${place}` : `user${place - options.producers}`;
    machines.push(await world.addMachine(name));
  }
  const owner = machines[0];
  if (!owner) throw new RangeError('a group has at least one producer');
  const making = owner.node.createGroup({ groupName: 'dealt', encryption: 'public', appKey: 'group_timeline' });
  const { groupId, seed } = await world.settled(making);
  for (const machine of machines.slice(1)) await world.settled(machine.node.joinGroup(seed));
  const members = machines.slice(0, options.producers);
  const signSecrets: Uint8Array[] = [];
  const machineOf = new Map<string, SimulatedMachine>();
  for (const machine of members) {
    const own = await world.settled(openSecrets(groupId, machine.disk.open({ fence: false }), openVault));
    if (!own) throw new Error(`${machine.name} has no keys`);
    signSecrets.push(own.signSecret);
    machineOf.set(publicKeyOf(own.signSecret), machine);
  }
  await publishChange(world, groupId, seed, signSecrets, options);
  const isThere = (machine: SimulatedMachine): boolean => machine.node.view().groups[0]?.producers.length === options.producers;
  const changed = await world.runUntil(() => options.producers === 1 || machines.every(isThere), SETTLE_LIMIT_MS);
  if (!changed) throw new Error('the dealt configuration did not reach everybody');
  const producers = [...machineOf.keys()].sort(comparePubkeys).flatMap((pubkey) => machineOf.get(pubkey) ?? []);
  return { groupId, seed, producers, users: machines.slice(options.producers) };
}

/** Gossips the change, as the owner would after an agreement. */
async function publishChange(
  world: World,
  groupId: string,
  seedText: string,
  signSecrets: readonly Uint8Array[],
  options: { intervalMs: number; encryption: number },
): Promise<void> {
  const seed = parseSeed(seedText);
  const random = world.random.fork('dealt group');
  const trx = dealtChange({ ...options, seed, signSecrets, random, timeNs: new SimulatedClock(world.time).nowNs() });
  const host = world.network.connect(GENERATOR_PEER);
  host.listen({
    gossip: () => 'ignore',
    request: () => Promise.reject(new Error('nobody answers here')),
    state: () => {},
    neighbours: () => {},
    stream: (stream) => stream.close(),
  });
  await host.publish(groupTopic(seed.cipherKey, groupId), sealTrxs(seed.cipherKey, [trx], random));
  await world.run(2_000);
  world.network.disconnect(GENERATOR_PEER);
}

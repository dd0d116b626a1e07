import { parseSeed } from '../../../records/index.ts';
import { type DealtGroup, dealtGroup } from '../../dealt-group.ts';
import { idealDealer } from '../../ideal-threshold.ts';
import type { SimulatedMachine, World } from '../../world.ts';
import { BYZANTINE } from './strategies.ts';
import { Twist } from './twist.ts';

const INTERVAL_MS = 1_000;

/** For tests: four producers under PBFT, of whom the one with this index does otherwise, and a user. */
export async function groupWithLiar(
  world: World,
  strategy: string,
  liar: number,
): Promise<{ readonly group: DealtGroup; readonly user: SimulatedMachine; readonly twist: Twist }> {
  const maker = BYZANTINE.pbft[strategy];
  if (!maker) throw new RangeError(`there is no strategy ${strategy}`);
  world.trustedDealer = idealDealer;
  // Who has which index is known when all have keys: each could be the liar.
  const twists = new Map<string, Twist>();
  world.equip = (name) => {
    const twist = new Twist(maker);
    twists.set(name, twist);
    return { twist };
  };
  const group = await dealtGroup(world, {
    ...{ producers: 4, users: 1, intervalMs: INTERVAL_MS, encryption: 1, engine: 'pbft' },
  });
  const { groupId, seed, dealer, producers, users } = group;
  const machine = producers[liar];
  const twist = machine && twists.get(machine.name);
  const [user] = users;
  if (!twist || !user) throw new RangeError(`there is no producer ${liar}`);
  const places = new Map(producers.map(({ peerId }, index) => [peerId, index]));
  twist.begin({
    random: world.random.fork('liar'),
    self: liar,
    configuration: {
      groupId,
      nonce: 1,
      producers: producers.map((each) => dealer.keyOf(each)),
      ...{ ownerPubkey: '', intervalMs: INTERVAL_MS, startEpoch: 1, engine: 'pbft', rulesVersion: '1' },
    },
    cipherKey: parseSeed(seed).cipherKey,
    signSecret: dealer.secretOf(machine),
    indexOf: (peer) => places.get(peer),
  });
  return { group, user, twist };
}

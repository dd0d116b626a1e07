import { groupTopic } from '../crypto/index.ts';
import { openSecrets, sealTrxs } from '../node/index.ts';
import { parseSeed, type Trx } from '../records/index.ts';
import { SimulatedClock } from './clock.ts';
import { dealtChange } from './dealt-change.ts';
import { openVault, type SimulatedMachine, type World } from './world.ts';

const INTERVAL_MS = 1_000;
const GENERATOR_PEER = 'peer-dealer';
const PUBLISH_EVERY_MS = 5_000;

export interface DealtChange {
  readonly nonce: number;
  /** The owner among them or not. */
  readonly producers: readonly SimulatedMachine[];
  readonly startFromEpoch?: number;
  readonly intervalMs?: number;
  readonly encryption?: number;
}

/**
 * For development and tests only: stands in for the owner and the requested producers of a group, whose keys it has. It makes the proof that
 * an agreement would have ended with, without one and without dealings; only nodes with a trusted dealer take it.
 */
export class Dealer {
  readonly #world: World;
  readonly #seed: ReturnType<typeof parseSeed>;
  readonly #owner: SimulatedMachine;

  constructor(world: World, seed: string, owner: SimulatedMachine) {
    this.#world = world;
    this.#seed = parseSeed(seed);
    this.#owner = owner;
  }

  /** The trx that asks for the change, signed now: one nonce is one id, whenever it is asked for. */
  async trx(change: DealtChange): Promise<Trx> {
    return dealtChange({
      ...change,
      seed: this.#seed,
      ownerSecret: await this.#secretOf(this.#owner),
      signSecrets: await Promise.all(change.producers.map((machine) => this.#secretOf(machine))),
      intervalMs: change.intervalMs ?? INTERVAL_MS,
      encryption: change.encryption ?? 0,
      random: this.#world.random.fork(`dealt change ${change.nonce}`),
      timeNs: new SimulatedClock(this.#world.time).nowNs(),
    });
  }

  /** Gossips trxs again and again until `isDone`, at most `limitMs`; answers whether it was. What the network loses it says again. */
  async publish(
    trxs: () => Promise<readonly Trx[]>,
    isDone: () => boolean,
    limitMs: number,
    check?: () => void,
  ): Promise<boolean> {
    const { groupId, cipherKey } = this.#seed;
    const host = this.#world.network.connect(GENERATOR_PEER);
    host.listen({
      gossip: () => 'ignore',
      request: () => Promise.reject(new Error('nobody answers here')),
      state: () => {},
      neighbours: () => {},
      stream: (stream) => stream.close(),
    });
    const random = this.#world.random.fork('dealer gossip');
    const endMs = this.#world.time.nowMs + limitMs;
    while (!isDone() && this.#world.time.nowMs < endMs) {
      await host.publish(groupTopic(cipherKey, groupId), sealTrxs(cipherKey, await trxs(), random));
      await this.#world.runUntil(isDone, PUBLISH_EVERY_MS, check);
    }
    this.#world.network.disconnect(GENERATOR_PEER);
    return isDone();
  }

  async #secretOf(machine: SimulatedMachine): Promise<Uint8Array> {
    const store = machine.disk.open({ fence: false });
    const own = await this.#world.settled(openSecrets(this.#seed.groupId, store, openVault));
    if (!own) throw new Error(`${machine.name} has no keys`);
    return own.signSecret;
  }
}

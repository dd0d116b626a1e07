import { groupTopic, publicKeyOf } from '../crypto/index.ts';
import { openSecrets, sealTrxs } from '../node/index.ts';
import { parseSeed, type Seed, type Trx } from '../records/index.ts';
import { SimulatedClock } from './clock.ts';
import { dealtChange } from './dealt-change.ts';
import type { SimulatedHost } from './network.ts';
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
  readonly engine?: string;
}

/**
 * For development and tests only: stands in for the owner and the requested producers of a group, whose keys it has. It makes the proof that
 * an agreement would have ended with, without one and without dealings; only nodes with a trusted dealer take it.
 */
export class Dealer {
  readonly #world: World;
  readonly #seed: Seed;
  readonly #owner: SimulatedMachine;
  readonly #secrets: ReadonlyMap<SimulatedMachine, Uint8Array>;
  #connected: SimulatedHost | undefined;

  /** Takes the keys of these machines, the owner's among them, in a group that all of them are in. */
  static async of(world: World, seed: string, owner: SimulatedMachine, machines: readonly SimulatedMachine[]): Promise<Dealer> {
    const secrets = new Map<SimulatedMachine, Uint8Array>();
    for (const machine of machines) {
      const store = machine.disk.open({ fence: false });
      const own = await world.settled(openSecrets(parseSeed(seed).groupId, store, openVault));
      if (own) secrets.set(machine, own.signSecret);
    }
    return new Dealer(world, parseSeed(seed), owner, secrets);
  }

  private constructor(world: World, seed: Seed, owner: SimulatedMachine, secrets: ReadonlyMap<SimulatedMachine, Uint8Array>) {
    this.#world = world;
    this.#seed = seed;
    this.#owner = owner;
    this.#secrets = secrets;
  }

  secretOf(machine: SimulatedMachine): Uint8Array {
    const secret = this.#secrets.get(machine);
    if (!secret) throw new RangeError(`the keys of ${machine.name} are not here`);
    return secret;
  }

  keyOf(machine: SimulatedMachine): string {
    return publicKeyOf(this.secretOf(machine));
  }

  /** Whose key this is. */
  machineOf(pubkey: string): SimulatedMachine | undefined {
    return [...this.#secrets.keys()].find((machine) => this.keyOf(machine) === pubkey);
  }

  /** The trx that asks for the change, signed now: one nonce is one id, whenever it is asked for. */
  trx(change: DealtChange): Trx {
    return dealtChange({
      ...change,
      seed: this.#seed,
      ownerSecret: this.secretOf(this.#owner),
      signSecrets: change.producers.map((machine) => this.secretOf(machine)),
      intervalMs: change.intervalMs ?? INTERVAL_MS,
      encryption: change.encryption ?? 0,
      random: this.#world.random.fork(`dealt change ${change.nonce}`),
      timeNs: new SimulatedClock(this.#world.time).nowNs(),
    });
  }

  /** Gossips trxs once, from a peer of its own. */
  gossip(trxs: readonly Trx[]): void {
    const { groupId, cipherKey } = this.#seed;
    const random = this.#world.random.fork(`dealer gossip at ${this.#world.time.nowMs}`);
    void this.#host().publish(groupTopic(cipherKey, groupId), sealTrxs(cipherKey, trxs, random));
  }

  #host(): SimulatedHost {
    if (this.#connected) return this.#connected;
    const host = this.#world.network.connect(GENERATOR_PEER);
    host.listenToNobody();
    this.#connected = host;
    return host;
  }

  /** Gossips trxs again and again until `isDone`, at most `limitMs`; answers whether it was. What the network loses it says again. */
  async publish(trxs: () => readonly Trx[], isDone: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#world.time.nowMs + limitMs;
    while (!isDone() && this.#world.time.nowMs < endMs) {
      this.gossip(trxs());
      await this.#world.runUntil(isDone, PUBLISH_EVERY_MS);
    }
    return isDone();
  }
}

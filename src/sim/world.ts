import { ageRecipientOf, initCrypto } from '../crypto/index.ts';
import { openNode, type PrivateCipher, type SettNode, type TrustedDealer, type Vault } from '../node/index.ts';
import { concatBytes } from '../records/index.ts';
import { SimulatedClock, SimulatedTime } from './clock.ts';
import { type SimulatedHost, SimulatedNetwork } from './network.ts';
import { SeededRandom } from './random.ts';
import { SimulatedStore } from './store.ts';

/** Microtasks that one event may set off before the next event happens: more than any chain of awaits in the node has. */
const SETTLE_TICKS = 64;

const DISK = { writeMs: [1, 8], readMs: [0, 1] } as const;

/** What the checkers are told of. */
export interface WorldObserver {
  block(machine: SimulatedMachine, groupId: string, blockId: number, hash: string): void;
}

/** Several machines, each with a whole node, under one clock, one network and one seed. */
export class World {
  readonly random: SeededRandom;
  readonly time = new SimulatedTime();
  readonly network: SimulatedNetwork;
  readonly machines: SimulatedMachine[] = [];
  readonly observer: WorldObserver;
  /** Set before machines are added: sets of several producers get their keys from it. */
  trustedDealer: TrustedDealer | undefined;

  /** Loading the cryptography is the one thing that really waits; after it a run depends on its seed alone. */
  static async create(seed: number, observer: WorldObserver = { block: () => {} }): Promise<World> {
    await initCrypto();
    return new World(seed, observer);
  }

  private constructor(seed: number, observer: WorldObserver) {
    this.random = new SeededRandom(seed, 'world');
    this.network = new SimulatedNetwork(this.time, this.random);
    this.observer = observer;
  }

  async addMachine(name: string, skewMs = 0): Promise<SimulatedMachine> {
    const machine = new SimulatedMachine(name, this, skewMs);
    this.machines.push(machine);
    await machine.start();
    return machine;
  }

  /** Lets one event happen, and all that follows from it without waiting. */
  async step(): Promise<void> {
    this.time.step();
    for (let tick = 0; tick < SETTLE_TICKS; tick++) await undefined;
  }

  /** Lets time pass; calls `check` after every event. */
  async run(durationMs: number, check?: () => void): Promise<void> {
    const endMs = this.time.nowMs + durationMs;
    while (this.time.hasEvents && this.time.nextAtMs <= endMs) {
      await this.step();
      check?.();
    }
  }

  /** Lets time pass until `done`, at most `limitMs`. Answers whether it was reached. */
  async runUntil(done: () => boolean, limitMs: number, check?: () => void): Promise<boolean> {
    const endMs = this.time.nowMs + limitMs;
    while (!done()) {
      if (!this.time.hasEvents || this.time.nextAtMs > endMs) return false;
      await this.step();
      check?.();
    }
    return true;
  }

  /** Lets time pass until a promise of the simulated world settles. Rejects after `limitMs` of its time. */
  async settled<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let open = true;
    const close = (): void => {
      open = false;
    };
    promise.then(close, close);
    for (let tick = 0; tick < SETTLE_TICKS; tick++) await undefined;
    if (!(await this.runUntil(() => !open, limitMs)))
      throw new Error(`nothing came of it within ${limitMs} ms of simulated time`);
    return promise;
  }
}

/** One machine: its disk outlives its process. */
export class SimulatedMachine {
  readonly name: string;
  readonly peerId: string;
  readonly disk: SimulatedStore;
  readonly #world: World;
  readonly #skewMs: number;
  #runs = 0;
  #node: SettNode | undefined;
  #clock: SimulatedClock | undefined;

  constructor(name: string, world: World, skewMs: number) {
    this.name = name;
    this.peerId = `peer-${name}`;
    this.#world = world;
    this.#skewMs = skewMs;
    const latency = { clock: new SimulatedClock(world.time), ...DISK };
    this.disk = new SimulatedStore({ random: world.random.fork(`disk/${name}`), latency });
  }

  get isRunning(): boolean {
    return this.#node !== undefined;
  }

  get node(): SettNode {
    if (!this.#node) throw new Error(`${this.name} is not running`);
    return this.#node;
  }

  async start(): Promise<void> {
    const world = this.#world;
    this.#runs += 1;
    const clock = new SimulatedClock(world.time, this.#skewMs);
    this.#clock = clock;
    const network: SimulatedHost = world.network.connect(this.peerId);
    const opening = openNode(
      {
        store: this.disk.open(),
        vault: openVault,
        network,
        clock,
        random: world.random.fork(`machine/${this.name}/${this.#runs}`),
        privateCipher: idealCipher,
      },
      { ownUrls: async () => ['http://127.0.0.1:8000'], ...(world.trustedDealer && { trustedDealer: world.trustedDealer }) },
    );
    const node = await world.settled(opening);
    node.subscribe((event) => {
      if (event.type === 'block') world.observer.block(this, event.groupId, event.blockId, event.hash);
    });
    this.#node = node;
  }

  /** The power goes: nothing of the process runs any more, unflushed writes may be lost. */
  crash(): void {
    this.#clock?.kill();
    this.#world.network.disconnect(this.peerId);
    this.disk.crash();
    this.#node = undefined;
  }

  /** Ends as a closed tab does. */
  async stop(): Promise<void> {
    await this.#world.settled(this.node.close());
    this.#clock?.kill();
    this.#world.network.disconnect(this.peerId);
    this.#node = undefined;
  }
}

/** At rest in a simulation nothing has to be secret, only present. */
export const openVault: Vault = {
  seal: async (plain) => plain.slice(),
  open: async (sealed) => sealed.slice(),
};

const SEPARATOR = 0;

/** Ideal encryption: names its readers and is opened by nobody else. The real one is random and asynchronous, so replay would not be exact. */
const idealCipher: PrivateCipher = {
  encrypt: async (plain, recipients) =>
    concatBytes(new TextEncoder().encode(recipients.join(' ')), Uint8Array.of(SEPARATOR), plain),
  decrypt: async (sealed, identity) => {
    const end = sealed.indexOf(SEPARATOR);
    const readers = new TextDecoder().decode(sealed.subarray(0, end)).split(' ');
    if (end < 0 || !readers.includes(ageRecipientOf(identity))) throw new Error('this identity is not among the readers');
    return sealed.slice(end + 1);
  },
};

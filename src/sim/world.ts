import type { FaultOf } from '../consensus/index.ts';
import { ageRecipientOf, initCrypto, initThreshold, type ThresholdKeys } from '../crypto/index.ts';
import {
  type ContentItem,
  type Network,
  type NodeView,
  openNode,
  type PeerId,
  type PrivateCipher,
  type SettNode,
  type TrustedDealer,
  type Vault,
  type Write,
} from '../node/index.ts';
import { concatBytes } from '../records/index.ts';
import { SimulatedClock, SimulatedTime } from './clock.ts';
import { type SimulatedHost, SimulatedNetwork } from './network.ts';
import { SeededRandom } from './random.ts';
import { SimulatedStore } from './store.ts';

/** Microtasks that one event may set off before the next event happens: more than any chain of awaits in the node has. */
const SETTLE_TICKS = 64;

/** Nobody guesses a passphrase here. */
const CHEAP_SCRYPT = { n: 2 ** 10, r: 8, p: 1 } as const;

const POSTS_AT_ONCE = 500;

const DISK = { writeMs: [1, 8], readMs: [0, 1] } as const;

/** How long the power is away after {@link SimulatedMachine.crashAt}. */
const POWER_BACK_MS = 2_000;

/** How a machine differs from an ordinary one. */
export interface MachineOptions {
  /** How far its clock is off. */
  readonly skewMs?: number;
  /** What its owner has made of it. */
  readonly twist?: MachineTwist;
}

/** A faulty producer's machine: a whole node whose words and keys are not its own. */
export interface MachineTwist {
  network(host: SimulatedHost): Network;
  cipher?(own: PrivateCipher): PrivateCipher;
  /** `own`: of the configuration with this nonce. */
  keys(own: ThresholdKeys, nonce: number): ThresholdKeys;
}

/** A write is asked for; it is done, and the node has not heard of it; a message is about to leave on a stream. */
export type FailPoint = 'write-asked' | 'write-done' | 'sending';

/** What the checkers are told of. */
export interface WorldObserver {
  block(machine: SimulatedMachine, groupId: string, blockId: number, hash: string): void;
  /** The node shows something new. */
  view?(machine: SimulatedMachine, view: NodeView): void;
  /** A message leaves on a stream. */
  sent?(machine: SimulatedMachine, to: PeerId, data: Uint8Array): void;
  /** A write is done. */
  written?(machine: SimulatedMachine, writes: readonly Write[]): void;
  /** A producer reports what another has done. */
  fault?(machine: SimulatedMachine, fault: FaultOf, pubkey: string): void;
}

/** Several machines, each with a whole node, under one clock, one network and one seed. */
export class World {
  readonly random: SeededRandom;
  readonly time = new SimulatedTime();
  readonly network: SimulatedNetwork;
  readonly machines: SimulatedMachine[] = [];
  readonly observer: WorldObserver;
  /** Set before machines are added: what each of them is to be. */
  equip: (name: string) => MachineOptions = () => ({});
  /** Set before machines are added: sets of several producers get their keys from it. */
  trustedDealer: TrustedDealer | undefined;
  /** Set before machines are added: how long a write and a read take, from least to most. */
  diskMs: { readonly writeMs: readonly [number, number]; readonly readMs: readonly [number, number] } = DISK;

  /** Loading the cryptography is the one thing that really waits; after it a run depends on its seed alone. */
  static async create(seed: number, observer: WorldObserver = { block: () => {} }): Promise<World> {
    await Promise.all([initCrypto(), initThreshold()]);
    return new World(seed, observer);
  }

  private constructor(seed: number, observer: WorldObserver) {
    this.random = new SeededRandom(seed, 'world');
    this.network = new SimulatedNetwork(this.time, this.random);
    this.network.watchStreams = (from, to, data) => {
      const machine = this.machines.find(({ peerId }) => peerId === from);
      machine?.failPoint?.('sending');
      if (machine && !machine.isOff) this.observer.sent?.(machine, to, data);
    };
    this.observer = observer;
  }

  async addMachine(name: string, skewMs?: number): Promise<SimulatedMachine> {
    const machine = new SimulatedMachine(name, this, { ...this.equip(name), ...(skewMs !== undefined && { skewMs }) });
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

  /** Ids of all final posts that this machine's node can read, in block order. */
  async finalPosts({ node }: SimulatedMachine, groupId: string): Promise<string[]> {
    const items: ContentItem[] = [];
    for (;;) {
      const last = items.at(-1);
      const start = { startTrx: last?.trxId, startSender: last?.publisher, includeStart: false };
      const page = await this.settled(node.contents(groupId, { num: POSTS_AT_ONCE, reverse: false, senders: [], ...start }));
      if (page.length === 0) return items.map(({ trxId }) => trxId);
      items.push(...page);
    }
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
  readonly twist: MachineTwist | undefined;
  /** Told of the moments at which a crash may happen. */
  failPoint: ((point: FailPoint) => void) | undefined;
  readonly #world: World;
  #skewMs: number;
  #runs = 0;
  #node: SettNode | undefined;
  /** Of the process that runs or is being started. */
  #clock: SimulatedClock | undefined;

  constructor(name: string, world: World, options: MachineOptions) {
    this.name = name;
    this.peerId = `peer-${name}`;
    this.twist = options.twist;
    this.#world = world;
    this.#skewMs = options.skewMs ?? 0;
    const latency = { clock: new SimulatedClock(world.time), ...world.diskMs };
    this.disk = new SimulatedStore({ random: world.random.fork(`disk/${name}`), latency });
    this.disk.failPoint = (point) => this.failPoint?.(point);
    this.disk.watch = (writes) => world.observer.written?.(this, writes);
  }

  get isRunning(): boolean {
    return this.#node !== undefined;
  }

  /** Whether it is off: neither running nor being started. */
  get isOff(): boolean {
    return this.#clock === undefined;
  }

  get node(): SettNode {
    if (!this.#node) throw new Error(`${this.name} is not running`);
    return this.#node;
  }

  /** Switches it on and lets time pass until its node is there. */
  async start(): Promise<void> {
    await this.#world.settled(this.boot());
  }

  /** Switches it on; resolves when its node is there. */
  async boot(): Promise<void> {
    const { twist } = this;
    const world = this.#world;
    this.#runs += 1;
    const clock = new SimulatedClock(world.time, this.#skewMs);
    this.#clock = clock;
    const host = world.network.connect(this.peerId);
    const network = twist?.network(host) ?? host;
    const dealer: TrustedDealer = (groupId, nonce, ...place) => {
      const own = world.trustedDealer?.(groupId, nonce, ...place);
      return own && (twist?.keys(own, nonce) ?? own);
    };
    const node = await openNode(
      {
        store: this.disk.open(),
        vault: openVault,
        network,
        clock,
        random: world.random.fork(`machine/${this.name}/${this.#runs}`),
        privateCipher: twist?.cipher?.(idealCipher) ?? idealCipher,
      },
      {
        ownUrls: async () => ['http://127.0.0.1:8000'],
        backupCost: CHEAP_SCRYPT,
        ...(world.trustedDealer && { trustedDealer: dealer }),
        faultFound: (_groupId, fault, pubkey) => world.observer.fault?.(this, fault, pubkey),
      },
    );
    node.subscribe((event) => {
      if (event.type === 'block') world.observer.block(this, event.groupId, event.blockId, event.hash);
      else if (event.type === 'view') world.observer.view?.(this, event.view);
    });
    this.#node = node;
  }

  /** Sets its clock, as people do. */
  setClock(skewMs: number): void {
    this.#skewMs = skewMs;
    if (this.#clock) this.#clock.skewMs = skewMs;
  }

  /** No timer fires until {@link resume}. */
  pause(): void {
    this.#clock?.pause();
  }

  get isPaused(): boolean {
    return this.#clock?.isPaused ?? false;
  }

  /** Timers fire again, those that ran out meanwhile at once; the node is told that it slept. */
  resume(): void {
    this.#node?.wake();
    this.#clock?.resume();
  }

  /** The power goes: nothing of the process runs any more, unflushed writes may be lost. */
  crash(): void {
    this.#clock?.kill();
    this.#world.network.disconnect(this.peerId);
    this.disk.crash();
    this.#node = undefined;
    this.#clock = undefined;
  }

  /** The power goes at the n-th moment from now at which it can, and comes back a little later. */
  crashAt(moment: number): void {
    let left = moment;
    this.failPoint = () => {
      if (left-- > 0 || this.isOff) return;
      this.failPoint = undefined;
      this.crash();
      this.#world.time.plan(POWER_BACK_MS, () => void this.boot());
    };
  }

  /** Ends as a closed tab does, and lets time pass until it has. */
  async stop(): Promise<void> {
    await this.#world.settled(this.shutDown());
  }

  /** Ends as a closed tab does; resolves when it has. */
  async shutDown(): Promise<void> {
    const clock = this.#clock;
    await this.node.close();
    // A crash may have come first.
    if (this.#clock !== clock) return;
    clock?.kill();
    this.#world.network.disconnect(this.peerId);
    this.#node = undefined;
    this.#clock = undefined;
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

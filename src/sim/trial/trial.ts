import { initThreshold, replaceSignatures, type ThresholdKeys, trustedDealerKeys } from '../../crypto/index.ts';
import type { GroupIdentity } from '../../ledger/index.ts';
import { faultyLimit, parseSeed, sha256 } from '../../records/index.ts';
import type { Dealer } from '../dealer.ts';
import { type DealtGroup, dealtGroup } from '../dealt-group.ts';
import { idealSignatures } from '../ideal-signatures.ts';
import { idealKeys } from '../ideal-threshold.ts';
import { Violation } from '../one-producer.ts';
import type { SeededRandom } from '../random.ts';
import { type MachineOptions, type SimulatedMachine, World } from '../world.ts';
import { AgreedChanges } from './agreed-changes.ts';
import { byzantineUnder, type EngineName } from './byzantine/strategies.ts';
import { Twist } from './byzantine/twist.ts';
import { type ChangeSource, DealtChanges, drawnEngine } from './changes.ts';
import { FAULTS, type Round, type WorldFault } from './faults/index.ts';
import { isHeldUp } from './held-up.ts';
import { Load } from './load.ts';
import { type Order, Postmaster } from './orders.ts';
import { isHonest, Watch } from './watch.ts';

export interface TrialOptions {
  readonly seed: number;
  /** From 2 on. */
  readonly producers: number;
  /** Simulated time, eight hours of sleep not counted. */
  readonly minutes: number;
  /** Names of {@link FAULTS} and {@link BYZANTINE}: what may go wrong; the seed says what does. */
  readonly faults: readonly string[];
  /** The seed picks one. */
  readonly orders: readonly Order[];
  readonly crypto: 'ideal' | 'real';
  /** `hbbft` alone by default. Of several the seed picks one for each configuration. */
  readonly engines?: readonly EngineName[];
  /**
   * `dealt`, `agreed`: the consensus changes at random moments, without the agreement or with it; `recovery`: as `agreed`, some without the producers; else the
   * first configuration stays.
   */
  readonly changes?: 'none' | 'dealt' | 'agreed' | 'recovery';
  /** For tests of the checks: a defect that is put in once the group stands. */
  readonly plant?: (world: World, watch: Watch) => void;
}

export interface TrialResult {
  readonly blocks: number;
  readonly epochs: number;
  readonly posts: number;
  /** Changes of consensus that the chain has. */
  readonly changes: number;
  /** Of the configurations, in order. */
  readonly engines: readonly string[];
  /** Those of them that went on from a base. */
  readonly recoveries: number;
  /** The owner, who says nothing, has kept a recovery to itself that the producers have promised: the trial ended there, with everybody at one head. */
  readonly isHeldUp: boolean;
  readonly order: Order;
  /** What went wrong on purpose. */
  readonly faults: readonly string[];
  /** How often a faulty producer did otherwise than an honest one. */
  readonly deviations: number;
  /** Kinds of misbehaviour that honest producers noticed. */
  readonly noticed: readonly string[];
  /** Hash of the common head: equal for equal seeds and options. */
  readonly headHash: string;
}

const ROUND_MS = 120_000;
const INTERVAL_MS = 1_000;
const USERS = 2;
/** Machines of a group whose consensus changes, at least: enough for sets that share nobody. */
const MACHINES_FOR_CHANGES = 9;
/** Until everything is final everywhere once the network behaves: resting, redialling, sending again take up to a minute each. */
const HEAL_LIMIT_MS = 240_000;
/** Epochs that this may take. */
const HEAL_EPOCHS = 250;
const CALM_MS = 3_000;
/** Whether everything is final everywhere is looked at no more often than this. */
const LOOK_EVERY_MS = 20;
/** World faults of one round. */
const FAULTS_PER_ROUND = 5;
/** How long an adversary may keep a message while the network is to behave. */
const CALM_PATIENCE_MS = 300;
const STORM_PATIENCE_MS = 5_000;

/**
 * One trial: a group of whole nodes in rounds of trouble and recovery, all of it drawn from the seed. After every step the checks of
 * {@link Watch}; after each round everything must have become final everywhere. Throws {@link Violation}.
 */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const trial = new Trial(options, await prepared(options));
  replaceSignatures(options.crypto === 'ideal' ? idealSignatures : undefined);
  try {
    return await trial.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Violation(`${error.message} (${trial.describe()})`, { cause: error });
  } finally {
    replaceSignatures();
  }
}

async function prepared({ seed, crypto }: TrialOptions): Promise<{ world: World; watch: Watch }> {
  if (crypto === 'real') await initThreshold();
  const watch = new Watch();
  return { world: await World.create(seed, watch), watch };
}

class Trial {
  readonly #options: TrialOptions;
  readonly #world: World;
  readonly #watch: Watch;
  readonly #random: SeededRandom;
  readonly #order: Order;
  readonly #twists = new Map<string, { readonly name: string; readonly twist: Twist }>();
  readonly #faultsSeen = new Set<string>();
  readonly #check: () => void;
  #postmaster: Postmaster | undefined;
  /** Under the newest configuration. */
  #producers: readonly SimulatedMachine[] = [];
  #dealer: Dealer | undefined;
  #changes: ChangeSource | undefined;
  #changesSeen = 0;
  readonly #engines: string[] = [];
  #recoveriesSeen = 0;
  #isHeldUp = false;

  constructor(options: TrialOptions, { world, watch }: { world: World; watch: Watch }) {
    this.#options = options;
    this.#world = world;
    this.#watch = watch;
    this.#random = world.random.fork('trial');
    this.#order = this.#random.pick(options.orders);
    this.#check = () => watch.check();
  }

  async run(): Promise<TrialResult> {
    const { producers, minutes } = this.#options;
    this.#chooseByzantine();
    this.#world.equip = (name): MachineOptions => {
      const twist = this.#twists.get(name)?.twist;
      return twist ? { twist } : {};
    };
    this.#deal();
    const encryption = this.#random.pick([0, 0, 0, 1, 2]);
    const users = this.#isChanging ? Math.max(USERS, MACHINES_FOR_CHANGES - producers) : USERS;
    const engine = drawnEngine(this.#engineChoice, this.#random);
    const group = await dealtGroup(this.#world, { producers, users, intervalMs: INTERVAL_MS, encryption, engine });
    await this.#begin(group, engine);
    this.#options.plant?.(this.#world, this.#watch);
    const rounds = Math.max(1, Math.round((minutes * 60_000) / ROUND_MS));
    const durationMs = (minutes * 60_000) / rounds;
    for (let round = 0; round < rounds && !this.#isHeldUp; round++) await this.#round(group, durationMs);
    const [first] = this.#honest;
    const shown = first?.node.view().groups[0];
    return {
      blocks: shown?.head.blockId ?? 0,
      epochs: shown?.epoch ?? 0,
      posts: this.#watch.acknowledged.size,
      changes: this.#changesSeen,
      engines: this.#engines,
      recoveries: this.#recoveriesSeen,
      isHeldUp: this.#isHeldUp,
      order: this.#order,
      faults: [...this.#faultsSeen, ...[...this.#twists.values()].map(({ name }) => name)],
      deviations: [...this.#twists.values()].reduce((sum, { twist }) => sum + twist.deviations, 0),
      noticed: [...this.#watch.faultKinds],
      headHash: shown?.head.hash ?? '',
    };
  }

  describe(): string {
    const machines = [...this.#twists].map(([name, twist]) => `${name}: ${twist.name}`);
    const atS = (this.#world.time.nowMs / 1000).toFixed(3);
    return `${atS} s; ${this.#order}; ${[...this.#faultsSeen, ...machines].join(', ')}`;
  }

  get #engineChoice(): readonly EngineName[] {
    return this.#options.engines ?? ['hbbft'];
  }

  get #isChanging(): boolean {
    return (this.#options.changes ?? 'none') !== 'none';
  }

  get #honest(): SimulatedMachine[] {
    return this.#world.machines.filter(isHonest);
  }

  // ------------------------------------------------------------------------------------------------------------------- before

  #chooseByzantine(): void {
    const { producers, faults } = this.#options;
    const strategies = byzantineUnder(this.#engineChoice);
    const names = faults.filter((name) => strategies[name]);
    if (names.length === 0) return;
    const places = this.#random.shuffle(Array.from({ length: producers }, (_, place) => `producer${place}`));
    // None at times: then more than f may be in trouble without excuse.
    const count = this.#random.int(faultyLimit(producers) + 1) || this.#random.int(faultyLimit(producers) + 1);
    for (const place of places.slice(0, count)) {
      const name = this.#random.pick(names);
      const maker = strategies[name];
      if (maker) this.#twists.set(place, { name, twist: new Twist(maker) });
    }
  }

  #deal(): void {
    const { crypto, changes } = this.#options;
    const sets = new Map<string, readonly ThresholdKeys[]>();
    this.#world.trustedDealer = (groupId, nonce, producers, index) => {
      // What was agreed on has keys of its own; where they are ideal, what they are to do is done by these.
      if (crypto === 'real' && (changes === 'agreed' || changes === 'recovery') && nonce > 1) return undefined;
      const name = `${groupId}/${nonce}`;
      const secret = sha256(new TextEncoder().encode(name));
      const keys = sets.get(name) ?? (crypto === 'real' ? trustedDealerKeys(producers, secret) : idealKeys(producers, secret));
      sets.set(name, keys);
      return keys[index];
    };
  }

  async #begin({ groupId, seed, owner, producers, dealer }: DealtGroup, engine: string): Promise<void> {
    const { cipherKey, ownerPubkey } = parseSeed(seed);
    const identity = { groupId, ownerPubkey, cipherKey };
    this.#dealer = dealer;
    const machineOf = (pubkey: string) => dealer.machineOf(pubkey);
    this.#watch.begin(this.#world, groupId, producers, { identity, machineOf, engine });
    this.#follow(identity, 1, producers, engine);
    if (!this.#isChanging) return;
    const random = this.#random.fork('changes');
    const about = { world: this.#world, random, groupId, owner, dealer, engines: this.#engineChoice, epoch: () => this.#epoch() };
    const recoveries = this.#options.changes === 'recovery';
    const agreed =
      recoveries || this.#options.changes === 'agreed'
        ? new AgreedChanges({ ...about, identity, recoveries, fail: (message) => this.#watch.fail(message) })
        : undefined;
    const changes = agreed ?? new DealtChanges(about);
    this.#changes = changes;
    let newestNonce = 1;
    this.#watch.changed = (change) => {
      const next = change.producers.flatMap((pubkey) => dealer.machineOf(pubkey) ?? []);
      this.#changesSeen += 1;
      if (change.block.nonce === change.nonce) this.#recoveriesSeen += 1;
      this.#watch.follow(change.nonce, next, change.engine);
      // A chain that a recovery has left behind may go on for a while.
      if (change.nonce <= newestNonce) return;
      newestNonce = change.nonce;
      this.#follow(identity, change.nonce, next, change.engine);
      changes.follow(change.nonce);
    };
    await agreed?.begin();
  }

  /** Faulty producers and the adversary turn to another configuration. */
  #follow({ groupId, cipherKey }: GroupIdentity, nonce: number, producers: readonly SimulatedMachine[], engine: string): void {
    this.#engines.push(engine);
    const dealer = this.#dealer as Dealer;
    this.#producers = producers;
    const configuration = {
      groupId,
      nonce,
      producers: producers.map((machine) => dealer.keyOf(machine)),
      ownerPubkey: '',
      intervalMs: INTERVAL_MS,
      startEpoch: 1,
      engine,
      rulesVersion: '1',
    };
    const places = new Map(producers.map(({ peerId }, index) => [peerId, index]));
    const indexOf = (peer: string) => places.get(peer);
    for (const [self, machine] of producers.entries()) {
      const random = this.#random.fork(nonce === 1 ? `twist/${self}` : `twist/${nonce}/${self}`);
      const place = { random, self, configuration, cipherKey, signSecret: dealer.secretOf(machine), indexOf };
      this.#twists.get(machine.name)?.twist.begin(place);
    }
    const keys = producers.length > 1 ? this.#world.trustedDealer?.(groupId, nonce, producers.length, 0) : undefined;
    if (this.#order === 'fifo' || !keys) return;
    if (this.#postmaster) {
      this.#postmaster.follow({ configuration, indexOf, keys });
      return;
    }
    const random = this.#random.fork('order');
    this.#postmaster = new Postmaster(this.#order, { world: this.#world, random, configuration, indexOf, keys });
  }

  // ------------------------------------------------------------------------------------------------------------------- rounds

  async #round(group: DealtGroup, plainMs: number): Promise<void> {
    const world = this.#world;
    const names = this.#chooseFaults();
    const faults = names.map((name) => FAULTS[name] as WorldFault);
    const durationMs = faults.find(({ aloneMs }) => aloneMs)?.aloneMs ?? plainMs;
    let isOver = false;
    const later = (delayMs: number, run: () => void): void =>
      world.time.plan(delayMs, () => {
        if (!isOver) run();
      });
    const round: Round = {
      world,
      random: this.#random,
      machines: world.machines,
      producers: this.#producers,
      durationMs,
      later,
      bootLater: (machine, delayMs) => later(delayMs, () => this.#boot(machine)),
    };
    for (const name of names) this.#faultsSeen.add(name);
    if (this.#postmaster) this.#postmaster.patienceMs = STORM_PATIENCE_MS;
    for (const fault of faults) fault.plan(round);
    this.#changes?.plan(Math.min(durationMs, plainMs), later);
    const load = new Load({ world, random: this.#random, groupId: group.groupId, watch: this.#watch });
    load.start(Math.min(durationMs, plainMs), later);
    await world.run(durationMs, this.#check);
    isOver = true;
    await this.#recover(group);
  }

  /** One fault that takes a round for itself, or some of the others. */
  #chooseFaults(): string[] {
    const names = this.#random.shuffle(this.#options.faults.filter((name) => FAULTS[name]));
    const [first] = names;
    if (first !== undefined && FAULTS[first]?.aloneMs) return [first];
    return names.filter((name) => !FAULTS[name]?.aloneMs).slice(0, 1 + this.#random.int(FAULTS_PER_ROUND));
  }

  #boot(machine: SimulatedMachine): void {
    if (!machine.isOff) return;
    if (isHonest(machine)) this.#watch.checkAcknowledged(machine);
    machine.boot().catch((error: unknown) => this.#watch.fail(`${machine.name} does not start: ${String(error)}`));
  }

  /** From now on the network behaves; everything must become final everywhere, unless a mute owner holds the group up. */
  async #recover({ groupId, owner, dealer }: DealtGroup): Promise<void> {
    const world = this.#world;
    const { network } = world;
    network.faults = { loss: 0, duplication: 0, delayMs: [5, 50] };
    network.split([]);
    if (this.#postmaster) this.#postmaster.patienceMs = CALM_PATIENCE_MS;
    for (const machine of world.machines) {
      network.setAsleep(machine.peerId, false);
      machine.failPoint = undefined;
      machine.disk.quotaBytes = Number.POSITIVE_INFINITY;
      machine.setClock(0);
      if (machine.isPaused) machine.resume();
      this.#boot(machine);
    }
    const areThere = () => this.#honest.every(({ isRunning }) => isRunning);
    if (!(await world.runUntil(areThere, HEAL_LIMIT_MS, this.#check))) throw new Violation('a machine does not come back');
    await world.run(CALM_MS, this.#check);
    const epochBefore = this.#epoch();
    for (const machine of this.#honest) await this.#postLast(machine, groupId);
    let nextLookMs = 0;
    const isSettled = (): boolean => {
      if (world.time.nowMs < nextLookMs) return false;
      nextLookMs = world.time.nowMs + LOOK_EVERY_MS;
      return this.#isSettled();
    };
    const reached = await world.runUntil(isSettled, HEAL_LIMIT_MS, this.#check);
    if (!reached) {
      this.#isHeldUp = this.#twists.get(owner.name)?.name === 'mute' && this.#areHeldUp(dealer);
      if (!this.#isHeldUp)
        throw new Violation(`the network behaves again, but not everything became final everywhere: ${this.#describe()}`);
      for (const machine of this.#honest) this.#watch.checkAcknowledged(machine);
      this.#watch.check();
      return;
    }
    const epochs = this.#epoch() - epochBefore;
    if (epochs > HEAL_EPOCHS) throw new Violation(`it took ${epochs} epochs until everything was final`);
    await this.#compare(groupId);
  }

  /** Its disk may have been full a moment ago: it may refuse for some seconds. */
  async #postLast(machine: SimulatedMachine, groupId: string): Promise<void> {
    const content = JSON.stringify({ type: 'Note', content: `all is well with ${machine.name} at ${this.#world.time.nowMs}` });
    const trxId = await this.#world.settled(machine.node.post(groupId, content));
    this.#watch.acknowledged.set(trxId, machine);
  }

  #epoch(): number {
    const running = this.#honest.filter(({ isRunning }) => isRunning);
    return Math.max(0, ...running.map(({ node }) => node.view().groups[0]?.epoch ?? 0));
  }

  #isSettled(): boolean {
    // What was asked for and is no part of the chain yet, somebody still waits for.
    if (this.#changes?.isOpen) return false;
    const producers = this.#producers.map((machine) => this.#dealer?.keyOf(machine)).join();
    const heads = new Set<string>();
    for (const { node } of this.#honest) {
      const group = node.view().groups[0];
      if (!group || group.ownPosts.length > 0 || group.problem || group.producers.join() !== producers) return false;
      heads.add(group.head.hash);
      if (heads.size > 1) return false;
    }
    return true;
  }

  #areHeldUp(dealer: Dealer): boolean {
    const honest = this.#honest;
    const machineOf = (pubkey: string) => dealer.machineOf(pubkey);
    return isHeldUp({ honest, machineOf, isBound: (machine, nonce) => this.#watch.isBound(machine, nonce) });
  }

  #describe(): string {
    const each = this.#world.machines.map((machine) => {
      const group = machine.isRunning ? machine.node.view().groups[0] : undefined;
      const problem = group?.problem ? ` ${group.problem.code}` : '';
      const kind = isHonest(machine) ? '' : ` (${this.#twists.get(machine.name)?.name})`;
      return `${machine.name}${kind}: block ${group?.head.blockId} of ${group?.consensus.nonce}, epoch ${group?.epoch}, ${group?.producing}, ${group?.ownPosts.length} posts wait${problem}`;
    });
    return each.join('; ');
  }

  /** Everybody holds the same chain and state, and every acknowledged post once. */
  async #compare(groupId: string): Promise<void> {
    const heads = new Set(this.#honest.map(({ node }) => JSON.stringify(node.view().groups[0]?.head)));
    if (heads.size !== 1) throw new Violation(`the heads differ: ${[...heads].join(' | ')}`);
    for (const machine of this.#honest) {
      const { name } = machine;
      const counts = new Map<string, number>();
      for (const trxId of await this.#world.finalPosts(machine, groupId)) counts.set(trxId, (counts.get(trxId) ?? 0) + 1);
      for (const trxId of this.#watch.acknowledged.keys()) {
        if (counts.get(trxId) !== 1)
          throw new Violation(`${name} holds the acknowledged post ${trxId} ${counts.get(trxId) ?? 0} times`);
      }
    }
    await this.#changes?.compare(this.#honest);
    this.#watch.check();
  }
}

import { type Configuration, decodeMessage, type Member, type TimerName } from '../../consensus/index.ts';
import type { ThresholdKeys } from '../../crypto/index.ts';
import { equalBytes, faultyLimit, Trx } from '../../records/index.ts';
import { IdealSignatures, idealKeys } from '../ideal-threshold.ts';
import { Violation } from '../one-producer.ts';
import { SeededRandom } from '../random.ts';
import { Checks } from './checks.ts';
import { harmOf } from './harm.ts';
import { Links } from './links.ts';
import { type FailPoint, PowerCut, VirtualProducer } from './producer.ts';
import type { Strategy, StrategyMaker } from './strategies.ts';

/** In which order messages arrive. `fifo`: per link; `random`: any message of any link; `adversarial`: as suits an adversary that sees everything sent. */
export type Order = 'fifo' | 'random' | 'adversarial';

export interface NetOptions {
  readonly size: number;
  readonly seed: number;
  readonly order: Order;
  /** Faulty producers, from index 0 on; at most f are meant to be. */
  readonly strategies?: readonly StrategyMaker[];
  /** Contract.Encryption. */
  readonly encryption?: number;
  readonly alwaysTossCoin?: boolean;
  /** Probability that a machine loses power at a fail point. */
  readonly powerCuts?: number;
  /** Probability, per step, that a connection breaks. */
  readonly breaks?: number;
  /** Probability, per step, that a trx is posted. */
  readonly posts?: number;
  /** In place of the ideal keys. */
  readonly keys?: readonly ThresholdKeys[];
  readonly configuration?: Partial<Configuration>;
  /** Whether the power of a producer's machine fails at a fail point: in place of `powerCuts`. */
  readonly fails?: (producer: number, point: FailPoint) => boolean;
  /** A machine that loses power loses its log, as it must not. */
  readonly losesLog?: boolean;
}

interface Choice {
  readonly from: number;
  readonly to: number;
  readonly place: number;
}

/** A timer runs out before its time, as it were, once in so many steps; all of them when nothing else can happen. */
const STEPS_PER_TIMER = 300;
/** Steps after which a broken connection or a machine without power comes back, at the latest. */
const STEPS_TO_HEAL = 400;
/** Messages among which the adversary chooses. */
const CHOICES = 6;
/** Steps after which the adversary starves other links. */
const STEPS_PER_STARVATION = 1_500;

/**
 * N engines, cranked one message at a time by an adversary that is drawn from a seed. Deliberately small: no clock, no ledger, no
 * storage but a map. What must hold is checked at every step.
 */
export class VirtualNet {
  readonly options: NetOptions;
  readonly random: SeededRandom;
  readonly checks: Checks;
  readonly producers: VirtualProducer[] = [];
  readonly links: Links;
  readonly #strategies: readonly (Strategy | undefined)[];
  readonly #choice: SeededRandom;
  readonly #keys: readonly ThresholdKeys[];
  #steps = 0;
  #trxs = 0;
  #powerCuts: number;
  #breaks: number;
  #starved = new Set<number>();
  /** Producers that nothing reaches for now. */
  readonly #held = new Set<number>();
  /** Timers do not run out. */
  holdTimers = false;
  /** Steps at which something comes back. */
  readonly #returns: { readonly at: number; readonly run: () => void }[] = [];

  constructor(options: NetOptions) {
    const { size, seed } = options;
    this.options = options;
    this.random = new SeededRandom(seed, 'virtual net');
    this.#choice = this.random.fork('choice');
    this.#powerCuts = options.powerCuts ?? 0;
    this.#breaks = options.breaks ?? 0;
    this.links = new Links(size, this.random.fork('links'));
    const secret = this.random.fork('secret').bytes(32);
    this.#keys = options.keys ?? idealKeys(size, secret);
    const signatures = new IdealSignatures(secret);
    const makers = options.strategies ?? [];
    const configuration: Configuration = {
      ...{
        groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11',
        nonce: 3,
        producers: new Array(size).fill('key'),
        ownerPubkey: 'key',
      },
      ...{ intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', rulesVersion: '1' },
      ...options.configuration,
    };
    this.#strategies = Array.from({ length: size }, (_, index) =>
      makers[index]?.({ random: this.random.fork(`strategy ${index}`), size, self: index, configuration, signatures }),
    );
    this.checks = new Checks(size, (producer) => this.isHonest(producer));
    for (let index = 0; index < size; index++) {
      const strategy = this.#strategies[index];
      const own = this.#keys[index] as ThresholdKeys;
      const member: Member = {
        index,
        keys: strategy?.keys?.(own) ?? own,
        encryption: options.encryption ?? 1,
        sign: (hash) => signatures.sign(index, hash),
        verify: (producer, hash, signature) => signatures.verify(producer, hash, signature),
        alwaysTossCoin: options.alwaysTossCoin ?? false,
      };
      this.producers.push(this.#producer(index, member, configuration));
    }
  }

  get size(): number {
    return this.options.size;
  }

  get steps(): number {
    return this.#steps;
  }

  isHonest(producer: number): boolean {
    return this.#strategies[producer] === undefined;
  }

  get honest(): VirtualProducer[] {
    return this.producers.filter((_, index) => this.isHonest(index));
  }

  start(): void {
    for (let index = 0; index < this.size; index++) this.#guarded(index, () => this.#at(index).start());
    for (let a = 0; a < this.size; a++) for (let b = 0; b < a; b++) this.links.connect(a, b);
  }

  /** No power cuts and no breaks any more; whatever is down comes back. */
  heal(): void {
    this.#powerCuts = 0;
    this.#breaks = 0;
    for (const { run } of this.#returns.splice(0)) run();
    this.#starved.clear();
  }

  /** Cranks until `isReached`. Throws {@link Violation} if nothing can happen any more, or after `limit` steps. */
  run(isReached: () => boolean, limit: number): void {
    const end = this.#steps + limit;
    while (!isReached()) {
      if (this.#steps >= end) throw new Violation(`not there after ${limit} steps: ${this.#describe()}`);
      this.#crank();
    }
  }

  /** All honest producers have finished this epoch. */
  isFinished(epoch: number): boolean {
    return this.honest.every(({ finished }) => finished >= epoch);
  }

  post(producer: number): void {
    const trx = Trx.create({ TrxId: `trx-${this.#trxs++}`, SenderPubkey: 'sender', Data: this.random.bytes(20) });
    if (this.#at(producer).isRunning) this.#guarded(producer, () => this.#at(producer).post(trx));
  }

  /** Nothing reaches this producer until `release`; it is kept for it. */
  hold(producer: number): void {
    this.#held.add(producer);
  }

  release(): void {
    this.#held.clear();
  }

  /** A timer that is running at a producer runs out. */
  fire(index: number, name: TimerName): void {
    const producer = this.#at(index);
    if (producer.timers.delete(name)) this.#guarded(index, () => producer.input({ type: 'timer', name }));
  }

  /** The power of a machine fails; it comes back when told, or with `heal`. */
  crash(producer: number): () => void {
    const machine = this.#at(producer);
    machine.stop();
    if (this.options.losesLog) machine.loseLog();
    this.links.reset(producer);
    const back = () => {
      if (machine.isRunning) return;
      this.#guarded(producer, () => machine.start());
      for (let other = 0; other < this.size; other++) {
        if (other !== producer && this.#at(other).isRunning) this.links.connect(producer, other);
      }
    };
    return back;
  }

  // ------------------------------------------------------------------------------------------------------------- cranking

  #crank(): void {
    this.#steps++;
    this.#bringBack();
    const { posts = 0.002, order } = this.options;
    if (this.#choice.chance(posts)) this.post(this.#choice.int(this.size));
    if (this.#choice.chance(this.#breaks)) this.#break();
    for (const [index, producer] of this.producers.entries()) {
      if (producer.isRunning && producer.behind && this.#choice.chance(0.05)) this.#guarded(index, () => producer.catchUp());
    }
    if (this.#choice.int(STEPS_PER_TIMER) === 0) this.#fireTimer(this.#choice.int(this.size));
    if (order === 'adversarial' && this.#steps % STEPS_PER_STARVATION === 0) this.#starve();
    const choice = this.#choose();
    if (choice) this.#deliver(choice);
    else this.#idle();
  }

  /** Nothing is under way: time passes. */
  #idle(): void {
    const [next] = this.#returns.splice(0, 1);
    if (next) {
      next.run();
      return;
    }
    let hasFired = false;
    for (let index = 0; index < this.size; index++) hasFired = this.#fireTimer(index) || hasFired;
    for (const [index, producer] of this.producers.entries()) {
      if (!producer.isRunning || !producer.behind) continue;
      hasFired = true;
      this.#guarded(index, () => producer.catchUp());
    }
    if (!hasFired) throw new Violation(`nothing can happen any more: ${this.#describe()}`);
  }

  #fireTimer(index: number): boolean {
    const producer = this.#at(index);
    const [name] = producer.timers;
    if (!producer.isRunning || name === undefined || this.holdTimers) return false;
    this.fire(index, name);
    return true;
  }

  #choose(): Choice | undefined {
    const links: { from: number; to: number }[] = [];
    const starved: { from: number; to: number }[] = [];
    for (let from = 0; from < this.size; from++) {
      for (let to = 0; to < this.size; to++) {
        if (from === to || this.#held.has(to) || this.links.queue(from, to).length === 0 || !this.#at(to).isRunning) continue;
        (this.#starved.has(from * this.size + to) ? starved : links).push({ from, to });
      }
    }
    const open = links.length > 0 ? links : starved;
    if (open.length === 0) return undefined;
    if (this.options.order !== 'adversarial') return this.#pick(open);
    const choices = Array.from({ length: CHOICES }, () => this.#pick(open));
    return choices.reduce((best, choice) => (this.#harm(choice) > this.#harm(best) ? choice : best));
  }

  #pick(open: readonly { from: number; to: number }[]): Choice {
    const { from, to } = this.#choice.pick(open);
    if (this.options.order === 'fifo') return { from, to, place: 0 };
    const queue = this.links.queue(from, to);
    // A connection's beginning and end stand where they stand.
    const marker = queue.findIndex(({ kind }) => kind !== 'data');
    const reach = marker < 0 ? queue.length : marker;
    return { from, to, place: reach === 0 ? 0 : this.#choice.int(reach) };
  }

  /** How much the adversary likes this to arrive now. */
  #harm({ from, to, place }: Choice): number {
    const item = this.links.queue(from, to)[place];
    const message = item?.kind === 'data' ? decodeMessage(item.data, this.size) : undefined;
    if (!message) return 5;
    return harmOf(message, to, (place) => this.#coinOf(place));
  }

  /** The adversary may know coins that are not tossed yet: the protocol must stay safe, and it ends because not every coin can be fought. */
  #coinOf({ epoch, proposer, round }: { epoch: number; proposer: number; round: number }): boolean {
    return (epoch * 31 + proposer * 17 + round) % 2 === 0;
  }

  #starve(): void {
    this.#starved = new Set();
    for (let count = 0; count < this.size; count++) this.#starved.add(this.#choice.int(this.size * this.size));
  }

  #deliver({ from, to, place }: Choice): void {
    const item = this.links.take(from, to, place);
    const producer = this.#at(to);
    this.#guarded(to, () => {
      if (item.kind === 'open') producer.input({ type: 'connected', peer: from });
      else if (item.kind === 'close') producer.input({ type: 'disconnected', peer: from });
      else producer.input({ type: 'message', sender: from, data: item.data });
    });
  }

  // --------------------------------------------------------------------------------------------------------------- faults

  #break(): void {
    const a = this.#choice.int(this.size);
    const b = this.#choice.int(this.size);
    if (a === b || !this.links.isConnected(a, b)) return;
    this.links.cut(a, b);
    this.#later(() => {
      if (this.#at(a).isRunning && this.#at(b).isRunning) this.links.connect(a, b);
    });
  }

  #later(run: () => void): void {
    this.#returns.push({ at: this.#steps + this.#choice.int(STEPS_TO_HEAL), run });
  }

  #bringBack(): void {
    for (let index = this.#returns.length - 1; index >= 0; index--) {
      const entry = this.#returns[index];
      if (!entry || entry.at > this.#steps) continue;
      this.#returns.splice(index, 1);
      entry.run();
    }
  }

  /** Runs a producer's work; a power cut in it is the machine's end for a while. */
  #guarded(index: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof PowerCut) this.#later(this.crash(index));
      // What a faulty producer's own machine makes of its lies is nobody's business.
      else if (this.isHonest(index)) throw error;
      else if (this.#at(index).isRunning) this.#later(this.crash(index));
    }
  }

  // -------------------------------------------------------------------------------------------------------------- helpers

  #at(index: number): VirtualProducer {
    return this.producers[index] as VirtualProducer;
  }

  #producer(index: number, member: Member, configuration: Configuration): VirtualProducer {
    const strategy = this.#strategies[index];
    const random = this.random.fork(`producer ${index}`);
    return new VirtualProducer(member, {
      configuration,
      random,
      blocksUpTo: (blockId, blockHash) => {
        const source = this.honest.find(({ blocks }) => {
          const block = blocks[blockId];
          return block && equalBytes(block.blockHash, blockHash);
        });
        return source?.blocks.slice(0, blockId + 1);
      },
      send: (to, data) => {
        if (!strategy) {
          this.checks.sent(index, to, data);
          this.links.send(index, to, data);
          return;
        }
        const message = decodeMessage(data, this.size);
        for (const tampered of message ? strategy.tamper(to, message, data) : [data]) this.links.send(index, to, tampered);
      },
      blamed: (fault) => {
        if (!strategy) this.checks.blamed(index, fault);
      },
      decided: (decision) => {
        if (!strategy) this.checks.decided(index, decision);
      },
      made: ({ blockId, blockHash }) => {
        if (!strategy) this.checks.block(index, blockId, blockHash);
      },
      fails: (point) => this.options.fails?.(index, point) ?? (this.#powerCuts > 0 && random.chance(this.#powerCuts)),
    });
  }

  #describe(): string {
    const each = this.producers.map((producer, index) => {
      const state = producer.isRunning ? `epoch ${producer.engine.status().epoch}` : 'down';
      return `${index}${this.isHonest(index) ? '' : ' (faulty)'}: ${state}, finished ${producer.finished}`;
    });
    return `${each.join('; ')} (f = ${faultyLimit(this.size)}, seed ${this.options.seed})`;
  }
}

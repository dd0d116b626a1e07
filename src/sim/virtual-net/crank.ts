import type { EngineInput, TimerName } from '../../consensus/index.ts';
import { faultyLimit } from '../../records/index.ts';
import { Violation } from '../one-producer.ts';
import { SeededRandom } from '../random.ts';
import { Links } from './links.ts';

/** In which order messages arrive. `fifo`: per link; `random`: any message of any link; `adversarial`: as suits an adversary that sees everything sent. */
export type Order = 'fifo' | 'random' | 'adversarial';

/** A moment at which a producer's machine may lose power. */
export type FailPoint = 'before-log' | 'after-log' | 'after-send' | 'after-block';

/** Thrown through a producer's own work when its machine loses power. */
export class PowerCut extends Error {}

export interface CrankOptions {
  readonly size: number;
  readonly seed: number;
  readonly order: Order;
  /** Probability that a machine loses power at a fail point. */
  readonly powerCuts?: number;
  /** Probability, per step, that a connection breaks. */
  readonly breaks?: number;
  /** Probability, per step, that a trx is posted. */
  readonly posts?: number;
  /** Whether the power of a producer's machine fails at a fail point: in place of `powerCuts`. */
  readonly fails?: (producer: number, point: FailPoint) => boolean;
  /** A machine that loses power loses its log, as it must not. */
  readonly losesLog?: boolean;
}

/** A producer's machine, as far as cranking goes. */
export interface CrankedMachine {
  readonly isRunning: boolean;
  /** Timers that are running. */
  readonly timers: Set<TimerName>;
  start(): void;
  /** The power fails: everything that is not stored is gone. */
  stop(): void;
  /** The log is lost too, as with a restored backup. */
  loseLog(): void;
  input(input: EngineInput): void;
  /** A message from another producer. */
  receive(sender: number, data: Uint8Array): void;
  /** Something that it waits for may be there by now; `isIdle`: nothing else happens. Answers whether it did anything. */
  tend(random: SeededRandom, isIdle: boolean): boolean;
  /** For error messages. */
  describe(): string;
}

/** An item under way, by its link and its place there. */
export interface Choice {
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
 * N machines, cranked one message at a time by an adversary that is drawn from a seed. Deliberately small: no clock, and storage that is
 * a map. What must hold is checked at every step by whoever extends it.
 */
export abstract class CrankedNet<Machine extends CrankedMachine> {
  readonly random: SeededRandom;
  readonly producers: Machine[] = [];
  readonly links: Links;
  readonly #options: CrankOptions;
  readonly #choice: SeededRandom;
  #steps = 0;
  #powerCuts: number;
  #breaks: number;
  #starved = new Set<number>();
  /** Producers that nothing reaches for now. */
  readonly #held = new Set<number>();
  /** Timers do not run out. */
  holdTimers = false;
  /** Steps at which something comes back. */
  readonly #returns: { readonly at: number; readonly run: () => void }[] = [];

  constructor(options: CrankOptions, label: string) {
    this.#options = options;
    this.random = new SeededRandom(options.seed, label);
    this.#choice = this.random.fork('choice');
    this.#powerCuts = options.powerCuts ?? 0;
    this.#breaks = options.breaks ?? 0;
    this.links = new Links(options.size, this.random.fork('links'));
  }

  abstract isHonest(producer: number): boolean;
  /** A new trx at a producer that is running. */
  abstract post(producer: number): void;
  /** How much the adversary likes a message to arrive now. */
  protected abstract harm(data: Uint8Array, to: number): number;

  /** All timers have run out and nothing is under way: gives a net that rests something to do. Answers false where it should not rest. */
  protected revive(): boolean {
    return false;
  }

  get size(): number {
    return this.#options.size;
  }

  get steps(): number {
    return this.#steps;
  }

  get honest(): Machine[] {
    return this.producers.filter((_, index) => this.isHonest(index));
  }

  start(): void {
    for (let index = 0; index < this.size; index++) this.guarded(index, () => this.at(index).start());
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

  /** Nothing reaches this producer until `release`; it is kept for it. */
  hold(producer: number): void {
    this.#held.add(producer);
  }

  release(): void {
    this.#held.clear();
  }

  /** A timer that is running at a producer runs out. */
  fire(index: number, name: TimerName): void {
    const producer = this.at(index);
    if (producer.timers.delete(name)) this.guarded(index, () => producer.input({ type: 'timer', name }));
  }

  /** The power of a machine fails; it comes back when told, or with `heal`. */
  crash(producer: number): () => void {
    const machine = this.at(producer);
    machine.stop();
    if (this.#options.losesLog) machine.loseLog();
    this.links.reset(producer);
    return () => {
      if (machine.isRunning) return;
      this.guarded(producer, () => machine.start());
      for (let other = 0; other < this.size; other++) {
        if (other !== producer && this.at(other).isRunning) this.links.connect(producer, other);
      }
    };
  }

  // ------------------------------------------------------------------------------------------------------------- cranking

  #crank(): void {
    this.#steps++;
    this.#bringBack();
    const { posts = 0.002, order } = this.#options;
    if (this.#choice.chance(posts)) this.post(this.#choice.int(this.size));
    if (this.#choice.chance(this.#breaks)) this.#break();
    for (const [index, producer] of this.producers.entries()) {
      if (producer.isRunning) this.guarded(index, () => producer.tend(this.#choice, false));
    }
    if (this.#choice.int(STEPS_PER_TIMER) === 0) this.#fireTimer(this.#choice.int(this.size));
    if (order === 'adversarial' && this.#steps % STEPS_PER_STARVATION === 0) this.#starve();
    const choice = this.#choose();
    if (choice) this.deliver(choice);
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
      this.guarded(index, () => {
        hasFired = (producer.isRunning && producer.tend(this.#choice, true)) || hasFired;
      });
    }
    if (!hasFired && !this.revive()) throw new Violation(`nothing can happen any more: ${this.#describe()}`);
  }

  #fireTimer(index: number): boolean {
    const producer = this.at(index);
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
        if (from === to || this.#held.has(to) || this.links.queue(from, to).length === 0 || !this.at(to).isRunning) continue;
        (this.#starved.has(from * this.size + to) ? starved : links).push({ from, to });
      }
    }
    const open = links.length > 0 ? links : starved;
    if (open.length === 0) return undefined;
    if (this.#options.order !== 'adversarial') return this.#pick(open);
    const choices = Array.from({ length: CHOICES }, () => this.#pick(open));
    return choices.reduce((best, choice) => (this.#harm(choice) > this.#harm(best) ? choice : best));
  }

  #pick(open: readonly { from: number; to: number }[]): Choice {
    const { from, to } = this.#choice.pick(open);
    if (this.#options.order === 'fifo') return { from, to, place: 0 };
    const queue = this.links.queue(from, to);
    // A connection's beginning and end stand where they stand.
    const marker = queue.findIndex(({ kind }) => kind !== 'data');
    const reach = marker < 0 ? queue.length : marker;
    return { from, to, place: reach === 0 ? 0 : this.#choice.int(reach) };
  }

  #harm({ from, to, place }: Choice): number {
    const item = this.links.queue(from, to)[place];
    return item?.kind === 'data' ? this.harm(item.data, to) : 5;
  }

  #starve(): void {
    this.#starved = new Set();
    for (let count = 0; count < this.size; count++) this.#starved.add(this.#choice.int(this.size * this.size));
  }

  protected deliver({ from, to, place }: Choice): void {
    const item = this.links.take(from, to, place);
    const producer = this.at(to);
    this.guarded(to, () => {
      if (item.kind === 'open') producer.input({ type: 'connected', peer: from });
      else if (item.kind === 'close') producer.input({ type: 'disconnected', peer: from });
      else producer.receive(from, item.data);
    });
  }

  // --------------------------------------------------------------------------------------------------------------- faults

  #break(): void {
    const a = this.#choice.int(this.size);
    const b = this.#choice.int(this.size);
    if (a === b || !this.links.isConnected(a, b)) return;
    this.links.cut(a, b);
    this.#later(() => {
      if (this.at(a).isRunning && this.at(b).isRunning) this.links.connect(a, b);
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
  protected guarded(index: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof PowerCut) this.#later(this.crash(index));
      // What a faulty producer's own machine makes of its lies is nobody's business.
      else if (this.isHonest(index)) throw error;
      else if (this.at(index).isRunning) this.#later(this.crash(index));
    }
  }

  /** Whether a machine's power fails at this moment. `random` is the machine's own. */
  protected fails(index: number, point: FailPoint, random: SeededRandom): boolean {
    return this.#options.fails?.(index, point) ?? (this.#powerCuts > 0 && random.chance(this.#powerCuts));
  }

  // -------------------------------------------------------------------------------------------------------------- helpers

  protected at(index: number): Machine {
    return this.producers[index] as Machine;
  }

  #describe(): string {
    const each = this.producers.map(
      (producer, index) => `${index}${this.isHonest(index) ? '' : ' (faulty)'}: ${producer.describe()}`,
    );
    return `${each.join('; ')} (f = ${faultyLimit(this.size)}, seed ${this.#options.seed})`;
  }
}

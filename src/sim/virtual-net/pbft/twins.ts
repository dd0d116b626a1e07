import type { EngineInput, TimerName } from '../../../consensus/index.ts';
import type { Trx } from '../../../records/index.ts';
import type { SeededRandom } from '../../random.ts';
import type { CrankedMachine } from '../crank.ts';
import type { PbftMachine } from './machine.ts';

/**
 * A faulty producer that runs two honest machines with one key: half of the others talk to one of them, half to the other. Whatever can be said
 * twice it says twice, each time well. (Bano et al., "Twins: BFT Systems Made Robust", OPODIS 2021)
 */
export class Twins implements CrankedMachine {
  readonly #pair: readonly [PbftMachine, PbftMachine];

  constructor(pair: readonly [PbftMachine, PbftMachine]) {
    this.#pair = pair;
  }

  /** Which of the two a peer talks to. */
  static halfOf(peer: number): 0 | 1 {
    return peer % 2 === 0 ? 0 : 1;
  }

  get isRunning(): boolean {
    return this.#pair[0].isRunning;
  }

  get timers(): Set<TimerName> {
    return this.#pair[0].timers.size > 0 ? this.#pair[0].timers : this.#pair[1].timers;
  }

  get final(): number {
    return Math.max(...this.#pair.map(({ final }) => final));
  }

  start(): void {
    for (const twin of this.#pair) twin.start();
  }

  stop(): void {
    for (const twin of this.#pair) twin.stop();
  }

  loseLog(): void {
    for (const twin of this.#pair) twin.loseLog();
  }

  post(trx: Trx): void {
    for (const twin of this.#pair) twin.post(trx);
  }

  input(input: EngineInput): void {
    if (input.type === 'connected' || input.type === 'disconnected') this.#pair[Twins.halfOf(input.peer)].input(input);
    else for (const twin of this.#pair) twin.input(input);
  }

  receive(sender: number, data: Uint8Array): void {
    this.#pair[Twins.halfOf(sender)].receive(sender, data);
  }

  tend(random: SeededRandom, isIdle: boolean): boolean {
    return this.#pair.map((twin) => twin.tend(random, isIdle)).some((did) => did);
  }

  describe(): string {
    return this.#pair.map((twin) => twin.describe()).join(' | ');
  }
}

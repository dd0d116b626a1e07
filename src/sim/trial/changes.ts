import { faultyLimit } from '../../records/index.ts';
import type { Dealer, DealtChange } from '../dealer.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulatedMachine, World } from '../world.ts';
import type { EngineName } from './byzantine/strategies.ts';
import { isHonest } from './watch.ts';

/** Changes of a round, on average; some come one right after the other. */
const CHANGES_PER_ROUND = 3;
const GOSSIP_EVERY_MS = 3_000;
const MOST_PRODUCERS = 7;
const INTERVALS_MS = [500, 1_000, 1_000, 2_000];
const ENCRYPTIONS = [0, 0, 0, 1, 2];
/** Epochs after the newest one from which a change may ask to begin. */
const EPOCHS_LATER = 40;

export interface DealtChangesOptions {
  readonly world: World;
  readonly random: SeededRandom;
  readonly dealer: Dealer;
  readonly engines: readonly EngineName[];
  readonly epoch: () => number;
}

/** Where a trial's changes of consensus come from. */
export interface ChangeSource {
  /** Whether there is one that is not in the chain and still may get there. */
  readonly isOpen: boolean;
  /** Plans those of a round. */
  plan(durationMs: number, later: (delayMs: number, run: () => void) => void): void;
  /** The chain has set this configuration. */
  follow(nonce: number): void;
  /** When all is settled. Throws a Violation. */
  compare(machines: readonly SimulatedMachine[]): Promise<void>;
}

/** Any machines `among` all, at most f of them faulty. */
export function randomChange(
  { world, random, engines }: Pick<DealtChangesOptions, 'world' | 'random' | 'engines'>,
  epoch: number,
  among: (machine: SimulatedMachine) => boolean = () => true,
): Required<Omit<DealtChange, 'nonce'>> {
  const eligible = world.machines.filter(among);
  // No more than there are honest ones: a smaller set would stand fewer faulty ones than were drawn for it.
  const size = 1 + random.int(Math.max(1, Math.min(MOST_PRODUCERS, eligible.filter(isHonest).length)));
  const shuffled = random.shuffle(eligible);
  const faulty = shuffled.filter((machine) => !isHonest(machine)).slice(0, random.int(faultyLimit(size) + 1));
  return {
    producers: [...faulty, ...shuffled.filter(isHonest)].slice(0, size),
    startFromEpoch: random.chance(0.5) ? 0 : epoch + random.int(EPOCHS_LATER),
    intervalMs: random.pick(INTERVALS_MS),
    encryption: random.pick(ENCRYPTIONS),
    engine: drawnEngine(engines, random),
  };
}

/** Where there is a choice. */
export const drawnEngine = (engines: readonly EngineName[], random: SeededRandom): EngineName => {
  const [only = 'hbbft'] = engines;
  return engines.length > 1 ? random.pick(engines) : only;
};

/** Changes of consensus at random moments, without the agreement that leads to them: the dealer asks for them until they are in the chain. */
export class DealtChanges implements ChangeSource {
  readonly #options: DealtChangesOptions;
  #newestNonce = 1;
  /** Of the configuration that the chain has. */
  #inForceNonce = 1;
  #isGossiping = false;
  #asked: DealtChange[] = [];

  constructor(options: DealtChangesOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#asked.length > 0;
  }

  plan(durationMs: number, later: (delayMs: number, run: () => void) => void): void {
    const { random } = this.#options;
    const count = Math.max(1, Math.round(CHANGES_PER_ROUND * 2 * random.float()));
    for (let number = 0; number < count; number++) {
      const atMs = random.float() * durationMs;
      later(atMs, () => this.#ask());
      if (random.chance(0.2)) later(atMs + 1, () => this.#ask());
    }
  }

  /** The chain has set this configuration: earlier ones that were asked for are too late. */
  follow(nonce: number): void {
    this.#inForceNonce = nonce;
    this.#asked = this.#asked.filter((change) => change.nonce > nonce);
  }

  #ask(): void {
    const { epoch } = this.#options;
    this.#newestNonce = Math.max(this.#newestNonce, this.#inForceNonce) + 1;
    this.#asked.push({ ...randomChange(this.#options, epoch()), nonce: this.#newestNonce });
    if (!this.#isGossiping) this.#gossip();
  }

  /** The network loses what it likes, so it is said again for as long as it is not in the chain. */
  #gossip(): void {
    const { world, dealer } = this.#options;
    this.#isGossiping = this.#asked.length > 0;
    if (!this.#isGossiping) return;
    dealer.gossip(this.#asked.map((change) => dealer.trx(change)));
    world.time.plan(GOSSIP_EVERY_MS, () => this.#gossip());
  }

  async compare(): Promise<void> {}
}

import { type Configuration, coinName, decodeMessage, type Message, pbftMessages } from '../../consensus/index.ts';
import type { ThresholdKeys } from '../../crypto/index.ts';
import { type PeerId, ProducerFrame } from '../../node/index.ts';
import { decodeOrNothing } from '../../records/index.ts';
import type { SeededRandom } from '../random.ts';
import type { StreamDelivery } from '../streams.ts';
import { harmOf } from '../virtual-net/harm.ts';
import { pbftHarmOf } from '../virtual-net/pbft/harm.ts';
import type { World } from '../world.ts';

/**
 * In which order messages on streams arrive; each stream keeps its own. `fifo`: as they come, a time each on the way. `random`: any next one.
 * `adversarial`: the one that an adversary likes, which sees all that is sent, starves links, and knows a coin as soon as f+1 shares were sent.
 */
export const ORDERS = ['fifo', 'random', 'adversarial'] as const;
export type Order = (typeof ORDERS)[number];

const PUMP_MS = 3;
/** One in so many of those under way is handed over at a time, so that no backlog grows. */
const SHARE = 12;
/** Messages among which the adversary chooses. */
const CHOICES = 5;
const STARVE_MS = 8_000;

export interface AdversaryPlace {
  readonly world: World;
  readonly random: SeededRandom;
  readonly configuration: Configuration;
  readonly indexOf: (peer: PeerId) => number | undefined;
  /** Any producer's keys: to combine and verify with. */
  readonly keys: ThresholdKeys;
}

interface UnderWay {
  readonly delivery: StreamDelivery;
  readonly sinceMs: number;
  readonly messages: readonly Message[];
  /** Of the harm that does not change while they are under way. */
  readonly pbftHarm: number;
}

/** Takes over the delivery of all messages on streams. */
export class Postmaster {
  #place: AdversaryPlace;
  readonly #isAdversary: boolean;
  #underWay: UnderWay[] = [];
  #isPumping = false;
  #starved = new Set<string>();
  #starvedUntilMs = 0;
  /** Coin shares that were sent, by the coin's place. */
  readonly #shares = new Map<string, Map<number, Uint8Array>>();
  readonly #coins = new Map<string, boolean>();
  /** The longest that a message may be kept. */
  patienceMs = 5_000;

  constructor(order: Exclude<Order, 'fifo'>, place: AdversaryPlace) {
    this.#place = place;
    this.#isAdversary = order === 'adversarial';
    place.world.network.orderStreams = (delivery) => this.#take(delivery);
  }

  /** There is another configuration to harm. */
  follow(configuration: Pick<AdversaryPlace, 'configuration' | 'indexOf' | 'keys'>): void {
    this.#place = { ...this.#place, ...configuration };
    this.#shares.clear();
    this.#coins.clear();
  }

  #take(delivery: StreamDelivery): void {
    const isPbft = this.#place.configuration.engine === 'pbft';
    const messages = this.#isAdversary && !isPbft ? this.#read(delivery) : [];
    const pbftHarm = this.#isAdversary && isPbft ? this.#pbftHarm(delivery) : 0;
    this.#underWay.push({ delivery, sinceMs: this.#place.world.time.nowMs, messages, pbftHarm });
    this.#pumpSoon();
  }

  #read({ from, data }: StreamDelivery): readonly Message[] {
    const { configuration, indexOf } = this.#place;
    const size = configuration.producers.length;
    const messages = (decodeOrNothing(ProducerFrame, data)?.Engine ?? []).flatMap((bytes) => decodeMessage(bytes, size) ?? []);
    const sender = indexOf(from);
    for (const message of messages) if (message.kind === 'coin' && sender !== undefined) this.#see(sender, message);
    return messages;
  }

  #pbftHarm({ to, data }: StreamDelivery): number {
    const { configuration, indexOf } = this.#place;
    const size = configuration.producers.length;
    const messages = (decodeOrNothing(ProducerFrame, data)?.Engine ?? []).flatMap(
      (bytes) => pbftMessages.decodeMessage(bytes, size) ?? [],
    );
    return Math.max(0, ...messages.map((message) => pbftHarmOf(message, indexOf(to) ?? 0, size)));
  }

  #see(sender: number, { epoch, proposer, round, share }: Message & { kind: 'coin' }): void {
    const { keys, configuration } = this.#place;
    const key = `${epoch}/${proposer}/${round}`;
    const name = coinName(configuration, epoch, proposer, round);
    if (this.#coins.has(key) || !keys.verifyCoinShare(name, sender, share)) return;
    const shares = this.#shares.get(key) ?? new Map<number, Uint8Array>();
    this.#shares.set(key, shares.set(sender, share));
    if (shares.size > keys.faultyLimit) this.#coins.set(key, keys.combineCoin(name, shares));
  }

  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#place.world.time.plan(PUMP_MS, () => {
      this.#isPumping = false;
      this.#pump();
      if (this.#underWay.length > 0) this.#pumpSoon();
    });
  }

  #pump(): void {
    const { random, world } = this.#place;
    if (this.#isAdversary && world.time.nowMs >= this.#starvedUntilMs) this.#starve();
    const overdueMs = world.time.nowMs - this.patienceMs;
    // They stand in the order in which they were sent.
    const firstInTime = this.#underWay.findIndex(({ sinceMs }) => sinceMs > overdueMs);
    const overdue = this.#underWay.splice(0, firstInTime < 0 ? this.#underWay.length : firstInTime);
    for (const { delivery } of overdue) delivery.deliver();
    for (let count = 1 + Math.floor(this.#underWay.length / SHARE); count > 0 && this.#underWay.length > 0; count--) {
      const chosen = this.#isAdversary ? this.#mostHarmful() : random.int(this.#underWay.length);
      if (chosen === undefined) return;
      const [next] = this.#underWay.splice(chosen, 1);
      next?.delivery.deliver();
    }
  }

  #starve(): void {
    const { random, world } = this.#place;
    this.#starvedUntilMs = world.time.nowMs + random.float() * STARVE_MS;
    const peers = world.machines.map(({ peerId }) => peerId);
    this.#starved = new Set(peers.map(() => `${random.pick(peers)} ${random.pick(peers)}`));
  }

  #mostHarmful(): number | undefined {
    const { random } = this.#place;
    let best: number | undefined;
    let bestHarm = Number.NEGATIVE_INFINITY;
    for (let choice = 0; choice < CHOICES; choice++) {
      const place = random.int(this.#underWay.length);
      const candidate = this.#underWay[place];
      if (!candidate || this.#starved.has(`${candidate.delivery.from} ${candidate.delivery.to}`)) continue;
      const harm = this.#harm(candidate);
      if (harm <= bestHarm) continue;
      best = place;
      bestHarm = harm;
    }
    return best;
  }

  #harm({ delivery, messages, pbftHarm }: UnderWay): number {
    const to = this.#place.indexOf(delivery.to) ?? 0;
    const coinOf = (place: { epoch: number; proposer: number; round: number }) =>
      this.#coins.get(`${place.epoch}/${place.proposer}/${place.round}`);
    return messages.reduce((most, message) => Math.max(most, harmOf(message, to, coinOf)), pbftHarm);
  }
}

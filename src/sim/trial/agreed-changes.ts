import { bundleIn, type GroupIdentity, isRecovery } from '../../ledger/index.ts';
import { type ConsensusProofInfo, NodeError } from '../../node/index.ts';
import { faultyLimit } from '../../records/index.ts';
import type { Dealer } from '../dealer.ts';
import { Violation } from '../one-producer.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulatedMachine, World } from '../world.ts';
import type { EngineName } from './byzantine/strategies.ts';
import { type ChangeSource, randomChange } from './changes.ts';
import { isHonest } from './watch.ts';

const REQUESTS_PER_ROUND = 4;
const TICKS_MS = [1_000, 2_000, 3_000];
const TICK_COUNT = 10;
/** Errors that are answers: another request is open, the epoch has passed meanwhile, the machine's disk is full. */
const ANSWERS: ReadonlySet<string> = new Set(['request-open', 'bad-input', 'not-announced', 'stopped', 'storage-full']);
const ANNOUNCED_LIMIT_MS = 120_000;
/** A result that overtook the one before it, as a recovery's may, leaves that one to a later block. */
const RESULTS_LIMIT_MS = 120_000;

export interface AgreedChangesOptions {
  readonly world: World;
  readonly random: SeededRandom;
  readonly groupId: string;
  readonly identity: GroupIdentity;
  readonly owner: SimulatedMachine;
  readonly dealer: Dealer;
  readonly engines: readonly EngineName[];
  readonly epoch: () => number;
  /** Some of the requests are recoveries: most of them after so many producers have gone that nothing is ordered any more. */
  readonly recoveries: boolean;
  readonly fail: (message: string) => void;
}

/** Of recoveries; in the others the producers are still at work. */
const GONE_BEFORE = 0.8;

/** Changes of consensus as an owner asks for them, with all of the agreement; some it gives up, and some nobody can agree on. */
export class AgreedChanges implements ChangeSource {
  readonly #options: AgreedChangesOptions;
  /** Requests that were acknowledged to the owner: id → the id that success was promised under. */
  readonly #acknowledged = new Map<string, string>();

  constructor(options: AgreedChangesOptions) {
    this.#options = options;
  }

  /** Everybody announces itself as a producer, so that all of them can be asked. */
  async begin(): Promise<void> {
    const { world, groupId, owner } = this.#options;
    const isOwner = (machine: SimulatedMachine): boolean => machine === owner;
    for (const machine of world.machines.filter((each) => !isOwner(each))) {
      await world.settled(machine.node.announce(groupId, { action: 'add', type: 'producer', memo: machine.name }));
    }
    const endMs = world.time.nowMs + ANNOUNCED_LIMIT_MS;
    while ((await world.settled(owner.node.announcedProducers(groupId))).length < world.machines.length) {
      if (world.time.nowMs > endMs) throw new Violation('the announcements do not get into the chain');
      await world.run(1_000);
    }
  }

  get isOpen(): boolean {
    const { owner } = this.#options;
    // A faulty one may keep to itself what was agreed on.
    if (!isHonest(owner)) return false;
    const change = owner.isRunning ? owner.node.view().groups[0]?.change : undefined;
    return !owner.isRunning || (change !== undefined && change.phase !== 'done');
  }

  plan(durationMs: number, later: (delayMs: number, run: () => void) => void): void {
    const { random } = this.#options;
    const count = Math.max(1, Math.round(REQUESTS_PER_ROUND * 2 * random.float()));
    for (let number = 0; number < count; number++) {
      const atMs = random.float() * durationMs;
      const isRecovery = this.#options.recoveries && random.chance(0.5);
      if (isRecovery && random.chance(GONE_BEFORE)) later(atMs, () => this.#loseProducers());
      later(atMs + 1, () => this.#ask(isRecovery));
      if (random.chance(0.2)) later(atMs + random.int(20_000), () => this.#giveUp());
    }
  }

  follow(): void {}

  /** Power goes at one more of the present producers than may fail: they come back when the round is over, if not before. */
  #loseProducers(): void {
    const { random, owner, dealer } = this.#options;
    const producers = owner.isRunning ? (owner.node.view().groups[0]?.producers ?? []) : [];
    const machines = producers.flatMap((pubkey) => dealer.machineOf(pubkey) ?? []).filter((machine) => machine !== owner);
    const lost = random.shuffle(machines).slice(0, faultyLimit(producers.length) + 1);
    for (const machine of lost) if (!machine.isOff) machine.crash();
  }

  #ask(recovery: boolean): void {
    const { random, groupId, owner, dealer, epoch, fail } = this.#options;
    const change = randomChange(this.#options, epoch(), recovery ? ({ isRunning }) => isRunning : undefined);
    if (!owner.isRunning || owner.isPaused || change.producers.length === 0) return;
    const wanted = {
      producers: change.producers.map((machine) => dealer.keyOf(machine)),
      startFromEpoch: Math.max(change.startFromEpoch, epoch() + 1),
      trxEpochTickMs: change.intervalMs,
      agreementTickMs: random.pick(TICKS_MS),
      agreementTickCount: TICK_COUNT,
      memo: '',
      encryption: change.encryption,
      engine: change.engine,
      recovery,
    };
    owner.node.changeConsensus(groupId, wanted).then(
      ({ reqId, trxId }) => {
        if (isHonest(owner)) this.#acknowledged.set(reqId, trxId);
      },
      (error: unknown) => {
        if (!(error instanceof NodeError) || !ANSWERS.has(error.code)) fail(`a change is not asked for: ${String(error)}`);
      },
    );
  }

  #giveUp(): void {
    const { groupId, owner } = this.#options;
    const change = owner.isRunning ? owner.node.view().groups[0]?.change : undefined;
    // Its result may come first.
    if (change && !change.result) owner.node.abandonChange(groupId, change.reqId).catch(() => {});
  }

  /** A success that was signed before a recovery is on no chain, if nothing was ordered any more or that was given up. */
  #isOvertaken(proofs: readonly ConsensusProofInfo[]): boolean {
    return this.#options.recoveries && proofs.some(({ req, result }) => req.Contract?.Recovery && result === 'SUCCESS');
  }

  /** Who lacks the result of a request that was acknowledged. */
  async #missing(machines: readonly SimulatedMachine[]): Promise<string | undefined> {
    const { world, groupId } = this.#options;
    for (const { name, node } of machines) {
      const proofs = await world.settled(node.proofHistory(groupId));
      const answered = new Set(proofs.map(({ req }) => req.ReqId));
      const missing = [...this.#acknowledged.keys()].find((reqId) => !answered.has(reqId));
      if (missing !== undefined && !this.#isOvertaken(proofs))
        return `${name} has no result of the acknowledged request ${missing}`;
    }
    return undefined;
  }

  /** Every request that was acknowledged has one result, everywhere, and what was promised for success is there with success only. */
  async compare(machines: readonly SimulatedMachine[]): Promise<void> {
    const { world, groupId, identity } = this.#options;
    const endMs = world.time.nowMs + RESULTS_LIMIT_MS;
    for (let missing = await this.#missing(machines); missing; missing = await this.#missing(machines)) {
      if (world.time.nowMs > endMs) throw new Violation(missing);
      await world.run(1_000);
    }
    for (const [reqId, trxId] of this.#acknowledged) {
      for (const { name, node } of machines) {
        const proofs = await world.settled(node.proofHistory(groupId));
        const proof = proofs.find(({ req }) => req.ReqId === reqId);
        const trx = await world.settled(node.trx(groupId, trxId)).catch(() => undefined);
        // A recovery that was refused is asked for again under the id that it has promised.
        const isAskedAgain = trx !== undefined && isRecovery(bundleIn(trx, identity));
        if ((trx !== undefined) !== (proof?.result === 'SUCCESS') && !isAskedAgain)
          throw new Violation(`${name} has the result ${proof?.result} of ${reqId}, and its trx ${trx ? 'too' : 'not'}`);
      }
    }
  }
}

import {
  type BlockReference,
  type Configuration,
  type Decision,
  type EngineInput,
  HoneyBadger,
  type LogEntry,
  type Member,
  type Step,
  type TimerName,
} from '../../consensus/index.ts';
import { concatBytes, equalBytes, sha256, Trx } from '../../records/index.ts';
import { Violation } from '../one-producer.ts';
import type { SeededRandom } from '../random.ts';
import { type CrankedMachine, type FailPoint, PowerCut } from './crank.ts';

export interface Surroundings {
  readonly configuration: Configuration;
  readonly random: SeededRandom;
  /** All blocks that exist at honest producers, for one that must catch up. */
  blocksUpTo(blockId: number, blockHash: Uint8Array): readonly VirtualBlock[] | undefined;
  send(to: number, data: Uint8Array): void;
  blamed(fault: Step['faults'][number]): void;
  decided(decision: Decision): void;
  made(block: BlockReference): void;
  /** Whether the power fails here. */
  fails(point: FailPoint): boolean;
}

export interface VirtualBlock extends BlockReference {
  readonly trxIds: readonly string[];
}

const MOST_TRXS = 5;
const GENESIS: VirtualBlock = { epoch: 0, blockId: 0, blockHash: new Uint8Array(32), trxIds: [] };

/**
 * What a node does around an engine, as far as the engine can tell: log before word, execute, answer. Its log and its blocks survive a crash;
 * the rest does not.
 */
export class VirtualProducer implements CrankedMachine {
  readonly #surroundings: Surroundings;
  readonly #member: Member;
  readonly #log = new Map<string, Uint8Array>();
  readonly #blocks: VirtualBlock[] = [GENESIS];
  #engine: HoneyBadger | undefined;
  #pool: Trx[] = [];
  readonly timers = new Set<TimerName>();
  /** What it lacks and others have. */
  behind: BlockReference | undefined;
  /** Epochs that it has finished. */
  finished = 0;

  constructor(member: Member, surroundings: Surroundings) {
    this.#member = member;
    this.#surroundings = surroundings;
  }

  get isRunning(): boolean {
    return this.#engine !== undefined;
  }

  get engine(): HoneyBadger {
    if (!this.#engine) throw new Error('the producer is not running');
    return this.#engine;
  }

  get blocks(): readonly VirtualBlock[] {
    return this.#blocks;
  }

  get logEntries(): number {
    return this.#log.size;
  }

  get waitingTrxs(): number {
    return this.#pool.length;
  }

  start(): void {
    this.#engine = new HoneyBadger(this.#surroundings.configuration, this.#member);
    const log: LogEntry[] = [...this.#log].map(([key, data]) => ({ key, data })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const head = this.#head();
    const nextEpoch = Math.max(head.epoch + 1, this.#surroundings.configuration.startEpoch);
    this.input({ type: 'start', log, nextEpoch, blocks: this.#blocks });
  }

  /** The power fails: everything but log and blocks is gone. */
  stop(): void {
    this.#engine = undefined;
    this.#pool = [];
    this.timers.clear();
    this.behind = undefined;
  }

  /** The log is lost too, as with a restored backup. */
  loseLog(): void {
    this.#log.clear();
  }

  post(trx: Trx): void {
    if (this.#blocks.some(({ trxIds }) => trxIds.includes(trx.TrxId)) || this.#pool.some(({ TrxId }) => TrxId === trx.TrxId))
      return;
    this.#pool.push(trx);
    this.input({ type: 'waiting', full: false });
  }

  input(input: EngineInput): void {
    const { fails } = this.#surroundings;
    const step = this.engine.handle(input);
    for (const fault of step.faults) this.#surroundings.blamed(fault);
    if (step.persist.length > 0 && fails('before-log')) throw new PowerCut();
    this.#write(step);
    if (step.persist.length > 0 && fails('after-log')) throw new PowerCut();
    this.#send(step);
    if (step.send.length > 0 && fails('after-send')) throw new PowerCut();
    for (const { name } of step.timers) this.timers.add(name);
    if (step.behind) this.behind = step.behind;
    if (step.defect)
      throw new Violation(`producer ${this.#member.index} has a defect: ${step.defect.kind} in epoch ${step.defect.epoch}`);
    for (const { trx } of step.woken ?? []) this.#receive(trx);
    const [waiting] = this.#pool;
    if (step.wake && waiting) this.input({ type: 'wake', trx: Trx.encode(waiting) });
    if (step.propose) this.#propose(step.propose.epoch, step.propose.randomBytes);
    if (step.output) this.#execute(step.output);
  }

  receive(sender: number, data: Uint8Array): void {
    this.input({ type: 'message', sender, data });
  }

  tend(random: SeededRandom, isIdle: boolean): boolean {
    if (!this.behind || !(isIdle || random.chance(0.05))) return false;
    this.#catchUp(this.behind);
    return true;
  }

  describe(): string {
    return `${this.isRunning ? `epoch ${this.engine.status().epoch}` : 'down'}, finished ${this.finished}`;
  }

  /** Fetches what it lacks from whoever has it. */
  #catchUp(behind: BlockReference): void {
    const blocks = this.#surroundings.blocksUpTo(behind.blockId, behind.blockHash);
    if (!blocks) return;
    this.behind = undefined;
    if (behind.epoch < this.engine.status().epoch) return;
    for (const block of blocks.slice(this.#blocks.length)) {
      this.#blocks.push(block);
      this.#surroundings.made(block);
    }
    if (!equalBytes(this.#head().blockHash, behind.blockHash)) {
      throw new Violation(`producer ${this.#member.index} is to follow another chain than its own`);
    }
    this.#forgetPackaged();
    this.input({ type: 'caught-up', epoch: behind.epoch, blocks: this.#blocks });
    this.finished = Math.max(this.finished, behind.epoch);
    if (this.#pool.length > 0) this.input({ type: 'waiting', full: false });
  }

  /** A trx from outside, which may be anything. */
  #receive(bytes: Uint8Array): void {
    let trx: Trx;
    try {
      trx = Trx.decode(bytes);
    } catch {
      return;
    }
    this.post(trx);
  }

  #head(): VirtualBlock {
    return this.#blocks.at(-1) as VirtualBlock;
  }

  #write(step: Step): void {
    for (const { key, data } of step.persist) this.#log.set(key, data);
    const { forget } = step;
    if (forget === undefined) return;
    for (const key of [...this.#log.keys()]) if (key < forget) this.#log.delete(key);
  }

  #send(step: Step): void {
    const { configuration, send } = this.#surroundings;
    for (const { to, data } of step.send) {
      if (to !== 'all') send(to, data);
      else
        for (let index = 0; index < configuration.producers.length; index++) if (index !== this.#member.index) send(index, data);
    }
  }

  #propose(epoch: number, randomBytes: number): void {
    const { random } = this.#surroundings;
    const trxs = random.shuffle(this.#pool).slice(0, MOST_TRXS);
    const timeNs = BigInt(1_000_000 * epoch + random.int(1_000_000));
    this.input({ type: 'proposal', epoch, proposal: { trxs, timeNs }, random: random.bytes(randomBytes) });
  }

  #execute(decision: Decision): void {
    const { epoch } = decision;
    this.#surroundings.decided(decision);
    const inChain = new Set(this.#blocks.flatMap(({ trxIds }) => trxIds));
    const proposed = decision.proposals.flatMap((proposal) => proposal?.trxs.map(({ TrxId }) => TrxId) ?? []);
    const trxIds = [...new Set(proposed)].filter((trxId) => !inChain.has(trxId)).sort();
    if (trxIds.length > 0) {
      const { blockId, blockHash } = this.#head();
      const text = new TextEncoder().encode(`${epoch}/${trxIds.join('/')}`);
      const block = { epoch, blockId: blockId + 1, blockHash: sha256(concatBytes(blockHash, text)), trxIds };
      this.#blocks.push(block);
      this.#surroundings.made(block);
    }
    this.#forgetPackaged();
    if (this.#surroundings.fails('after-block')) throw new PowerCut();
    const { blockId, blockHash } = this.#head();
    this.finished = Math.max(this.finished, epoch);
    this.input({ type: 'executed', epoch, empty: trxIds.length === 0, head: { blockId, blockHash } });
    if (this.isRunning && this.#pool.length > 0) this.input({ type: 'waiting', full: false });
  }

  #forgetPackaged(): void {
    const inChain = new Set(this.#blocks.flatMap(({ trxIds }) => trxIds));
    this.#pool = this.#pool.filter(({ TrxId }) => !inChain.has(TrxId));
  }
}

import {
  type Configuration,
  type Decision,
  type Engine,
  type EngineInput,
  HoneyBadger,
  proposalLimitBytes,
  type Step,
  type TimerName,
} from '../consensus/index.ts';
import type { Pool } from '../ledger/index.ts';
import type { Block, Trx } from '../records/index.ts';
import { makeBlock, proposedTrxs } from './block-maker.ts';
import type { Chain } from './chain.ts';
import type { Mailbox } from './mailbox.ts';
import type { Clock, Store, Write } from './ports.ts';
import { keyOf, startingWith } from './rows.ts';

export interface ProducerOptions {
  readonly chain: Chain;
  readonly pool: Pool;
  readonly store: Store;
  readonly clock: Clock;
  readonly mailbox: Mailbox;
  readonly signSecret: Uint8Array;
  readonly userPubkey: string;
  /** Rows that go into a block's transaction besides the chain's own. */
  readonly alsoWrite: (block: Block) => Write[];
  /** A block was made and is stored. */
  readonly made: (block: Block) => void;
  /** Trxs were decided and left out of the block. */
  readonly leftOut: (trxs: readonly Trx[]) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A producer at work under one configuration: feeds the engine, does what its steps say, in the order that crash safety asks for
 * (log, then act). All of it runs in the group's mailbox.
 */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #configuration: Configuration;
  readonly #engine: Engine;
  readonly #timers = new Map<TimerName, () => void>();
  #forget: string | undefined;
  #stopped = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#configuration = options.chain.configuration;
    this.#engine = new HoneyBadger(this.#configuration);
  }

  get status(): { epoch: number; resting: boolean } {
    return this.#engine.status();
  }

  /** Goes on where the log says. To be called in the mailbox. */
  async start(): Promise<void> {
    const { store, chain } = this.#options;
    const prefix = this.#logKey('');
    const rows = await store.range('log', startingWith(prefix));
    const log = rows.map(({ key, value }) => ({ key: key.slice(prefix.length), data: value }));
    const nextEpoch = Math.max(chain.head.epoch + 1, this.#configuration.startEpoch);
    await this.#input({ type: 'start', log, nextEpoch });
    await this.#tellWaiting();
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** The pool has grown. */
  trxsWait(): void {
    this.#enqueue(() => this.#tellWaiting());
  }

  async #tellWaiting(): Promise<void> {
    const { pool } = this.#options;
    if (pool.size > 0)
      await this.#input({ type: 'waiting', full: pool.bytes >= proposalLimitBytes(this.#configuration.producers.length) });
  }

  #enqueue(task: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#options.mailbox
      .run(async () => {
        if (!this.#stopped) await task();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.failed(error);
  }

  #logKey(entry: string): string {
    return keyOf.log(this.#options.chain.identity.groupId, this.#configuration.nonce, entry);
  }

  /** One input and everything that follows from it without waiting. */
  async #input(input: EngineInput): Promise<void> {
    const step = this.#engine.handle(input);
    await this.#persist(step);
    for (const timer of step.timers) this.#startTimer(timer.name, timer.delayMs);
    if (step.propose) {
      await this.#input({ type: 'proposal', epoch: step.propose.epoch, proposal: this.#propose(step.propose.limitBytes) });
    }
    if (step.output) {
      const empty = await this.#makeBlock(step.output);
      await this.#input({ type: 'executed', epoch: step.output.epoch, empty });
      await this.#tellWaiting();
    }
  }

  async #persist(step: Step): Promise<void> {
    if (step.forget !== undefined) this.#forget = step.forget;
    if (step.persist.length === 0) return;
    const { store } = this.#options;
    const writes: Write[] = step.persist.map(({ key, data }) => ({ table: 'log', key: this.#logKey(key), value: data }));
    await store.write([...writes, ...(await this.#obsoleteEntries())], 'strict');
    this.#forget = undefined;
  }

  /** Entries below what the engine said it no longer needs go out with the next write. */
  async #obsoleteEntries(): Promise<Write[]> {
    if (this.#forget === undefined) return [];
    const rows = await this.#options.store.range('log', { from: this.#logKey(''), to: this.#logKey(this.#forget) });
    return rows.map(({ key }) => ({ table: 'log', key, value: undefined }));
  }

  #startTimer(name: TimerName, delayMs: number): void {
    this.#timers.get(name)?.();
    this.#timers.set(
      name,
      this.#options.clock.after(delayMs, () => this.#enqueue(() => this.#input({ type: 'timer', name }))),
    );
  }

  /** Proposers stamp the larger of own clock and head's time (consensus.md, "Block time"). */
  #propose(limitBytes: number): { trxs: Trx[]; timeNs: bigint } {
    const { pool, clock, chain, userPubkey } = this.#options;
    const nowNs = clock.nowNs();
    const timeNs = nowNs > chain.head.timeNs ? nowNs : chain.head.timeNs;
    pool.prune(timeNs);
    const trxs = pool.select({
      producerIndex: this.#configuration.producers.indexOf(userPubkey),
      producers: this.#configuration.producers.length,
      intervalMs: this.#configuration.intervalMs,
      nowMs: clock.monotonicMs(),
      nowNs: timeNs,
      limitBytes,
    });
    return { trxs, timeNs };
  }

  /** Executes a decision and stores its block. Answers whether the epoch left no trx, and so no block. */
  async #makeBlock(decision: Decision): Promise<boolean> {
    const { chain, pool, signSecret } = this.#options;
    const made = await makeBlock(chain, decision, signSecret);
    if (made) {
      await chain.stage(made.block, made.execution);
      await chain.flush('strict', this.#options.alsoWrite(made.block));
      this.#options.made(made.block);
    }
    const proposed = proposedTrxs(decision);
    for (const trx of proposed) pool.remove(trx.SenderPubkey, trx.TrxId);
    const kept = new Set(made?.block.Trxs.map((trx) => `${trx.SenderPubkey}/${trx.TrxId}`));
    this.#options.leftOut(proposed.filter((trx) => !kept.has(`${trx.SenderPubkey}/${trx.TrxId}`)));
    return made === undefined;
  }
}

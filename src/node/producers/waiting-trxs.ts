import type { Configuration, Engine, EngineInput, Proposal, Step } from '../../consensus/index.ts';
import { type Pool, whyExcluded } from '../../ledger/index.ts';
import type { Chain } from '../chain.ts';
import type { Clock } from '../ports.ts';

export interface WaitingTrxsOptions {
  readonly engine: Engine;
  readonly configuration: Configuration;
  readonly chain: Chain;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly userPubkey: string;
}

/** The pool as an engine sees it: that something waits, what has waited longest, and what this producer proposes. */
export class WaitingTrxs {
  readonly #options: WaitingTrxsOptions;
  /** The oldest that the engine was told of. */
  #told: string | undefined;

  constructor(options: WaitingTrxsOptions) {
    this.#options = options;
  }

  /** To be told after the pool has grown, and after blocks. */
  inputs(): EngineInput[] {
    const { pool, engine } = this.#options;
    const inputs = this.#oldest();
    if (pool.size > 0) inputs.push({ type: 'waiting', full: pool.bytes >= engine.proposalLimitBytes });
    return inputs;
  }

  #oldest(): EngineInput[] {
    const { pool, engine } = this.#options;
    if (!engine.executesFirst) return [];
    const [first] = pool.oldest(1);
    const trx = first && `${first.SenderPubkey}/${first.TrxId}`;
    if (trx === this.#told) return [];
    this.#told = trx;
    return [{ type: 'oldest', trx }];
  }

  /**
   * Drops what has waited longest for as long as it may enter no block any more: it has expired, or blocks have changed the rules or hold it
   * already. Nobody is to be suspected for not ordering it. Answers what the engine is to be told. In the mailbox.
   */
  async review(): Promise<EngineInput[]> {
    const { pool, engine, chain, clock } = this.#options;
    if (!engine.executesFirst) return [];
    const nowNs = laterOf(clock.nowNs(), chain.tip.timeNs);
    for (;;) {
      const [oldest] = pool.oldest(1);
      if (!oldest || whyExcluded(oldest, await chain.orderContext([oldest], nowNs)) === undefined) return this.#oldest();
      pool.remove(oldest.SenderPubkey, oldest.TrxId);
    }
  }

  /** Proposers stamp the larger of own clock and head's time (consensus.md, "Block time"). */
  proposal({ limitBytes, alone }: NonNullable<Step['propose']>): Proposal {
    const { pool, clock, chain, configuration, userPubkey } = this.#options;
    const timeNs = laterOf(clock.nowNs(), chain.tip.timeNs);
    pool.prune(timeNs);
    const trxs = pool.select({
      producerIndex: alone ? 0 : configuration.producers.indexOf(userPubkey),
      producers: alone ? 1 : configuration.producers.length,
      intervalMs: configuration.intervalMs,
      nowMs: clock.monotonicMs(),
      nowNs: timeNs,
      limitBytes,
    });
    return { trxs, timeNs };
  }
}

const laterOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);

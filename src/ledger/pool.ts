import { sha256, type Trx } from '../records/index.ts';
import { sizeInBlockBytes } from './order.ts';

/** Bounds of a pool, so that a flood of valid trxs cannot take a tab's memory: ten full blocks. */
export const POOL_LIMITS = { bytes: 80 * 1024 * 1024, trxs: 50_000 } as const;

/** A trx may be stamped this far ahead of the larger of own clock and head's time (wire.md, "Times"). */
export const AHEAD_LIMIT_NS = 120_000_000_000n;

interface Waiting {
  readonly trx: Trx;
  readonly sizeBytes: number;
  readonly bucket: bigint;
  readonly arrivedAtMs: number;
}

/** `added`: new here; `known`: the same sender and id wait already; `full`: the pool's limit is reached. */
export type PoolAnswer = 'added' | 'known' | 'full';

const keyOf = (senderPubkey: string, trxId: string): string => `${senderPubkey}/${trxId}`;

/** First 8 bytes of SHA-256(TrxId), big-endian: decides, modulo N, which producer proposes the trx first. */
function bucketNumber(trxId: string): bigint {
  const digest = sha256(new TextEncoder().encode(trxId));
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
}

/** The valid trxs that wait for a block, oldest first. Whether a trx is valid its caller has checked. */
export class Pool {
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  get size(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(senderPubkey: string, trxId: string): Trx | undefined {
    return this.#waiting.get(keyOf(senderPubkey, trxId))?.trx;
  }

  /** Takes a trx in. One of the same sender and id stays, unless it has expired by `nowNs` (its sender has signed it again). */
  add(trx: Trx, arrivedAtMs: number, nowNs: bigint): PoolAnswer {
    const key = keyOf(trx.SenderPubkey, trx.TrxId);
    const present = this.#waiting.get(key);
    if (present && present.trx.Expired > nowNs) return 'known';
    if (present) this.remove(trx.SenderPubkey, trx.TrxId);
    const sizeBytes = sizeInBlockBytes(trx);
    if (this.#waiting.size >= POOL_LIMITS.trxs || this.#bytes + sizeBytes > POOL_LIMITS.bytes) return 'full';
    this.#waiting.set(key, { trx, sizeBytes, bucket: bucketNumber(trx.TrxId), arrivedAtMs });
    this.#bytes += sizeBytes;
    return 'added';
  }

  remove(senderPubkey: string, trxId: string): void {
    const key = keyOf(senderPubkey, trxId);
    const present = this.#waiting.get(key);
    if (!present) return;
    this.#waiting.delete(key);
    this.#bytes -= present.sizeBytes;
  }

  clear(): void {
    this.#waiting.clear();
    this.#bytes = 0;
  }

  /** The `count` that have waited longest. */
  oldest(count: number): Trx[] {
    const oldest: Trx[] = [];
    for (const { trx } of this.#waiting.values()) {
      if (oldest.length === count) break;
      oldest.push(trx);
    }
    return oldest;
  }

  /** Drops what no longer may enter a block: in the chain, or expired by `nowNs`. */
  prune(nowNs: bigint): void {
    for (const { trx } of [...this.#waiting.values()]) {
      if (trx.Expired <= nowNs) this.remove(trx.SenderPubkey, trx.TrxId);
    }
  }

  /**
   * What a producer proposes: its own bucket first, then whatever has waited two plain intervals, oldest first, up to `limitBytes`
   * (consensus.md, "What to propose"). With one producer every trx is of its bucket.
   */
  select(options: {
    producerIndex: number;
    producers: number;
    intervalMs: number;
    nowMs: number;
    nowNs: bigint;
    limitBytes: number;
  }): Trx[] {
    const own: Waiting[] = [];
    const overdue: Waiting[] = [];
    for (const waiting of this.#waiting.values()) {
      if (waiting.trx.Expired <= options.nowNs) continue;
      if (waiting.bucket % BigInt(options.producers) === BigInt(options.producerIndex)) own.push(waiting);
      else if (options.nowMs - waiting.arrivedAtMs >= 2 * options.intervalMs) overdue.push(waiting);
    }
    const chosen: Trx[] = [];
    let left = options.limitBytes;
    for (const { trx, sizeBytes } of [...own, ...overdue]) {
      if (sizeBytes > left) continue;
      left -= sizeBytes;
      chosen.push(trx);
    }
    return chosen;
  }
}

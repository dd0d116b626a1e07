import { LIMITS, Trx, TrxType } from '../records/index.ts';
import type { Store, Write } from './ports.ts';
import { keyOf, OutboxRow, startingWith } from './rows.ts';
import type { Notice, OwnPost } from './view.ts';

/** Waits before a trx that is not final yet is sent again; the last one repeats. */
const RESEND_AFTER_MS = [5_000, 10_000, 20_000, 40_000, 60_000] as const;

interface Entry {
  readonly row: OutboxRow;
  readonly trx: Trx;
  /** Times it was handed to the network. */
  readonly sent: number;
  readonly dueAtMs: number;
  /** Whether some member was there to hear it. */
  readonly reached: boolean;
}

/** A trx is valid by default for the larger of 30 s and ten epoch intervals, at most 60 min (wire.md, "Times"). */
export function lifetimeNs(intervalMs: number): bigint {
  return BigInt(Math.min(Math.max(30_000, 10 * intervalMs), 3_600_000)) * 1_000_000n;
}

/**
 * This node's own trxs that are not final yet. One is acknowledged once it is stored here; it leaves only as final or by its author's
 * hand (architecture.md, "Trx status").
 */
export class Outbox {
  readonly #store: Store;
  readonly #groupId: string;
  readonly #entries = new Map<string, Entry>();

  constructor(store: Store, groupId: string) {
    this.#store = store;
    this.#groupId = groupId;
  }

  async load(): Promise<void> {
    this.#entries.clear();
    for (const { value } of await this.#store.range('outbox', startingWith(keyOf.outbox(this.#groupId, '')))) {
      const row = OutboxRow.decode(value);
      if (row.Trx) this.#entries.set(row.Trx.TrxId, { row, trx: row.Trx, sent: 0, dueAtMs: 0, reached: false });
    }
  }

  get(trxId: string): Trx | undefined {
    return this.#entries.get(trxId)?.trx;
  }

  reasonOf(trxId: string): Notice | undefined {
    const row = this.#entries.get(trxId)?.row;
    return row?.InvalidCode ? { code: row.InvalidCode, message: row.InvalidReason } : undefined;
  }

  /** Stores a trx, or a newer signing of it, durably. */
  async put(row: OutboxRow & { readonly Trx: Trx }): Promise<void> {
    await this.#store.write([this.#write(row)], 'strict');
    this.#entries.set(row.Trx.TrxId, { row, trx: row.Trx, sent: 0, dueAtMs: 0, reached: false });
  }

  #write(row: OutboxRow & { readonly Trx: Trx }): Write {
    return { table: 'outbox', key: keyOf.outbox(this.#groupId, row.Trx.TrxId), value: OutboxRow.encode(row) };
  }

  /** The rows to delete with a block that made these trxs final; {@link forget} follows once that is stored. */
  writesFor(trxs: readonly Trx[], userPubkey: string): Write[] {
    const own = trxs.filter((trx) => trx.SenderPubkey === userPubkey && this.#entries.has(trx.TrxId));
    return own.map((trx) => ({ table: 'outbox', key: keyOf.outbox(this.#groupId, trx.TrxId), value: undefined }));
  }

  /** Rows to put with a recovery that took the blocks with these back; {@link takeBack} follows once that is stored. */
  writesBack(rows: readonly (OutboxRow & { readonly Trx: Trx })[]): Write[] {
    return rows.map((row) => this.#write(row));
  }

  takeBack(rows: readonly (OutboxRow & { readonly Trx: Trx })[]): void {
    for (const row of rows) this.#entries.set(row.Trx.TrxId, { row, trx: row.Trx, sent: 0, dueAtMs: 0, reached: false });
  }

  /** Answers those that were here. */
  forget(trxs: readonly Trx[], userPubkey: string): Trx[] {
    return trxs.filter((trx) => trx.SenderPubkey === userPubkey && this.#entries.delete(trx.TrxId));
  }

  async discard(trxId: string): Promise<boolean> {
    if (!this.#entries.has(trxId)) return false;
    await this.#store.write([{ table: 'outbox', key: keyOf.outbox(this.#groupId, trxId), value: undefined }], 'strict');
    return this.#entries.delete(trxId);
  }

  /** The trx can never be accepted as it is: kept for its author to see, not sent again. */
  async markInvalid(trxId: string, reason: Notice): Promise<void> {
    const entry = this.#entries.get(trxId);
    if (!entry) return;
    const row = { ...entry.row, Trx: entry.trx, InvalidCode: reason.code, InvalidReason: reason.message };
    await this.#store.write([this.#write(row)], 'strict');
    this.#entries.set(trxId, { ...entry, row });
  }

  /** Entries that may still be accepted, oldest first. */
  #open(): Entry[] {
    const byAge = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
    return [...this.#entries.values()]
      .filter(({ row }) => !row.InvalidCode)
      .sort((a, b) => byAge(a.row.CreatedAt, b.row.CreatedAt) || byAge(a.trx.TimeStamp, b.trx.TimeStamp));
  }

  /** Trxs whose time to be sent (again) has come, oldest first. */
  due(nowMs: number): OutboxRow[] {
    return this.#open()
      .filter(({ dueAtMs }) => dueAtMs <= nowMs)
      .map(({ row }) => row);
  }

  /** Trxs on their way that are no posts, oldest first. */
  items(): Trx[] {
    return this.#open().flatMap(({ trx }) => (trx.Type === TrxType.POST ? [] : [trx]));
  }

  /** It is on its way to the network: due again in a while. */
  sent(trxId: string, nowMs: number): void {
    const entry = this.#entries.get(trxId);
    if (!entry) return;
    const wait = RESEND_AFTER_MS[Math.min(entry.sent, RESEND_AFTER_MS.length - 1)] ?? 0;
    this.#entries.set(trxId, { ...entry, sent: entry.sent + 1, dueAtMs: nowMs + wait });
  }

  /** Some member was there to hear these. */
  reached(trxIds: readonly string[]): void {
    for (const trxId of trxIds) {
      const entry = this.#entries.get(trxId);
      if (entry) this.#entries.set(trxId, { ...entry, reached: true });
    }
  }

  /** Somebody who may not have them has come: all are due now. */
  sendAllAgain(): void {
    for (const [trxId, entry] of this.#entries) this.#entries.set(trxId, { ...entry, sent: 0, dueAtMs: 0 });
  }

  /** For people, oldest first. */
  posts(): OwnPost[] {
    const posts = [...this.#entries.values()].filter(({ trx }) => trx.Type === TrxType.POST);
    return posts
      .map(({ row, trx, reached }): OwnPost => {
        const reason = this.reasonOf(trx.TrxId);
        return {
          trxId: trx.TrxId,
          content: new TextDecoder().decode(row.Content),
          state: reason ? 'invalid' : reached ? 'pending' : 'sending',
          createdAtMs: Number(row.CreatedAt / 1_000_000n),
          ...(reason && { reason }),
        };
      })
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
  }
}

/** Splits trxs into those that fit gossip messages together, in order, and those too large for any. */
export function packForGossip(trxs: readonly Trx[], payloadBytes: number): { bundles: Trx[][]; large: Trx[] } {
  const bundles: Trx[][] = [];
  const large: Trx[] = [];
  let left = 0;
  for (const trx of trxs) {
    const sizeBytes = Trx.encode(trx).length + LENGTH_PREFIX_BYTES;
    if (sizeBytes > payloadBytes) {
      large.push(trx);
      continue;
    }
    if (sizeBytes > left) {
      bundles.push([]);
      left = payloadBytes;
    }
    bundles.at(-1)?.push(trx);
    left -= sizeBytes;
  }
  return { bundles, large };
}

/** Key and length of a record inside a bundle. */
const LENGTH_PREFIX_BYTES = 8;

/** Bytes of plain post that fit into a trx's `Data` in a public group: nonce and tag of AES-GCM come on top. */
export const PUBLIC_POST_LIMIT_BYTES = LIMITS.trxDataBytes - 28;

import { type GroupBroadcast, LIMITS, SyncRequestKind, SyncResponse, type Trx } from '../records/index.ts';
import { sealRequest } from './envelope.ts';
import { connectedPeers } from './known-keys.ts';
import type { PeerId, Ports } from './ports.ts';

export interface LargeTrxsOptions {
  readonly ports: Ports;
  readonly topic: string;
  readonly cipherKey: Uint8Array;
  readonly hasTrx: (senderPubkey: string, trxId: string) => boolean;
  /** Made for this group, and signed by the key that it names. */
  readonly isGenuine: (trx: Trx) => boolean;
  /** Takes in a genuine trx. */
  readonly take: (trx: Trx) => Promise<void>;
}

/** Trxs fetched at once; some of them from members that have served one, some from others: to serve one small trx is easy, so it must not be worth all places. */
const FETCHES_MAX = 8;
const PROVED_FETCHES_MAX = 6;
const UNPROVED_FETCHES_MAX = 4;
/** Members that are waited on, and trxs of each: what one tells of beyond is told of again. */
const SOURCES_MAX = 64;
const WAITING_MAX = 8;
/** Time for a trx to come; from a member that has not served one yet, what a slow line needs for one of full size. */
const PROVED_TIMEOUT_MS = 20_000;
const UNPROVED_TIMEOUT_MS = 5_000;
/** A member that does not serve waits this long for its next turn, each time twice as long. */
const FIRST_BACKOFF_MS = 5_000;
const BACKOFF_CAP_MS = 60_000;

interface Told {
  readonly trxId: string;
  readonly senderPubkey: string;
}

interface Source {
  /** By sender and id, in the order in which they were told of. */
  readonly waiting: Map<string, Told>;
  isBusy: boolean;
  /** It has served a trx, and nothing else since. */
  isProved: boolean;
  failures: number;
  /** By the monotonic clock. */
  notBeforeMs: number;
}

/**
 * Trxs that are too large for gossip: their sender tells of them, and they are fetched from it. Places are shared by source, so that members that tell and do not
 * serve keep nobody's posts away: one fetch for each, soon given up, and those that serve have places of their own.
 */
export class LargeTrxs {
  readonly #options: LargeTrxsOptions;
  readonly #sources = new Map<PeerId, Source>();
  #isStopped = false;

  constructor(options: LargeTrxsOptions) {
    this.#options = options;
  }

  /** A member tells of a trx that it has. */
  told({ Id: trxId, Sender: senderPubkey, SizeBytes: sizeBytes }: GroupBroadcast, from: PeerId): void {
    if (sizeBytes > LIMITS.trxDataBytes + LIMITS.trxOverheadBytes || this.#options.hasTrx(senderPubkey, trxId)) return;
    const source = this.#sources.get(from) ?? this.#newSource(from);
    const key = `${senderPubkey}/${trxId}`;
    if (!source.waiting.has(key) && source.waiting.size >= WAITING_MAX) return;
    source.waiting.set(key, { trxId, senderPubkey });
    this.#next();
  }

  /** Once a second: whose wait is over has its turn. */
  tick(): void {
    this.#next();
  }

  stop(): void {
    this.#isStopped = true;
    this.#sources.clear();
  }

  #newSource(peerId: PeerId): Source {
    if (this.#sources.size >= SOURCES_MAX) this.#forgetWorst();
    const made: Source = {
      waiting: new Map(),
      isBusy: false,
      isProved: false,
      failures: 0,
      notBeforeMs: Number.NEGATIVE_INFINITY,
    };
    this.#sources.set(peerId, made);
    return made;
  }

  /** Whoever serves is kept longest, then whoever is connected; of equals the one that was known longest goes. */
  #forgetWorst(): void {
    const idle = [...this.#sources].filter(([, { isBusy }]) => !isBusy);
    const rank = this.#ranking();
    const worst = idle.sort((a, b) => rank(b) - rank(a))[0];
    if (worst !== undefined) this.#sources.delete(worst[0]);
  }

  /** Ranks sources as they are now: the lower the better. A member that nobody is connected to may be made up. */
  #ranking(): (source: readonly [PeerId, Source]) => number {
    const connected = connectedPeers(this.#options.ports.network);
    return ([peerId, { isProved, failures }]) =>
      (isProved ? 0 : 1_000) + (connected.has(peerId) ? 0 : 500) + Math.min(failures, 400);
  }

  #next(): void {
    const nowMs = this.#options.ports.clock.monotonicMs();
    const ready = [...this.#sources].filter(
      ([, { waiting, isBusy, notBeforeMs }]) => waiting.size > 0 && !isBusy && notBeforeMs <= nowMs,
    );
    // Every second, and nearly always nobody waits.
    if (ready.length === 0) return;
    const rank = this.#ranking();
    for (const [peerId, source] of ready.sort((a, b) => rank(a) - rank(b))) {
      const busy = [...this.#sources.values()].filter(({ isBusy }) => isBusy);
      const unproved = busy.filter(({ isProved }) => !isProved).length;
      if (busy.length >= FETCHES_MAX) return;
      const hasPlace = source.isProved ? busy.length - unproved < PROVED_FETCHES_MAX : unproved < UNPROVED_FETCHES_MAX;
      if (hasPlace) void this.#fetch(peerId, source);
    }
  }

  async #fetch(peerId: PeerId, source: Source): Promise<void> {
    const { ports, hasTrx } = this.#options;
    const [[key, told] = [undefined, undefined]] = source.waiting;
    if (key === undefined) return;
    source.waiting.delete(key);
    if (hasTrx(told.senderPubkey, told.trxId)) return;
    source.isBusy = true;
    const hasServed = await this.#fetchFrom(peerId, source, told).catch(() => false);
    source.isBusy = false;
    if (this.#isStopped) return;
    source.isProved = hasServed;
    source.failures = hasServed ? 0 : source.failures + 1;
    const waitMs = hasServed ? 0 : Math.min(BACKOFF_CAP_MS, FIRST_BACKOFF_MS * 2 ** (source.failures - 1));
    source.notBeforeMs = ports.clock.monotonicMs() + waitMs;
    // Last in the line of its like.
    if (this.#sources.delete(peerId)) this.#sources.set(peerId, source);
    this.#next();
  }

  /** Answers whether it served. Rejects when it did not answer; its sender tells of the trx again until that is final, so this is only a delay. */
  async #fetchFrom(peerId: PeerId, { isProved }: Source, { trxId, senderPubkey }: Told): Promise<boolean> {
    const { ports, topic, cipherKey, isGenuine, take } = this.#options;
    const request = {
      Kind: SyncRequestKind.TRX,
      Blocks: undefined,
      TrxId: trxId,
      SenderPubkey: senderPubkey,
      PeerId: ports.network.state().peerId ?? '',
      Waiting: false,
    };
    const data = await ports.network.request(peerId, sealRequest(topic, cipherKey, request, ports.random), {
      timeoutMs: isProved ? PROVED_TIMEOUT_MS : UNPROVED_TIMEOUT_MS,
      maxBytes: 2 * LIMITS.trxDataBytes,
    });
    const trx = SyncResponse.decode(data).Trx;
    if (!trx || this.#isStopped) return false;
    // Not by its hash: its sender may have signed it again since it told of it.
    if (trx.SenderPubkey !== senderPubkey || trx.TrxId !== trxId || !isGenuine(trx)) {
      ports.network.penalize(peerId, 'it told of a trx and gave another');
      return false;
    }
    await take(trx);
    return true;
  }
}

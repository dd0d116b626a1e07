/**
 * What we hold against each peer. Points come from records that no honest node sends and fade with time; a peer with too many is
 * cut off: its connections are closed, its messages ignored and dials refused, each time for longer.
 */
import type { PeerId } from '../node/ports.ts';

/** Points at which a peer is cut off: one damaged record can be an accident of versions, this many are not. */
export const CUT_OFF_POINTS = 10;
/** Points for bytes on a stream that break its protocol. */
export const VIOLATION_POINTS = 3;
/** Points halve in this time. */
const HALF_LIFE_MS = 2 * 60_000;
/** How long the first cut-off lasts; each further one twice as long. */
const FIRST_CUT_OFF_MS = 5 * 60_000;
const LONGEST_CUT_OFF_MS = 60 * 60_000;
/** Peers remembered at most: an attacker can make identities without end, our memory has one. */
const REMEMBERED_PEERS = 1_000;

interface Record {
  points: number;
  atMs: number;
  cutOffUntilMs: number;
  cutOffs: number;
}

export class Reputation {
  readonly #nowMs: () => number;
  readonly #cutOff: (peer: PeerId, reason: string) => void;
  readonly #records = new Map<PeerId, Record>();

  /** @param cutOff called when a peer crosses the threshold */
  constructor(nowMs: () => number, cutOff: (peer: PeerId, reason: string) => void) {
    this.#nowMs = nowMs;
    this.#cutOff = cutOff;
  }

  penalize(peer: PeerId, reason: string, points = 1): void {
    const nowMs = this.#nowMs();
    const record = this.#records.get(peer) ?? { points: 0, atMs: nowMs, cutOffUntilMs: Number.NEGATIVE_INFINITY, cutOffs: 0 };
    record.points = faded(record, nowMs) + points;
    record.atMs = nowMs;
    // Newest last, so that the oldest is what goes when there are too many.
    this.#records.delete(peer);
    this.#records.set(peer, record);
    if (this.#records.size > REMEMBERED_PEERS) this.#forgetOldest(nowMs);
    if (record.points < CUT_OFF_POINTS || record.cutOffUntilMs > nowMs) return;
    record.cutOffUntilMs = nowMs + Math.min(LONGEST_CUT_OFF_MS, FIRST_CUT_OFF_MS * 2 ** record.cutOffs);
    record.cutOffs++;
    record.points = 0;
    this.#cutOff(peer, reason);
  }

  /** Points held against the peer now. */
  points(peer: PeerId): number {
    const record = this.#records.get(peer);
    return record === undefined ? 0 : faded(record, this.#nowMs());
  }

  isCutOff(peer: PeerId): boolean {
    const record = this.#records.get(peer);
    return record !== undefined && record.cutOffUntilMs > this.#nowMs();
  }

  /** Forgets the oldest peer that is not cut off, or the oldest of all. */
  #forgetOldest(nowMs: number): void {
    for (const [peer, record] of this.#records) {
      if (record.cutOffUntilMs > nowMs) continue;
      this.#records.delete(peer);
      return;
    }
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }
}

function faded(record: Record, nowMs: number): number {
  return record.points * 0.5 ** ((nowMs - record.atMs) / HALF_LIFE_MS);
}

import { faultyLimit } from '../records/index.ts';
import type { PeerId } from './ports.ts';

/** A member of the group as its presence tells. */
export interface Member {
  readonly peerId: PeerId;
  readonly pubkey: string;
  readonly headBlock: number;
  readonly headHash: Uint8Array;
  /** Of the configuration that sealed its newest final block. */
  readonly configNonce: number;
  /** As in its presence: above 0 it says that it has lost its log, and speaks under no lower nonce. */
  readonly silentBelow: number;
  readonly epoch: number;
  /** Its clock minus ours when its newest beacon came, in nanoseconds (its way here included). */
  readonly clockOffsetNs: bigint;
  readonly heardAtMs: number;
}

/** A member not heard of for this long, and not connected, is gone. */
export const MEMBER_SILENCE_MS = 60_000;
/** Members remembered at once: a flood of made-up presences must not grow. */
const MEMBERS_LIMIT = 500;

/** Who is there, by peer id. */
export class Members {
  readonly #members = new Map<PeerId, Member>();
  readonly #leastNonce: () => number;
  /** By public key, also of those who are gone; the longest silent first. */
  readonly #heardAtMs = new Map<string, number>();

  /** `leastNonce`: heads of lower configurations count for nothing, since along one chain the nonce never falls. */
  constructor(leastNonce: () => number = () => 0) {
    this.#leastNonce = leastNonce;
  }

  /** Takes in what a beacon says. Answers whether the member is new (or was gone). */
  heard(member: Member): boolean {
    const known = this.#members.has(member.peerId);
    if (!known && this.#members.size >= MEMBERS_LIMIT) return false;
    this.#members.set(member.peerId, member);
    this.#remember(member);
    return !known;
  }

  #remember({ pubkey, heardAtMs }: Member): void {
    this.#heardAtMs.delete(pubkey);
    this.#heardAtMs.set(pubkey, heardAtMs);
    const [longestSilent] = this.#heardAtMs.keys();
    if (this.#heardAtMs.size > MEMBERS_LIMIT && longestSilent !== undefined) this.#heardAtMs.delete(longestSilent);
  }

  /** When a member last told of itself under this key, by the monotonic clock; also of one that is gone. */
  lastHeardMs(pubkey: string): number | undefined {
    return this.#heardAtMs.get(pubkey);
  }

  /** The member proved to hold less than it said. */
  correctHead(peerId: PeerId, headBlock: number): void {
    const member = this.#members.get(peerId);
    if (member) this.#members.set(peerId, { ...member, headBlock });
  }

  get(peerId: PeerId): Member | undefined {
    return this.#members.get(peerId);
  }

  remove(peerId: PeerId): boolean {
    return this.#members.delete(peerId);
  }

  /** Drops members that fell silent and are not connected; answers whether any was. */
  expire(nowMs: number, isConnected: (peerId: PeerId) => boolean): boolean {
    let dropped = false;
    for (const { peerId, heardAtMs } of [...this.#members.values()]) {
      if (nowMs - heardAtMs < MEMBER_SILENCE_MS || isConnected(peerId)) continue;
      this.#members.delete(peerId);
      dropped = true;
    }
    return dropped;
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  /** The newest epoch that more than f of these producers tell of; 0 where too few are heard. What fewer tell may be a lie. */
  epochOf(producers: readonly string[]): number {
    const epochs = new Map<string, number>();
    for (const { pubkey, epoch } of this.all()) {
      if (!producers.includes(pubkey)) continue;
      // Of several that say to be one producer, the one that says less.
      epochs.set(pubkey, Math.min(epoch, epochs.get(pubkey) ?? epoch));
    }
    const descending = [...epochs.values()].sort((a, b) => b - a);
    return descending[faultyLimit(producers.length)] ?? 0;
  }

  /** Whether whoever tells of itself under this key says to be silent under this nonce: where one does not, the key is at work. */
  isSilent(pubkey: string, nonce: number): boolean {
    const said = this.all().filter((member) => member.pubkey === pubkey);
    return said.length > 0 && said.every(({ silentBelow }) => silentBelow === nonce + 1);
  }

  /** Members whose heads may be above the own one on the same chain. */
  onOurChain(): Member[] {
    const leastNonce = this.#leastNonce();
    return this.all().filter(({ configNonce }) => configNonce >= leastNonce);
  }

  /** The newest block that any of them tells of. */
  newestHead(): number {
    return this.onOurChain().reduce((newest, member) => Math.max(newest, member.headBlock), 0);
  }
}

/** Lower median; 0 of none. */
export function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
}

import { faultyLimit } from '../records/index.ts';
import type { PeerId } from './ports.ts';

/** A member of the group as its presence tells. */
export interface Member {
  readonly peerId: PeerId;
  readonly pubkey: string;
  /** The presence is signed with this key (N-15); otherwise anybody may have made it. */
  readonly isProved: boolean;
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

export interface MembersOptions {
  /** This node's own key: what says to be it without signing is nobody. */
  readonly ownPubkey: string;
  /** Heads of lower configurations count for nothing, since along one chain the nonce never falls. */
  readonly leastNonce: () => number;
  /** Producers in force and next, and the owner: whom a group cannot do without. */
  readonly isNeeded: (pubkey: string) => boolean;
  readonly connected: () => ReadonlySet<PeerId>;
}

/** A member not heard of for this long, and not connected, is gone. */
export const MEMBER_SILENCE_MS = 60_000;
/**
 * Members remembered at once, by class, so that made-up ones take no real one's place: whom the group needs and whose key has said so; who is connected; all
 * others. A class that is full forgets the one that was silent longest, of those that nobody is proved to be first.
 */
const CLASS_LIMITS = { needed: 96, connected: 200, others: 200 } as const;
/** Peers that one key may be at: tabs that were closed, a copy that runs elsewhere. */
const PEERS_OF_KEY_MAX = 4;
/** Keys whose last sign of life is remembered. */
const HEARD_KEYS_MAX = 500;

type Class = keyof typeof CLASS_LIMITS;
const NOBODY: ReadonlySet<PeerId> = new Set();

/** Who is there, by peer id. */
export class Members {
  readonly #options: MembersOptions;
  /** The one that was heard last at the end. */
  readonly #members = new Map<PeerId, Member>();
  /** By public key, also of those who are gone; the longest silent first. */
  readonly #heardAtMs = new Map<string, { readonly atMs: number; readonly isProved: boolean }>();

  constructor(options: Partial<MembersOptions> = {}) {
    this.#options = { ownPubkey: '', leastNonce: () => 0, isNeeded: () => false, connected: () => NOBODY, ...options };
  }

  /** Takes in what a beacon says. Answers whether the member is new (or was gone). */
  heard(member: Member): boolean {
    const known = this.#members.delete(member.peerId);
    this.#members.set(member.peerId, member);
    this.#remember(member);
    this.#makeRoom(member);
    return !known;
  }

  #classOf({ peerId, pubkey, isProved }: Member, connected: ReadonlySet<PeerId>): Class {
    if (isProved && this.#options.isNeeded(pubkey)) return 'needed';
    return connected.has(peerId) ? 'connected' : 'others';
  }

  #makeRoom(newest: Member): void {
    if (this.#members.size <= PEERS_OF_KEY_MAX) return;
    const connected = this.#options.connected();
    const name = this.#classOf(newest, connected);
    const ofClass = this.all().filter((member) => this.#classOf(member, connected) === name);
    const ofKey = name === 'needed' ? ofClass.filter(({ pubkey }) => pubkey === newest.pubkey) : [];
    const full = ofKey.length > PEERS_OF_KEY_MAX ? ofKey : ofClass.length > CLASS_LIMITS[name] ? ofClass : [];
    const goes = full.find(({ isProved }) => !isProved) ?? full[0];
    if (goes !== undefined) this.#members.delete(goes.peerId);
  }

  /** What is proved is not replaced by what anybody may say. */
  #remember({ pubkey, heardAtMs: atMs, isProved }: Member): void {
    if (!isProved && this.#heardAtMs.get(pubkey)?.isProved) return;
    this.#heardAtMs.delete(pubkey);
    this.#heardAtMs.set(pubkey, { atMs, isProved });
    const [longestSilent] = this.#heardAtMs.keys();
    if (this.#heardAtMs.size > HEARD_KEYS_MAX && longestSilent !== undefined) this.#heardAtMs.delete(longestSilent);
  }

  /** When a member last told of itself under this key, by the monotonic clock; also of one that is gone. */
  lastHeardMs(pubkey: string): number | undefined {
    return this.#heardAtMs.get(pubkey)?.atMs;
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
  expire(nowMs: number): boolean {
    let dropped = false;
    const connected = this.#options.connected();
    for (const { peerId, heardAtMs } of this.all()) {
      if (nowMs - heardAtMs < MEMBER_SILENCE_MS || connected.has(peerId)) continue;
      this.#members.delete(peerId);
      dropped = true;
    }
    return dropped;
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  /**
   * Who tells of itself under this key: those whose presence is signed with it; only where that key was never seen to sign one (older software does not),
   * whoever says to be it.
   */
  ofKey(pubkey: string): Member[] {
    const said = this.all().filter((member) => member.pubkey === pubkey);
    const signs = pubkey === this.#options.ownPubkey || this.#heardAtMs.get(pubkey)?.isProved;
    return signs ? said.filter(({ isProved }) => isProved) : said;
  }

  /** The newest epoch that more than f of these producers tell of; 0 where too few are heard. What fewer tell may be a lie. */
  epochOf(producers: readonly string[]): number {
    return this.#moreThanFaulty(producers, ({ epoch }) => epoch);
  }

  /** The newest head that more than f of these producers tell of; 0 where too few are heard. */
  headOf(producers: readonly string[]): number {
    return this.#moreThanFaulty(producers, ({ headBlock }) => headBlock);
  }

  /** The newest head that anybody tells of. It may be made up. */
  claimedHead(): number {
    return Math.max(0, ...this.onOurChain().map(({ headBlock }) => headBlock));
  }

  /** The largest value that f+1 of them reach: at least one of those is honest. */
  #moreThanFaulty(producers: readonly string[], told: (member: Member) => number): number {
    const values = producers.flatMap((pubkey) => {
      const said = this.ofKey(pubkey).map(told);
      // Of several that say to be one producer, the one that says less.
      return said.length > 0 ? [Math.min(...said)] : [];
    });
    return values.sort((a, b) => b - a)[faultyLimit(producers.length)] ?? 0;
  }

  /** Whether whoever tells of itself under this key says to be silent under this nonce: where one does not, the key is at work. */
  isSilent(pubkey: string, nonce: number): boolean {
    const said = this.ofKey(pubkey);
    return said.length > 0 && said.every(({ silentBelow }) => silentBelow === nonce + 1);
  }

  /** Members whose heads may be above the own one on the same chain. */
  onOurChain(): Member[] {
    const leastNonce = this.#options.leastNonce();
    return this.all().filter(({ configNonce }) => configNonce >= leastNonce);
  }
}

/** Lower median; 0 of none. */
export function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
}

import type { Member, Members } from './members.ts';
import type { Clock, PeerId } from './ports.ts';

export interface SyncSourcesOptions {
  readonly members: Members;
  readonly clock: Clock;
  readonly isNeeded: (pubkey: string) => boolean;
  readonly connected: () => ReadonlySet<PeerId>;
}

/** A source that fails waits so long for its next turn, each time twice as long; one that gave wrong blocks waits the longest wait. None is shut out. */
const FIRST_BACKOFF_MS = 1_000;
const BACKOFF_CAP_MS = 30_000;
/** What fails counts against a rank: above every difference of class. */
const RANK_OF_FAILURE = 10;

interface Source {
  /** Blocks of it were verified and stored. */
  hasServed: boolean;
  failures: number;
  notBeforeMs: number;
  isBusy: boolean;
}

/**
 * Members as sources of blocks. A head is only claimed: whoever has served blocks that verified comes first, then whose key says so for itself, then who is
 * connected; whoever was silent or wrong waits a while.
 */
export class SyncSources {
  readonly #options: SyncSourcesOptions;
  readonly #sources = new Map<PeerId, Source>();

  constructor(options: SyncSourcesOptions) {
    this.#options = options;
  }

  /** Members that may be asked for this block now, best first, and whether each has proved anything. */
  ready(blockId: number): { readonly member: Member; readonly isTrusted: boolean }[] {
    const nowMs = this.#options.clock.monotonicMs();
    const connected = this.#options.connected();
    this.#forgetGone();
    return this.#options.members
      .onOurChain()
      .filter(({ peerId, headBlock }) => {
        const source = this.#sources.get(peerId);
        return headBlock >= blockId && !source?.isBusy && (source?.notBeforeMs ?? 0) <= nowMs;
      })
      .sort((a, b) => this.#rank(a, connected) - this.#rank(b, connected) || b.headBlock - a.headBlock)
      .map((member) => ({ member, isTrusted: this.isTrusted(member) }));
  }

  /** Whether a source is asked for more than the next blocks, and waited for longer. */
  isTrusted(member: Member): boolean {
    const source = this.#sources.get(member.peerId);
    if ((source?.failures ?? 0) > 1) return false;
    return source?.hasServed === true || (member.isProved && this.#options.isNeeded(member.pubkey));
  }

  /** The newest block that any of them tells of, who has not failed to show it. */
  newestClaimed(): number {
    const honest = this.#options.members.onOurChain().filter(({ peerId }) => (this.#sources.get(peerId)?.failures ?? 0) === 0);
    return Math.max(0, ...honest.map(({ headBlock }) => headBlock));
  }

  asked(peerId: PeerId): void {
    this.#source(peerId).isBusy = true;
  }

  /** It has answered with blocks; what they are worth is still to be seen. */
  answered(peerId: PeerId): void {
    this.#source(peerId).isBusy = false;
  }

  served(peerId: PeerId): void {
    const source = this.#source(peerId);
    source.hasServed = true;
    source.failures = 0;
  }

  failed(peerId: PeerId, isWrong: boolean): void {
    const source = this.#source(peerId);
    source.isBusy = false;
    source.failures += 1;
    if (isWrong) source.hasServed = false;
    const waitMs = isWrong ? BACKOFF_CAP_MS : Math.min(BACKOFF_CAP_MS, FIRST_BACKOFF_MS * 2 ** (source.failures - 1));
    source.notBeforeMs = this.#options.clock.monotonicMs() + waitMs;
  }

  #source(peerId: PeerId): Source {
    const known = this.#sources.get(peerId) ?? { hasServed: false, failures: 0, notBeforeMs: 0, isBusy: false };
    this.#sources.set(peerId, known);
    return known;
  }

  /** The lower the better. */
  #rank({ peerId, pubkey, isProved }: Member, connected: ReadonlySet<PeerId>): number {
    const source = this.#sources.get(peerId);
    const { isNeeded } = this.#options;
    const classRank = source?.hasServed ? 0 : isProved ? (isNeeded(pubkey) ? 1 : 2) : connected.has(peerId) ? 3 : 4;
    return classRank + RANK_OF_FAILURE * (source?.failures ?? 0);
  }

  #forgetGone(): void {
    for (const [peerId, { isBusy }] of this.#sources)
      if (!isBusy && !this.#options.members.get(peerId)) this.#sources.delete(peerId);
  }
}

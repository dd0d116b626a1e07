import type { Block, SyncResponse } from '../records/index.ts';
import { askForBlocks, type BlockAsker, blocksIn } from './block-requests.ts';
import type { Refusal } from './chain-head.ts';
import { connectedPeers } from './known-keys.ts';
import type { Members } from './members.ts';
import type { Clock, PeerId } from './ports.ts';
import { SyncSources } from './sync-sources.ts';

/** Requests at once to sources that have proved something: consecutive ranges. */
const TRUSTED_REQUESTS = 3;
/** Requests at once to others, each for the next blocks: whoever is new gets its chance, and nobody waits for one that is silent. */
const UNPROVED_REQUESTS = 4;
/** A trusted source that has not brought the next blocks by then is not the only one that is asked for them. */
const HEDGE_MS = 1_000;
/** What one request should bring: large enough to pay for the round trip, small enough to show progress. */
const ANSWER_GOAL_BYTES = 1024 * 1024;
const FIRST_ASK_BLOCKS = 32;
const MOST_ASK_BLOCKS = 512;
/** Answers that wait for those before them: so many, whoever is late. */
const ANSWERS_MAX = TRUSTED_REQUESTS + 1;
/** Blocks applied at a time: between two such turns, whatever else the group has to do gets its turn. */
const APPLY_BLOCKS = 64;
const TRUSTED_TIMEOUT_MS = 30_000;
const UNPROVED_TIMEOUT_MS = 5_000;
/** Speed is measured over this window. */
const SPEED_WINDOW_MS = 3_000;

export type AppliedBlocks = { readonly applied: number; readonly refusal?: { readonly reason: Refusal; readonly block: Block } };

export interface SyncOptions extends BlockAsker {
  readonly members: Members;
  readonly clock: Clock;
  /** Producers of the configuration in force. */
  readonly producers: () => readonly string[];
  readonly isNeeded: (pubkey: string) => boolean;
  readonly headBlock: () => number;
  /** No block after this one is fetched. */
  readonly limitBlock: () => number;
  /** Verifies and stores blocks in order; rejects on an error of this machine. */
  readonly apply: (blocks: readonly Block[]) => Promise<AppliedBlocks>;
  readonly refused: (source: PeerId, refusal: NonNullable<AppliedBlocks['refusal']>) => void;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

interface Request {
  readonly source: PeerId;
  readonly from: number;
  readonly count: number;
  readonly isTrusted: boolean;
  readonly atMs: number;
}

interface Answer {
  readonly source: PeerId;
  readonly from: number;
  readonly blocks: readonly Block[];
}

/**
 * Brings a group's chain up to the newest block that members tell of: consecutive ranges from several members at once, applied in
 * order, each block verified before it counts. What is applied is stored, so an interrupted sync goes on where it was. Whoever only claims to have blocks delays
 * nobody: nothing waits for a single source (N-6).
 */
export class Syncer {
  readonly #options: SyncOptions;
  readonly #sources: SyncSources;
  readonly #requests = new Set<Request>();
  /** Answers that are not applied yet, by source. */
  readonly #answers = new Map<PeerId, Answer>();
  #isApplying = false;
  #stopped = false;
  #askBlocks = FIRST_ASK_BLOCKS;
  #progress: { atMs: number; block: number }[] = [];

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#sources = new SyncSources({ ...options, connected: () => connectedPeers(options.network) });
  }

  get isRunning(): boolean {
    return this.#isApplying || this.#requests.size > 0;
  }

  get sources(): number {
    return this.#requests.size;
  }

  /** The newest block that more than f producers tell of; where too few are heard, or they are behind, that anybody tells of who has not failed to show it. */
  newestCredible(): number {
    const told = this.#options.members.headOf(this.#options.producers());
    return told > this.#options.headBlock() ? told : Math.max(told, this.#sources.newestClaimed());
  }

  blocksPerSecond(): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#progress = this.#progress.filter(({ atMs }) => nowMs - atMs <= SPEED_WINDOW_MS);
    const first = this.#progress[0];
    const last = this.#progress.at(-1);
    if (!this.isRunning || !first || !last || last.atMs === first.atMs) return 0;
    return ((last.block - first.block) * 1000) / (last.atMs - first.atMs);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Something may have changed: a member came, a newer head was told of, a second has passed. Asks whoever is to be asked now. */
  kick(): void {
    if (this.#stopped) return;
    const next = this.#afterAnswers();
    const limit = this.#options.limitBlock();
    if (next > limit || this.#answers.size >= ANSWERS_MAX) return;
    const nowMs = this.#options.clock.monotonicMs();
    const trusted = [...this.#requests].filter(({ isTrusted }) => isTrusted);
    let unproved = this.#requests.size - trusted.length;
    for (const { member, isTrusted } of this.#sources.ready(next)) {
      if (isTrusted && trusted.length < TRUSTED_REQUESTS) {
        const isLate = trusted.some(({ from, atMs }) => from <= next && nowMs - atMs >= HEDGE_MS);
        const isAsked = trusted.some(({ from, count }) => from <= next && next < from + count);
        const from = isAsked && !isLate ? Math.max(...trusted.map((request) => request.from + request.count)) : next;
        if (from > Math.min(member.headBlock, limit)) continue;
        trusted.push(this.#ask(member.peerId, from, Math.min(this.#askBlocks, limit - from + 1), true));
      } else if (!isTrusted && unproved < UNPROVED_REQUESTS) {
        unproved += 1;
        this.#ask(member.peerId, next, Math.min(this.#askBlocks, limit - next + 1), false);
      }
    }
  }

  #ask(source: PeerId, from: number, count: number, isTrusted: boolean): Request {
    const request: Request = { source, from, count, isTrusted, atMs: this.#options.clock.monotonicMs() };
    this.#requests.add(request);
    this.#sources.asked(source);
    this.#fetch(request)
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#requests.delete(request);
        if (this.#stopped) return;
        this.#options.changed();
        this.kick();
      });
    return request;
  }

  async #fetch({ source, from, count, isTrusted }: Request): Promise<void> {
    const timeoutMs = isTrusted ? TRUSTED_TIMEOUT_MS : UNPROVED_TIMEOUT_MS;
    const response = await askForBlocks(this.#options, source, { from, count }, timeoutMs);
    if (this.#stopped) return;
    if (typeof response === 'string') {
      this.#sources.failed(source, response === 'malformed');
      return;
    }
    const blocks = this.#blocksOf(blocksIn(response), from, count);
    if (blocks.length === 0) {
      const { network, members } = this.#options;
      // It told of more than it has: believe what it has shown.
      members.correctHead(source, Math.min(response.HeadBlockId, from - 1));
      this.#sources.failed(source, false);
      if (response.HeadBlockId >= from) network.penalize(source, 'it tells of blocks and does not give them');
      return;
    }
    this.#sources.answered(source);
    this.#adaptAsk(blocks, response);
    this.#answers.set(source, { source, from, blocks });
    await this.#applyAll();
  }

  /** The number of the first block that is neither here nor in an answer that can be applied. */
  #afterAnswers(): number {
    let next = this.#options.headBlock() + 1;
    const inOrder = [...this.#answers.values()].sort((a, b) => a.from - b.from);
    for (const { from, blocks } of inOrder) if (from <= next) next = Math.max(next, from + blocks.length);
    return next;
  }

  /** Applies answers as long as one of them has the next block. One at a time, whoever brings them. */
  async #applyAll(): Promise<void> {
    if (this.#isApplying) return;
    this.#isApplying = true;
    try {
      for (let answer = this.#nextAnswer(); answer && !this.#stopped; answer = this.#nextAnswer()) {
        // What comes after it is fetched while it is verified.
        this.kick();
        await this.#apply(answer);
        this.#answers.delete(answer.source);
      }
    } catch (error) {
      // What could not be stored is asked for again when this machine can.
      this.#answers.clear();
      throw error;
    } finally {
      this.#isApplying = false;
    }
  }

  /** Drops answers that bring nothing any more, or that nothing leads to. */
  #nextAnswer(): Answer | undefined {
    const next = this.#options.headBlock() + 1;
    for (const { source, from, blocks } of this.#answers.values()) if (from + blocks.length <= next) this.#answers.delete(source);
    const found = [...this.#answers.values()].find(({ from }) => from <= next);
    if (!found && this.#answers.size >= ANSWERS_MAX) this.#answers.clear();
    return found;
  }

  async #apply({ source, from, blocks }: Answer): Promise<void> {
    const { headBlock, clock } = this.#options;
    const wanted = blocks.slice(headBlock() + 1 - from);
    for (let start = 0; start < wanted.length; start += APPLY_BLOCKS) {
      const { applied, refusal } = await this.#options.apply(wanted.slice(start, start + APPLY_BLOCKS));
      this.#progress.push({ atMs: clock.monotonicMs(), block: headBlock() });
      this.#options.changed();
      if (refusal) {
        this.#sources.failed(source, true);
        this.#options.refused(source, refusal);
        return;
      }
      // This node takes none now: it is asked for again in a while.
      if (applied === 0) {
        this.#sources.failed(source, false);
        return;
      }
    }
    this.#sources.served(source);
  }

  /** The blocks asked for, as long as they are in order; nothing if the answer begins elsewhere. */
  #blocksOf(offered: readonly Block[], from: number, count: number): readonly Block[] {
    const blocks = offered.slice(0, count);
    const wrongAt = blocks.findIndex((block, place) => block.BlockId !== from + place);
    return wrongAt < 0 ? blocks : blocks.slice(0, wrongAt);
  }

  #adaptAsk(blocks: readonly Block[], response: SyncResponse): void {
    const trxBytes = blocks.reduce(
      (sum, block) => sum + block.Trxs.reduce((bytes, trx) => bytes + trx.Data.length + 300, 300),
      0,
    );
    const averageBytes = Math.max(1, trxBytes / blocks.length);
    const goal = Math.floor(ANSWER_GOAL_BYTES / averageBytes);
    this.#askBlocks = Math.max(1, Math.min(goal, MOST_ASK_BLOCKS, Math.max(1, response.HeadBlockId)));
  }
}

import type { Block, SyncResponse } from '../records/index.ts';
import { askForBlocks, type BlockAsker, blocksIn } from './block-requests.ts';
import type { Refusal } from './chain-head.ts';
import type { Members } from './members.ts';
import type { Clock, PeerId } from './ports.ts';

/** Members that blocks are fetched from at once. */
const SOURCES = 3;
/** What one request should bring: large enough to pay for the round trip, small enough to show progress. */
const ANSWER_GOAL_BYTES = 1024 * 1024;
const FIRST_ASK_BLOCKS = 32;
const MOST_ASK_BLOCKS = 512;
/** Blocks applied at a time: between two such turns, whatever else the group has to do gets its turn. */
const APPLY_BLOCKS = 64;
const REQUEST_TIMEOUT_MS = 30_000;
/** A member that failed to answer, or answered wrongly, is not asked for this long. */
const COOLDOWN_MS = { failed: 5_000, wrong: 60_000 } as const;
/** Speed is measured over this window. */
const SPEED_WINDOW_MS = 3_000;

export type AppliedBlocks = { readonly applied: number; readonly refusal?: { readonly reason: Refusal; readonly block: Block } };

export interface SyncOptions extends BlockAsker {
  readonly members: Members;
  readonly clock: Clock;
  readonly headBlock: () => number;
  /** No block after this one is fetched. */
  readonly limitBlock: () => number;
  /** Verifies and stores blocks in order; rejects on an error of this machine. */
  readonly apply: (blocks: readonly Block[]) => Promise<AppliedBlocks>;
  readonly refused: (source: PeerId, refusal: NonNullable<AppliedBlocks['refusal']>) => void;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

interface Answer {
  readonly source: PeerId;
  readonly from: number;
  readonly blocks: readonly Block[];
}

/**
 * Brings a group's chain up to the newest block that members tell of: consecutive ranges from several members at once, applied in
 * order, each block verified before it counts. What is applied is stored, so an interrupted sync goes on where it was.
 */
export class Syncer {
  readonly #options: SyncOptions;
  readonly #cooldownUntilMs = new Map<PeerId, number>();
  #running = false;
  #askAgain = false;
  #stopped = false;
  #askBlocks = FIRST_ASK_BLOCKS;
  #sources = 0;
  #progress: { atMs: number; block: number }[] = [];

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  get sources(): number {
    return this.#sources;
  }

  blocksPerSecond(): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#progress = this.#progress.filter(({ atMs }) => nowMs - atMs <= SPEED_WINDOW_MS);
    const first = this.#progress[0];
    const last = this.#progress.at(-1);
    if (!this.#running || !first || !last || last.atMs === first.atMs) return 0;
    return ((last.block - first.block) * 1000) / (last.atMs - first.atMs);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Something may have changed: a member came, a newer head was told of. */
  kick(): void {
    if (this.#stopped || this.#candidates(this.#options.headBlock() + 1).length === 0) return;
    if (this.#running) {
      this.#askAgain = true;
      return;
    }
    this.#running = true;
    this.#run()
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#running = false;
        this.#sources = 0;
        this.#progress = [];
        this.#options.changed();
        if (this.#askAgain) {
          this.#askAgain = false;
          this.kick();
        }
      });
  }

  async #run(): Promise<void> {
    let fetching = this.#fetchRound(this.#options.headBlock() + 1);
    while (!this.#stopped) {
      const answers = await fetching;
      if (answers.length === 0) return;
      // The next round is on its way while this one is being verified.
      fetching = this.#fetchRound(this.#afterContiguous(answers));
      await this.#applyInOrder(answers);
      if (this.#options.headBlock() + 1 < this.#afterContiguous(answers)) {
        // Something in this round was not taken; what was fetched ahead does not follow on it.
        await fetching;
        fetching = this.#fetchRound(this.#options.headBlock() + 1);
      }
    }
  }

  /** The number of the first block that these answers do not bring. */
  #afterContiguous(answers: readonly Answer[]): number {
    let next = this.#options.headBlock() + 1;
    for (const { from, blocks } of answers) {
      if (from > next) break;
      next = Math.max(next, from + blocks.length);
    }
    return next;
  }

  async #applyInOrder(answers: readonly Answer[]): Promise<void> {
    const { headBlock, clock } = this.#options;
    for (const { source, from, blocks } of answers) {
      const next = headBlock() + 1;
      if (from > next) return;
      const wanted = blocks.slice(next - from);
      if (wanted.length === 0) continue;
      for (let start = 0; start < wanted.length; start += APPLY_BLOCKS) {
        const { refusal } = await this.#options.apply(wanted.slice(start, start + APPLY_BLOCKS));
        this.#progress.push({ atMs: clock.monotonicMs(), block: headBlock() });
        this.#options.changed();
        if (refusal) {
          this.#rest(source, COOLDOWN_MS.wrong);
          this.#options.refused(source, refusal);
          return;
        }
      }
    }
  }

  #rest(source: PeerId, ms: number): void {
    this.#cooldownUntilMs.set(source, this.#options.clock.monotonicMs() + ms);
  }

  /** Members that tell of blocks from `from` on and may be asked now, those with the newest head first. */
  #candidates(from: number): PeerId[] {
    const nowMs = this.#options.clock.monotonicMs();
    return this.#options.members
      .onOurChain()
      .filter(
        ({ peerId, headBlock }) =>
          Math.min(headBlock, this.#options.limitBlock()) >= from && (this.#cooldownUntilMs.get(peerId) ?? 0) <= nowMs,
      )
      .sort((a, b) => b.headBlock - a.headBlock)
      .map(({ peerId }) => peerId);
  }

  /** Asks several members for consecutive ranges; answers come back in order of their ranges, failed ones left out. */
  async #fetchRound(from: number): Promise<Answer[]> {
    const ask = this.#askBlocks;
    const newest = Math.min(this.#options.members.newestHead(), this.#options.limitBlock());
    const ranges = this.#candidates(from)
      .slice(0, SOURCES)
      .map((source, place) => ({ source, from: from + place * ask }))
      .filter((range) => range.from <= newest);
    this.#sources = ranges.length;
    const limit = this.#options.limitBlock();
    const answers = await Promise.all(
      ranges.map((range) => this.#fetch(range.source, range.from, Math.min(ask, limit - range.from + 1))),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  async #fetch(source: PeerId, from: number, count: number): Promise<Answer | undefined> {
    const { network, members } = this.#options;
    const response = await askForBlocks(this.#options, source, { from, count }, REQUEST_TIMEOUT_MS);
    if (typeof response === 'string') {
      this.#rest(source, response === 'malformed' ? COOLDOWN_MS.wrong : COOLDOWN_MS.failed);
      return undefined;
    }
    const blocks = this.#blocksOf(blocksIn(response), from, count);
    if (blocks.length === 0) {
      // It told of more than it has: believe what it has shown.
      members.correctHead(source, Math.min(response.HeadBlockId, from - 1));
      this.#rest(source, COOLDOWN_MS.failed);
      if (response.HeadBlockId >= from) network.penalize(source, 'it tells of blocks and does not give them');
      return undefined;
    }
    this.#adaptAsk(blocks, response);
    return { source, from, blocks };
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

/** Honest people meanwhile: a member posts once a second, and everybody's calls are answered. */
import type { SeededRandom } from '../../../src/sim/random.ts';
import type { NodeProcess } from '../node-process.ts';
import { sleep } from './order.ts';
import { postFinally } from './target.ts';

/** On average: who posts in step with the producer would always wait as long. */
const EVERY_MS = 1_000;
/** A post that takes longer is lost, a call that takes longer is not answered. */
const POST_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;

/** Text of an honest post: none is part of another. */
export const honestText = (number: number): string => `An honest post, number ${String(number).padStart(6, '0')}.`;

export interface Figures {
  readonly count: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

interface Post {
  readonly atMs: number;
  tookMs: number | undefined;
}

/** A call that anybody may make; rejects if it is not answered. */
export type HonestCall = readonly [name: string, call: (signal: AbortSignal) => Promise<unknown>];

export class Honest {
  readonly #member: NodeProcess;
  readonly #groupId: string;
  readonly #calls: readonly HonestCall[];
  readonly #posts: Post[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #problems: string[] = [];
  readonly #random: SeededRandom;
  #isOver = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(member: NodeProcess, groupId: string, calls: readonly HonestCall[], random: SeededRandom) {
    this.#random = random;
    this.#member = member;
    this.#groupId = groupId;
    this.#calls = calls;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Stops, and resolves when the last post is final or lost. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    await Promise.all(this.#running);
  }

  /** How many posts were made. */
  get posted(): number {
    return this.#posts.length;
  }

  /** What was lost or not answered since the last time. */
  problems(): string[] {
    return [...new Set(this.#problems.splice(0))];
  }

  /** Of the posts made in this time, by the monotonic clock, that are final by now. */
  figures(fromMs: number, toMs: number): Figures {
    const tookMs = this.#posts
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .flatMap((post) => post.tookMs ?? [])
      .sort((a, b) => a - b);
    return {
      count: tookMs.length,
      medianMs: tookMs[Math.floor(tookMs.length / 2)] ?? Number.NaN,
      maxMs: tookMs.at(-1) ?? Number.NaN,
    };
  }

  /** Resolves when every post made before is final or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    for (let beat = 0; !this.#isOver; beat++) {
      this.#track(this.#post(beat));
      for (const one of this.#calls) this.#track(this.#call(one));
      await sleep(EVERY_MS * (0.5 + this.#random.float()));
    }
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #post(number: number): Promise<void> {
    const post: Post = { atMs: performance.now(), tookMs: undefined };
    this.#posts.push(post);
    try {
      post.tookMs = await postFinally(this.#member, this.#groupId, honestText(number), POST_TIMEOUT_MS);
    } catch (error) {
      this.#problems.push(`an honest post was lost (${(error as Error).message})`);
    }
  }

  async #call([name, make]: HonestCall): Promise<void> {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      await make(signal);
    } catch (error) {
      this.#problems.push(`${name} did not answer (${(error as Error).message.split('\n')[0]})`);
    }
  }
}

import { equalBytes } from '../../records/index.ts';
import type { EngineStep } from '../engine-step.ts';
import { encodeMessage } from './messages.ts';

/** Bodies that one peer is given until something moves on: they are large, and asking costs nothing. */
const SERVED_AT_ONCE = 3;
/** Ticks after which a decided body that nobody gives is fetched as a block. */
const TICKS_TO_FETCH = 4;

/** Asking for bodies that are not here, one peer after the other, and giving them to who asks. */
export class Bodies {
  #wanted: { readonly blockId: number; readonly blockHash: Uint8Array } | undefined;
  #asked: number | undefined;
  /** Peers that were asked for the wanted one since all had been. */
  #tried = new Set<number>();
  #ticks = 0;
  readonly #served = new Map<number, number>();

  /** Asks one of `peers` (those before others that come first), unless somebody has been asked and may still answer. */
  ask(blockId: number, blockHash: Uint8Array, peers: readonly number[], step: EngineStep): void {
    if (!this.#wanted || !equalBytes(this.#wanted.blockHash, blockHash)) {
      this.#wanted = { blockId, blockHash };
      this.#asked = undefined;
      this.#tried.clear();
      this.#ticks = 0;
    }
    if (this.#asked !== undefined && peers.includes(this.#asked)) return;
    if (peers.every((peer) => this.#tried.has(peer))) this.#tried.clear();
    this.#asked = peers.find((peer) => !this.#tried.has(peer));
    if (this.#asked === undefined) return;
    this.#tried.add(this.#asked);
    step.say(this.#asked, encodeMessage({ kind: 'body-request', blockId, blockHash }));
  }

  /** Whether this is the body that is asked for. */
  isWanted(blockHash: Uint8Array): boolean {
    return this.#wanted !== undefined && equalBytes(this.#wanted.blockHash, blockHash);
  }

  found(): void {
    this.#wanted = undefined;
    this.#asked = undefined;
  }

  /** Who has not answered by now is not waited for. Answers whether to fetch the block instead. */
  tick(): boolean {
    this.#served.clear();
    if (!this.#wanted) return false;
    this.#asked = undefined;
    this.#ticks += 1;
    return this.#ticks % TICKS_TO_FETCH === 0;
  }

  serve(peer: number, encoded: Uint8Array, step: EngineStep): void {
    const served = this.#served.get(peer) ?? 0;
    if (served >= SERVED_AT_ONCE) return;
    this.#served.set(peer, served + 1);
    step.say(peer, encodeMessage({ kind: 'body', body: encoded }));
  }

  /** A peer's connection is new, or all of them have moved on. */
  forgive(peer?: number): void {
    if (peer === undefined) this.#served.clear();
    else this.#served.delete(peer);
    if (peer === undefined || peer === this.#asked) this.#asked = undefined;
  }
}

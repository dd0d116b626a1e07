import { Block, decodeOrNothing, toHex } from '../../records/index.ts';
import type { Certificate, Vote, VoteKind } from './messages.ts';
import { VoteBox } from './vote-box.ts';

/** A body as it travels: what the block's hash covers. */
export interface Body {
  readonly encoded: Uint8Array;
  /** With its hash; undefined for bytes that are no block. */
  readonly block: Block | undefined;
}

export function bodyOf(encoded: Uint8Array, blockHash: Uint8Array): Body {
  const read = decodeOrNothing(Block, encoded);
  return { encoded, block: read && { ...read, BlockHash: blockHash } };
}

/** What is known of one height that is not decided and stored. */
export class Slot {
  readonly prepares: VoteBox;
  readonly commits: VoteBox;
  /** By hash. Only bodies that were proposed in the current view or asked for. */
  readonly #bodies = new Map<string, Body>();
  /** Hashes of bodies that are in the log. */
  readonly #logged = new Set<string>();
  /** What this producer has voted: kind and view → vote. All of it is in the log. */
  readonly #own = new Map<string, Vote>();
  /** Of the highest view that there is one of. */
  certificate: Certificate | undefined;

  constructor(producers: number) {
    this.prepares = new VoteBox(producers);
    this.commits = new VoteBox(producers);
  }

  box(kind: VoteKind): VoteBox {
    return kind === 'prepare' ? this.prepares : this.commits;
  }

  body(blockHash: Uint8Array): Body | undefined {
    return this.#bodies.get(toHex(blockHash));
  }

  addBody(blockHash: Uint8Array, body: Body): void {
    this.#bodies.set(toHex(blockHash), body);
  }

  /** Drops the bodies of which `isWanted` says no. */
  keepBodies(isWanted: (hash: string) => boolean): void {
    for (const hash of this.#bodies.keys()) if (!isWanted(hash)) this.#bodies.delete(hash);
  }

  /** True once: the body must go into the log now. */
  mustLog(blockHash: Uint8Array): boolean {
    const hash = toHex(blockHash);
    if (this.#logged.has(hash)) return false;
    this.#logged.add(hash);
    return true;
  }

  isLogged(hash: string): boolean {
    return this.#logged.has(hash);
  }

  ownVote(kind: VoteKind, view: number): Vote | undefined {
    return this.#own.get(`${kind}/${view}`);
  }

  addOwnVote(kind: VoteKind, vote: Vote): void {
    this.#own.set(`${kind}/${vote.View}`, vote);
    this.box(kind).add(vote);
  }
}

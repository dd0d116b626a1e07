import { equalBytes } from '../../records/index.ts';
import type { Vote } from './messages.ts';

/**
 * Views of which one producer's votes of one kind at one height are kept: the newest. An honest producer's older ones are of views that
 * came to nothing, and a view change carries over what was certified in them.
 */
const VIEWS_KEPT = 4;

/** Votes of one kind at one height. A producer has one a view; votes of different views never add up. */
export class VoteBox {
  readonly #bySigner: Map<number, Vote>[];

  constructor(producers: number) {
    this.#bySigner = Array.from({ length: producers }, () => new Map());
  }

  /** `known`: it is here, or older than what is kept. Otherwise the earlier vote of this view that it contradicts. */
  add(vote: Vote): 'new' | 'known' | Vote {
    const votes = this.#bySigner[vote.Signer] as Map<number, Vote>;
    const present = votes.get(vote.View);
    if (present) return equalBytes(present.BlockHash, vote.BlockHash) ? 'known' : present;
    if (votes.size >= VIEWS_KEPT) {
      const oldest = Math.min(...votes.keys());
      if (vote.View < oldest) return 'known';
      votes.delete(oldest);
    }
    votes.set(vote.View, vote);
    return 'new';
  }

  /** A producer's vote of one view. */
  of(signer: number, view: number): Vote | undefined {
    return this.#bySigner[signer]?.get(view);
  }

  newestOf(signer: number): Vote | undefined {
    const votes = this.#bySigner[signer];
    return votes && votes.size > 0 ? votes.get(Math.max(...votes.keys())) : undefined;
  }

  /** Of one producer, ascending by view. */
  allOf(signer: number): Vote[] {
    return [...(this.#bySigner[signer]?.values() ?? [])].sort((a, b) => a.View - b.View);
  }

  /** Votes of one view for one body. */
  alike(view: number, blockHash: Uint8Array): Vote[] {
    return this.#bySigner.flatMap((votes) => {
      const vote = votes.get(view);
      return vote && equalBytes(vote.BlockHash, blockHash) ? [vote] : [];
    });
  }

  /** Votes for one body, of any view; who may have it. */
  signersFor(blockHash: Uint8Array): number[] {
    return this.#bySigner.flatMap((votes, signer) =>
      [...votes.values()].some((vote) => equalBytes(vote.BlockHash, blockHash)) ? signer : [],
    );
  }

  signersIn(view: number): number[] {
    return this.#bySigner.flatMap((votes, signer) => (votes.has(view) ? signer : []));
  }

  /** The votes of one view, for one body, that are `enough`; undefined where no view has so many. */
  agreed(enough: number): Vote[] | undefined {
    const seen = new Set<number>();
    for (const votes of this.#bySigner) {
      for (const vote of votes.values()) {
        if (seen.has(vote.View)) continue;
        const alike = this.agreedIn(vote.View, enough);
        if (alike) return alike;
        seen.add(vote.View);
      }
    }
    return undefined;
  }

  agreedIn(view: number, enough: number): Vote[] | undefined {
    for (const votes of this.#bySigner) {
      const vote = votes.get(view);
      if (!vote) continue;
      const alike = this.alike(view, vote.BlockHash);
      if (alike.length >= enough) return alike;
    }
    return undefined;
  }
}

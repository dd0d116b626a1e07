import {
  appendLeaf,
  emptyFrontier,
  frontierRoot,
  inclusionProof,
  leafHash,
  merkleRoot,
  verifyInclusion,
} from '../../../crypto/index.ts';
import { concatBytes } from '../../../records/index.ts';
import { HASH_BYTES } from '../messages.ts';

/**
 * The Merkle tree over the shards of one proposal, built once by its proposer. Leaf i is producer i's shard, and a branch is checked
 * against its place, so a shard is worth something only from the producer that it was given to.
 */
export class ShardTree {
  readonly root: Uint8Array;
  readonly #levels: Uint8Array[][] = [];
  readonly #size: number;

  constructor(shards: readonly Uint8Array[]) {
    this.#size = shards.length;
    let frontier = emptyFrontier();
    for (const shard of shards) {
      const appended = appendLeaf(frontier, leafHash(shard));
      frontier = appended.frontier;
      appended.completed.forEach((node, level) => {
        this.#levels[level] ??= [];
        this.#levels[level].push(node);
      });
    }
    this.root = frontierRoot(frontier);
  }

  /** Sibling hashes from leaf `index` up, one after the other. */
  branch(index: number): Uint8Array {
    return concatBytes(...inclusionProof((level, place) => this.#levels[level]?.[place] as Uint8Array, this.#size, index));
  }
}

/** The root alone. */
export const rootOf = (shards: readonly Uint8Array[]): Uint8Array => merkleRoot(shards.map(leafHash));

/** Whether `shard` is leaf `index` of the tree with `size` leaves and this root. */
export function belongs(root: Uint8Array, shard: Uint8Array, branch: Uint8Array, index: number, size: number): boolean {
  const path: Uint8Array[] = [];
  for (let at = 0; at < branch.length; at += HASH_BYTES) path.push(branch.subarray(at, at + HASH_BYTES));
  return verifyInclusion({ leaf: leafHash(shard), leafIndex: index, size, path, root });
}

import { leafHash, leafHashes, merkleRoot, merkleTree, verifyInclusion } from '../../../crypto/index.ts';
import { concatBytes } from '../../../records/index.ts';
import { HASH_BYTES } from '../messages.ts';

/**
 * The Merkle tree over the shards of one proposal, built once by its proposer. Leaf i is producer i's shard, and a branch is checked
 * against its place, so a shard is worth something only from the producer that it was given to.
 */
export class ShardTree {
  readonly root: Uint8Array;
  readonly #paths: readonly (readonly Uint8Array[])[];

  constructor(shards: readonly Uint8Array[]) {
    const { root, paths } = merkleTree(leafHashes(shards));
    this.root = root;
    this.#paths = paths;
  }

  /** Sibling hashes from leaf `index` up, one after the other. */
  branch(index: number): Uint8Array {
    return concatBytes(...(this.#paths[index] as readonly Uint8Array[]));
  }
}

/** The root alone. */
export const rootOf = (shards: readonly Uint8Array[]): Uint8Array => merkleRoot(leafHashes(shards));

/** Whether `shard` is leaf `index` of the tree with `size` leaves and this root. */
export function belongs(root: Uint8Array, shard: Uint8Array, branch: Uint8Array, index: number, size: number): boolean {
  const path: Uint8Array[] = [];
  for (let at = 0; at < branch.length; at += HASH_BYTES) path.push(branch.subarray(at, at + HASH_BYTES));
  return verifyInclusion({ leaf: leafHash(shard), leafIndex: index, size, path, root });
}

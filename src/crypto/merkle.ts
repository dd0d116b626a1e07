import { concatBytes, equalBytes, RecordError, sha256 } from '../records/index.ts';
import { hashEach } from './hash-lanes.ts';

/**
 * Merkle trees as in RFC 6962 (Certificate Transparency), section 2.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), and a
 * tree of n leaves splits at the largest power of two below n. A node's place is (level, index): level 0 are the leaves, and node
 * (l, i) spans the leaves from i·2^l to (i+1)·2^l − 1. Only full nodes have a place; the ragged right edge is recomputed.
 */

const LEAF_BYTE = 0;
const LEAF_PREFIX = Uint8Array.of(LEAF_BYTE);
const NODE_PREFIX = Uint8Array.of(1);
const HASH_BYTES = 32;
const SIZE_BYTES = 8;

export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF_PREFIX, data));
}

/** {@link leafHash} of each: faster together, where they are of one length. */
export function leafHashes(data: readonly Uint8Array[]): Uint8Array[] {
  return hashEach(LEAF_BYTE, data);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE_PREFIX, left, right));
}

/** Root of a tree with no leaves: the hash of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** Root of the tree with these leaf hashes. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return frontierRoot(leaves.reduce<Frontier>((frontier, leaf) => appendLeaf(frontier, leaf).frontier, emptyFrontier()));
}

/** A tree whose leaves are all there at once, and few: the shards of one proposal. */
export interface MerkleTree {
  readonly root: Uint8Array;
  /** For each leaf the path that {@link verifyInclusion} takes. */
  readonly paths: readonly (readonly Uint8Array[])[];
}

/** The tree with these leaf hashes: n − 1 hashes for the root and all paths. */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  const paths = leaves.map((): Uint8Array[] => []);
  const build = (start: number, count: number): Uint8Array => {
    if (count === 1) return leaves[start] as Uint8Array;
    const middle = start + splitOf(count);
    const left = build(start, middle - start);
    const right = build(middle, start + count - middle);
    // The parts are complete, so each path already holds what is nearer to its leaf.
    for (let leaf = start; leaf < start + count; leaf++) paths[leaf]?.push(leaf < middle ? right : left);
    return nodeHash(left, right);
  };
  return { root: leaves.length === 0 ? emptyRoot() : build(0, leaves.length), paths };
}

/**
 * The right edge of a growing tree, all that appending needs: the roots of the full subtrees that its leaves split into, largest first, one for
 * each 1 in the binary form of `size`.
 */
export interface Frontier {
  /** Number of leaves. */
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

export function emptyFrontier(): Frontier {
  return { size: 0, nodes: [] };
}

/** `completed`: hashes of the nodes that this leaf completes, in ascending level: itself, then each parent that became full. */
export function appendLeaf(frontier: Frontier, leaf: Uint8Array): { frontier: Frontier; completed: Uint8Array[] } {
  const completed = [leaf];
  const nodes = [...frontier.nodes];
  let node = leaf;
  // Division, not bit operators: a chain may outgrow 32 bits.
  for (let size = frontier.size; size % 2 === 1; size = (size - 1) / 2) {
    node = nodeHash(nodes.pop() as Uint8Array, node);
    completed.push(node);
  }
  nodes.push(node);
  return { frontier: { size: frontier.size + 1, nodes }, completed };
}

export function frontierRoot(frontier: Frontier): Uint8Array {
  const last = frontier.nodes.at(-1);
  if (last === undefined) return emptyRoot();
  return frontier.nodes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** 8 bytes of size, big-endian, then the nodes. */
export function encodeFrontier(frontier: Frontier): Uint8Array {
  const size = new Uint8Array(SIZE_BYTES);
  new DataView(size.buffer).setBigUint64(0, BigInt(frontier.size));
  return concatBytes(size, ...frontier.nodes);
}

/** Throws {@link RecordError} for bytes that {@link encodeFrontier} does not make. */
export function decodeFrontier(bytes: Uint8Array): Frontier {
  if (bytes.length < SIZE_BYTES) throw new RecordError('truncated', 'the frontier of a Merkle tree is cut off');
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, SIZE_BYTES).getBigUint64(0));
  if (!Number.isSafeInteger(size)) throw new RecordError('out-of-range', 'the frontier of a Merkle tree is larger than any');
  const nodes: Uint8Array[] = [];
  for (let at = SIZE_BYTES; at < bytes.length; at += HASH_BYTES) nodes.push(bytes.slice(at, at + HASH_BYTES));
  if (bytes.length !== SIZE_BYTES + onesOf(size) * HASH_BYTES) {
    throw new RecordError('malformed', 'the frontier of a Merkle tree does not have the nodes that its size asks for');
  }
  return { size, nodes };
}

function onesOf(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

/**
 * The path that proves leaf `leafIndex` to be in the tree of the first `size` leaves: sibling hashes from the leaf up (RFC 6962, 2.1.1).
 * `getNode` gives the hash of a full node. Throws RangeError for a leaf outside the tree.
 */
export function inclusionProof(
  getNode: (level: number, index: number) => Uint8Array,
  size: number,
  leafIndex: number,
): Uint8Array[] {
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(leafIndex) && leafIndex >= 0 && leafIndex < size)) {
    throw new RangeError(`leaf ${leafIndex} is not in a tree of ${size}`);
  }
  const path: Uint8Array[] = [];
  // Down from the root: [start, start + count) is the subtree that holds the leaf.
  let start = 0;
  let count = size;
  while (count > 1) {
    const left = splitOf(count);
    if (leafIndex < start + left) {
      path.unshift(subtreeRoot(getNode, start + left, count - left));
      count = left;
    } else {
      path.unshift(subtreeRoot(getNode, start, left));
      start += left;
      count -= left;
    }
  }
  return path;
}

/** Root of the subtree of `count` leaves from `start`, which is a multiple of the largest power of two in `count`. */
function subtreeRoot(getNode: (level: number, index: number) => Uint8Array, start: number, count: number): Uint8Array {
  let level = 0;
  let width = 1;
  while (width * 2 <= count) {
    width *= 2;
    level++;
  }
  const left = getNode(level, start / width);
  return width === count ? left : nodeHash(left, subtreeRoot(getNode, start + width, count - width));
}

/** The largest power of two below `count`, for a count above 1. */
function splitOf(count: number): number {
  let width = 1;
  while (width * 2 < count) width *= 2;
  return width;
}

/** Whether `path` proves that the leaf with hash `leaf` is number `leafIndex` of the tree with `size` leaves and root `root`. Total. */
export function verifyInclusion(options: {
  readonly leaf: Uint8Array;
  readonly leafIndex: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}): boolean {
  const { leaf, leafIndex, size, path, root } = options;
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(leafIndex) && leafIndex >= 0 && leafIndex < size)) return false;
  if (path.some((node) => node.length !== HASH_BYTES)) return false;
  // RFC 9162, 2.1.3.2: `index` and `last` climb together; where they meet on the right edge, levels without a sibling are passed over.
  let index = leafIndex;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      node = nodeHash(sibling, node);
      while (index % 2 === 0 && index !== 0) {
        index /= 2;
        last = Math.floor(last / 2);
      }
    } else node = nodeHash(node, sibling);
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(node, root);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, sha256, toHex } from '../records/index.ts';
import {
  appendLeaf,
  decodeFrontier,
  emptyFrontier,
  emptyRoot,
  encodeFrontier,
  frontierRoot,
  inclusionProof,
  leafHash,
  merkleRoot,
  merkleTree,
  nodeHash,
  verifyInclusion,
} from './index.ts';

/** The definitions of RFC 6962, 2.1 and 2.1.1, word by word. */
function split(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const k = split(leaves.length);
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}
function naivePath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...naivePath(index, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(index - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(new TextEncoder().encode(`leaf ${index}`)));

/** A tree grown leaf by leaf, its completed nodes kept by place as a store would. */
function grow(leaves: readonly Uint8Array[]) {
  const nodes = new Map<string, Uint8Array>();
  let frontier = emptyFrontier();
  leaves.forEach((leaf, position) => {
    const appended = appendLeaf(frontier, leaf);
    appended.completed.forEach((node, level) => {
      nodes.set(`${level}/${Math.floor(position / 2 ** level)}`, node);
    });
    frontier = appended.frontier;
  });
  const getNode = (level: number, index: number): Uint8Array => {
    const node = nodes.get(`${level}/${index}`);
    if (node === undefined) throw new Error(`node ${level}/${index} was asked for, which is not full`);
    return node;
  };
  return { frontier, getNode, nodes };
}

describe('known trees', () => {
  // The inputs that Certificate Transparency's own tests use, and the roots that they give for 0 to 8 leaves.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  test.each(roots.map((root, count) => [count, root] as const))('%i leaves', (count, root) => {
    const leaves = inputs.slice(0, count).map((input) => leafHash(fromHex(input) as Uint8Array));
    expect(toHex(merkleRoot(leaves))).toBe(root);
  });
});

test('roots, paths and completed nodes are those of the definition, for every leaf of trees of up to 40', () => {
  const leaves = leavesOf(40);
  for (let size = 0; size <= leaves.length; size++) {
    const some = leaves.slice(0, size);
    const root = naiveRoot(some);
    const { frontier, getNode, nodes } = grow(some);
    expect(frontier.size).toBe(size);
    expect(frontierRoot(frontier)).toStrictEqual(root);
    expect(decodeFrontier(encodeFrontier(frontier))).toStrictEqual(frontier);
    for (const [place, node] of nodes) {
      const [level, index] = place.split('/').map(Number) as [number, number];
      expect(node).toStrictEqual(naiveRoot(some.slice(index * 2 ** level, (index + 1) * 2 ** level)));
    }
    for (let leafIndex = 0; leafIndex < size; leafIndex++) {
      const path = inclusionProof(getNode, size, leafIndex);
      expect(path).toStrictEqual(naivePath(leafIndex, some));
      expect(verifyInclusion({ leaf: some[leafIndex] as Uint8Array, leafIndex, size, path, root })).toBe(true);
    }
  }
  expect(frontierRoot(emptyFrontier())).toStrictEqual(emptyRoot());
});

test('a proof of an older size comes from the nodes of a grown tree', () => {
  const leaves = leavesOf(100);
  const { getNode } = grow(leaves);
  for (const size of [1, 37, 64, 99]) {
    const root = naiveRoot(leaves.slice(0, size));
    for (const leafIndex of [0, size >> 1, size - 1]) {
      const path = inclusionProof(getNode, size, leafIndex);
      expect(verifyInclusion({ leaf: leaves[leafIndex] as Uint8Array, leafIndex, size, path, root })).toBe(true);
    }
  }
});

test('nothing else verifies', () => {
  const leaves = leavesOf(64);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.nat(63),
      fc.nat(63),
      fc.integer({ min: 0, max: 65 }),
      fc.nat(),
      (size, at, otherAt, otherSize, change) => {
        const leafIndex = at % size;
        const some = leaves.slice(0, size);
        const root = naiveRoot(some);
        const leaf = some[leafIndex] as Uint8Array;
        const path = naivePath(leafIndex, some);
        const proof = { leaf, leafIndex, size, path, root };
        if (otherAt !== leafIndex) {
          expect(verifyInclusion({ ...proof, leaf: leaves[otherAt] as Uint8Array })).toBe(false);
          expect(verifyInclusion({ ...proof, leafIndex: otherAt })).toBe(false);
        }
        // The root does not commit to the size: a size with a path of the same turns passes, which is why a receipt takes it from the chain.
        expect(typeof verifyInclusion({ ...proof, size: otherSize })).toBe('boolean');
        expect(verifyInclusion({ ...proof, path: [...path, root] })).toBe(false);
        expect(verifyInclusion({ ...proof, path: path.slice(1) })).toBe(path.length === 0);
        if (path.length > 0) {
          const changed = path.map((node) => node.slice());
          const node = changed[change % path.length] as Uint8Array;
          node[change % 32] = (node[change % 32] as number) ^ 1;
          expect(verifyInclusion({ ...proof, path: changed })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.map((sibling) => sibling.slice(1)) })).toBe(false);
        }
      },
    ),
  );
  const leaf = leaves[0] as Uint8Array;
  for (const [leafIndex, size] of [
    [-1, 1],
    [1, 1],
    [0, 0],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    expect(verifyInclusion({ leaf, leafIndex, size, path: [], root: leaf })).toBe(false);
    expect(() => inclusionProof(() => leaf, size, leafIndex)).toThrow(RangeError);
  }
});

test('appending leaves the given frontier alone', () => {
  const { frontier } = grow(leavesOf(7));
  const before = encodeFrontier(frontier);
  appendLeaf(frontier, leafHash(new Uint8Array()));
  expect(encodeFrontier(frontier)).toStrictEqual(before);
});

test('a damaged frontier is refused', () => {
  const bytes = encodeFrontier(grow(leavesOf(5)).frontier);
  expect(() => decodeFrontier(bytes.subarray(0, 5))).toThrow(expect.objectContaining({ code: 'truncated' }));
  expect(() => decodeFrontier(bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'malformed' }));
  expect(() => decodeFrontier(new Uint8Array(8).fill(0xff))).toThrow(expect.objectContaining({ code: 'out-of-range' }));
});

test('a tree of shards: root and all paths, each bound to its index and to the number of leaves', () => {
  expect(merkleTree([])).toStrictEqual({ root: emptyRoot(), paths: [] });
  for (let size = 1; size <= 24; size++) {
    const leaves = leavesOf(size);
    const { root, paths } = merkleTree(leaves);
    expect(root).toStrictEqual(naiveRoot(leaves));
    expect(paths).toStrictEqual(leaves.map((_, index) => naivePath(index, leaves)));
    leaves.forEach((leaf, index) => {
      const path = paths[index] as Uint8Array[];
      for (let other = 0; other < size; other++) {
        expect(verifyInclusion({ leaf, leafIndex: other, size, path, root })).toBe(other === index);
      }
    });
  }
});

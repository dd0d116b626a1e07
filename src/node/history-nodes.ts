import type { Frontier } from '../crypto/index.ts';
import type { Store } from './ports.ts';
import { HistoryRow, keyOf } from './rows.ts';
import { NodeError } from './service.ts';

const HASH_BYTES = 32;

/** The history tree's nodes as their rows hold them, by the block that completed them; reads each row once. */
export class HistoryNodes {
  readonly #store: Store;
  readonly #groupId: string;
  readonly #newestBlock: number;
  readonly #rows = new Map<number, HistoryRow>();

  /** `newestBlock`: no leaf of a later one is asked for. */
  constructor(store: Store, groupId: string, newestBlock: number) {
    this.#store = store;
    this.#groupId = groupId;
    this.#newestBlock = newestBlock;
  }

  /** Throws NodeError `internal` if it is missing. */
  async row(blockId: number): Promise<HistoryRow> {
    const known = this.#rows.get(blockId);
    if (known) return known;
    const stored = await this.#store.get('history', keyOf.block(this.#groupId, blockId));
    if (!stored) throw new NodeError('internal', `The history of block ${blockId} is missing.`);
    const row = HistoryRow.decode(stored);
    this.#rows.set(blockId, row);
    return row;
  }

  /** A node stands in the row of the block whose leaf completed it, after those that earlier leaves of that block completed. */
  async node(level: number, index: number): Promise<Uint8Array> {
    const leaf = (index + 1) * 2 ** level - 1;
    const row = await this.#rowOfLeaf(leaf);
    let at = level;
    for (let earlier = row.FirstLeaf; earlier < leaf; earlier++) at += nodesCompletedBy(earlier);
    return row.Nodes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  }

  /** The tree's right edge when it had so many leaves. */
  async frontier(size: number): Promise<Frontier> {
    const nodes: Uint8Array[] = [];
    let first = 0;
    for (let level = Math.floor(Math.log2(size || 1)); first < size; level--) {
      if (size - first < 2 ** level) continue;
      nodes.push(await this.node(level, first / 2 ** level));
      first += 2 ** level;
    }
    return { size, nodes };
  }

  /** Blocks have a trx at least, so the first leaf grows with the block's number. */
  async #rowOfLeaf(leaf: number): Promise<HistoryRow> {
    let low = 1;
    let high = this.#newestBlock;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((await this.row(middle)).FirstLeaf <= leaf) low = middle;
      else high = middle - 1;
    }
    return this.row(low);
  }
}

/** Itself, and each parent that became full. */
function nodesCompletedBy(leaf: number): number {
  let nodes = 1;
  for (let size = leaf + 1; size % 2 === 0; size /= 2) nodes++;
  return nodes;
}

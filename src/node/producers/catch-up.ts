import type { BlockReference } from '../../consensus/index.ts';
import type { GroupIdentity } from '../../ledger/index.ts';
import { type Block, equalBytes } from '../../records/index.ts';
import { askForBlocks, blocksIn } from '../block-requests.ts';
import type { Members } from '../members.ts';
import type { Clock, Network, Random } from '../ports.ts';

export interface CatchUpOptions {
  readonly topic: string;
  readonly identity: GroupIdentity;
  readonly producers: readonly string[];
  readonly userPubkey: string;
  readonly members: Members;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

const ASK_BLOCKS = 64;
const REQUEST_TIMEOUT_MS = 15_000;
const PAUSE_MS = 1_000;

/**
 * Fetches blocks that producers hold and that need not be final yet. Whether they are the ones that f+1 producers named is for the caller
 * to check: it executes them and compares the last hash.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  #turn = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Blocks from `from` up to the target, as many as one producer gives at once; none if nobody does. Asks another one each time. */
  async fetch(from: number, target: BlockReference): Promise<readonly Block[]> {
    const { members, producers, userPubkey, identity } = this.#options;
    const { groupId, cipherKey } = identity;
    const others = producers.filter((pubkey) => pubkey !== userPubkey).flatMap((pubkey) => members.ofKey(pubkey));
    const source = others[this.#turn++ % Math.max(1, others.length)];
    if (!source) return [];
    const wanted = { from, count: Math.min(ASK_BLOCKS, target.blockId - from + 1), waiting: true };
    const asker = { ...this.#options, groupId, cipherKey };
    return blocksIn(await askForBlocks(asker, source.peerId, wanted, REQUEST_TIMEOUT_MS));
  }

  /** Before the next attempt. */
  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(PAUSE_MS, resolve);
    });
  }
}

/**
 * The fetched blocks that f+1 producers stand for: the one that they named, and those that it is built on. Who served them may have made up the rest;
 * that `BlockHash` is a block's hash is still to be checked.
 */
export function namedBy(target: BlockReference, blocks: readonly Block[]): ReadonlySet<Block> {
  const named = new Set<Block>();
  let hash = target.blockHash;
  for (const block of blocks.toReversed()) {
    if (!equalBytes(block.BlockHash, hash)) continue;
    named.add(block);
    hash = block.PrevHash;
  }
  return named;
}

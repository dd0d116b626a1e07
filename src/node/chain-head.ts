import { emptyFrontier, frontierRoot } from '../crypto/index.ts';
import type { ActiveConfiguration, flawOf, GroupIdentity, ParentBlock } from '../ledger/index.ts';
import type { Block, Trx } from '../records/index.ts';
import type { Store } from './ports.ts';
import type { VerifiedTrxs } from './verified.ts';

export interface Head extends ParentBlock {
  readonly stateRoot: Uint8Array;
  /** Of the configuration that sealed it. */
  readonly configNonce: number;
  /** Posts that this node holds decrypted. */
  readonly posts: number;
}

/**
 * Why a block from elsewhere was not taken. `wrong-content`: its trxs break the rules for a block; `wrong-evidence`: what it carries of its agreement
 * does not hold, which its hash says nothing of; `wrong-root`: its StateRoot is not ours;
 * `unknown-rules`: the group has changed to execution rules that this software does not have.
 */
export type Refusal =
  | NonNullable<ReturnType<typeof flawOf>>
  | 'wrong-content'
  | 'wrong-evidence'
  | 'wrong-root'
  | 'unknown-rules';

export interface ChainOptions {
  readonly identity: GroupIdentity;
  readonly genesis: Block;
  readonly store: Store;
  readonly verified: VerifiedTrxs;
  readonly readPost: ReadPost;
}

/** A block above the head. */
export interface Above {
  readonly head: Head;
  /** Its producers' seals make it final. */
  readonly configuration: ActiveConfiguration;
  readonly isFinal: boolean;
}

/** Decrypts a post's data; undefined: not readable here (not admitted, or not what a post holds). */
export type ReadPost = (trx: Trx) => Promise<Uint8Array | undefined>;

export const headOf = (block: Block, posts: number): Head => ({
  blockId: block.BlockId,
  epoch: block.Epoch,
  timeNs: block.TimeStamp,
  hash: block.BlockHash,
  stateRoot: block.StateRoot,
  configNonce: block.ConfigNonce,
  posts,
});

export const genesisHead = (genesis: Block): Head => ({ ...headOf(genesis, 0), stateRoot: frontierRoot(emptyFrontier()) });

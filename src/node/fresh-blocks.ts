import { verifyHeaderSeal } from '../crypto/index.ts';
import {
  type Block,
  blockHash,
  equalBytes,
  quorum,
  SEAL_TAG,
  type Seal,
  type SealBody,
  type SealedHeader,
  sealBodyOf,
  toHex,
} from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { GossipVerdict } from './ports.ts';

export interface FreshBlocksOptions {
  readonly chain: Pick<Chain, 'head' | 'inForce' | 'identity'>;
  /** Whether this node takes final blocks from others: a producer builds its own. */
  readonly takesBlocks: () => boolean;
  /** Examines, executes and stores blocks as when they were fetched; rejects on an error of this machine. */
  readonly apply: (blocks: readonly Block[]) => Promise<unknown>;
  readonly failed: (error: unknown) => void;
}

/** Heights above the head, and below it, whose seals are of use to somebody. */
const HEIGHTS_AROUND = 4;

/** What is known of a block that is on its way: one body, and the seals for its hash. */
interface Candidate {
  readonly seals: Map<string, Seal>;
  block: Block | undefined;
}

/**
 * Blocks that producers tell of while they seal them (rule N-14): whoever hears N−f seals and the body of the next block has it one way of the network
 * after it was decided, and asks nobody. It is a short cut only: what is not told so, or is lost, is fetched as ever.
 *
 * Bounded: few heights, one hash a producer and height, one body of gossip's size a hash.
 */
export class FreshBlocks {
  readonly #options: FreshBlocksOptions;
  /** Height → hash → what is known. */
  readonly #heights = new Map<number, Map<string, Candidate>>();
  /** Of the configuration that they are under. */
  #nonce = -1;
  #isHandingOn = false;

  constructor(options: FreshBlocksOptions) {
    this.#options = options;
  }

  /** A producer's seal by itself. */
  hearSeal({ Header: header, Seals: seals }: SealedHeader): GossipVerdict {
    const [seal] = seals;
    if (!header || !seal || seals.length > 1) return 'reject';
    return this.#hear(header, seal, undefined);
  }

  /** A whole block with the seal of the producer that tells of it. */
  hearBlock(block: Block): GossipVerdict {
    const [seal] = block.Seals;
    if (!seal || block.Seals.length > 1) return 'reject';
    return this.#hear(sealBodyOf(block), seal, block);
  }

  #hear(header: SealBody, seal: Seal, block: Block | undefined): GossipVerdict {
    const { head, inForce, identity } = this.#options.chain;
    if (header.Tag !== SEAL_TAG || header.GroupId !== identity.groupId) return 'reject';
    // Of another configuration, or of a time that is over or far off: it says nothing here, and may be true.
    if (header.ConfigNonce !== inForce.nonce || !inForce.producers.includes(seal.ProducerPubkey)) return 'ignore';
    if (Math.abs(header.BlockId - head.blockId) > HEIGHTS_AROUND) return 'ignore';
    if (!verifyHeaderSeal(seal, header)) return 'reject';
    if (block && !equalBytes(blockHash(block), block.BlockHash)) return 'reject';
    if (header.BlockId > head.blockId && this.#options.takesBlocks() && !this.#collect(header, seal, block)) return 'ignore';
    return 'accept';
  }

  /** Answers whether it may be true: an honest producer seals one block a height. */
  #collect({ BlockId: blockId, BlockHash: hash }: SealBody, seal: Seal, block: Block | undefined): boolean {
    const { nonce } = this.#options.chain.inForce;
    if (nonce !== this.#nonce) this.#heights.clear();
    this.#nonce = nonce;
    const here = this.#heights.get(blockId) ?? new Map<string, Candidate>();
    this.#heights.set(blockId, here);
    const name = toHex(hash);
    for (const [other, { seals }] of here) if (other !== name && seals.has(seal.ProducerPubkey)) return false;
    const candidate: Candidate = here.get(name) ?? { seals: new Map(), block: undefined };
    here.set(name, candidate);
    candidate.seals.set(seal.ProducerPubkey, seal);
    if (block) candidate.block ??= block;
    void this.#handOn();
    return true;
  }

  /** Hands on what is complete and next, one after the other. */
  async #handOn(): Promise<void> {
    if (this.#isHandingOn) return;
    this.#isHandingOn = true;
    for (let next = this.#next(); next; next = this.#next()) {
      const { here, name, block } = next;
      // Whatever comes of it: if it is refused, another copy may hold.
      here.delete(name);
      await this.#options.apply([block]).catch(this.#options.failed);
    }
    this.#isHandingOn = false;
  }

  #next(): { readonly here: Map<string, Candidate>; readonly name: string; readonly block: Block } | undefined {
    const { head, inForce } = this.#options.chain;
    for (const height of this.#heights.keys()) if (height <= head.blockId) this.#heights.delete(height);
    const here = this.#heights.get(head.blockId + 1);
    for (const [name, { seals, block }] of here ?? []) {
      if (!here || !block) continue;
      const good = inForce.producers.flatMap((producer) => seals.get(producer) ?? []);
      if (good.length >= quorum(inForce.producers.length)) return { here, name, block: { ...block, Seals: good } };
    }
    return undefined;
  }
}

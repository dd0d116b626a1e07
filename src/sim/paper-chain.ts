import { emptyFrontier, leafHash, merkleTree } from '../crypto/index.ts';
import { assembleBlock, configurationOf, execute, type GroupIdentity, KvState, sealBlock } from '../ledger/index.ts';
import {
  Block,
  comparePubkeys,
  HistoryLeaf,
  RECEIPT_TAG,
  type Receipt,
  sealBodyOf,
  type Trx,
  type TrxProof,
} from '../records/index.ts';
import { dealtChange } from './dealt-change.ts';
import { type Author, paperGroup } from './ledger-fixture.ts';
import { SeededRandom } from './random.ts';

const EPOCH_NS = 1_000_000_000n;
const START_NS = 1_700_000_000_000_000_000n;

/**
 * A chain that exists only on paper, with as many producers as its signing keys make: sealed blocks, and proofs from a tree that is built whole
 * (a node keeps only its nodes).
 */
export class PaperChain {
  readonly identity: GroupIdentity;
  readonly owner: Author;
  readonly alice: Author;
  readonly bob: Author;
  readonly blocks: Block[] = [];
  readonly #random: SeededRandom;
  readonly #state = new KvState();
  readonly #leaves: HistoryLeaf[] = [];
  #frontier = emptyFrontier();
  #nonce = -1;

  constructor(seed: number) {
    const { identity, ...people } = paperGroup(seed);
    this.identity = { ...identity, hasTrustedDealer: true };
    this.owner = people.owner;
    this.alice = people.alice;
    this.bob = people.bob;
    this.#random = new SeededRandom(seed, 'paper chain');
  }

  get timeNs(): bigint {
    return START_NS + BigInt(this.blocks.length) * EPOCH_NS;
  }

  /** What a node has below block 1. */
  get genesis(): Block {
    return Block.create({ GroupId: this.identity.groupId, BlockHash: new Uint8Array(32), TimeStamp: START_NS });
  }

  /** The CONSENSUS trx with the next nonce for these producers; a recovery, if it goes on from a base. */
  change(producers: readonly Author[], base?: Block): Trx {
    this.#nonce += 1;
    return dealtChange({
      seed: this.identity,
      signSecrets: producers.map(({ secret }) => secret),
      ownerSecret: this.owner.secret,
      intervalMs: 1_000,
      encryption: 0,
      random: this.#random,
      timeNs: this.timeNs,
      nonce: this.#nonce,
      ...(base && { base: { blockId: base.BlockId, hash: base.BlockHash } }),
    });
  }

  /** A block of these trxs in this order, sealed by these. `isRecovery`: under the configuration that it sets itself. */
  add(trxs: readonly Trx[], sealers: readonly Author[], isRecovery = false): Block {
    const before = configurationOf(this.#state, this.identity);
    const execution = execute(this.#state, this.#frontier, trxs, this.identity);
    for (const { table, key, value } of execution.changes) this.#state.apply(table, key, value);
    this.#frontier = execution.frontier;
    this.#leaves.push(...execution.leaves);
    const parent = this.blocks.at(-1) ?? this.genesis;
    const configuration = isRecovery ? configurationOf(this.#state, this.identity) : before;
    const bare = assembleBlock({
      parent: { blockId: parent.BlockId, epoch: parent.Epoch, timeNs: parent.TimeStamp, hash: parent.BlockHash },
      configuration,
      epoch: Math.max(parent.Epoch + 1, isRecovery ? configuration.startEpoch : 0),
      proposers: [0],
      timeNs: this.timeNs + 1n,
      trxs,
      stateRoot: execution.stateRoot,
    });
    const sealed = sealers.map(({ secret }) => sealBlock(bare, before, secret));
    const block = {
      ...bare,
      ProducerSign: sealed[0]?.ProducerSign ?? bare.ProducerSign,
      Seals: sealed.flatMap(({ Seals }) => Seals),
    };
    this.blocks.push(block);
    return block;
  }

  proofOf(block: Block, place: number): TrxProof {
    const index = this.blocks.indexOf(block);
    const first = this.blocks.slice(0, index).reduce((leaves, { Trxs }) => leaves + Trxs.length, 0);
    const size = first + block.Trxs.length;
    const leaves = this.#leaves.slice(0, size);
    const { paths } = merkleTree(leaves.map((leaf) => leafHash(HistoryLeaf.encode(leaf))));
    return {
      Trx: block.Trxs[place],
      Leaf: leaves[first + place],
      LeafIndex: first + place,
      HistorySize: size,
      Path: paths[first + place] ?? [],
      Header: sealBodyOf(block),
      Seals: [...block.Seals].sort((a, b) => comparePubkeys(a.ProducerPubkey, b.ProducerPubkey)),
    };
  }

  /** `links`: where the changes of consensus stand. */
  receipt(block: Block, place: number, links: readonly (readonly [block: Block, place: number])[]): Receipt {
    return { Tag: RECEIPT_TAG, Links: links.map((link) => this.proofOf(...link)), Proof: this.proofOf(block, place) };
  }
}

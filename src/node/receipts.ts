import { emptyFrontier, inclusionProof, leafHash } from '../crypto/index.ts';
import { ConsensusRow, execute, KvState, verifyReceipt } from '../ledger/index.ts';
import {
  type Block,
  ConsensusResult,
  comparePubkeys,
  equalBytes,
  HistoryLeaf,
  LIMITS,
  RECEIPT_TAG,
  Receipt,
  RecordError,
  type Seal,
  sealBodyOf,
  type TrxProof,
  TrxResult,
  trxHash,
} from '../records/index.ts';
import type { Chain } from './chain.ts';
import { HistoryNodes } from './history-nodes.ts';
import type { Store } from './ports.ts';
import type { PlaceRow } from './rows.ts';
import { NodeError } from './service.ts';

/** Receipts out of what a node has stored: blocks, and the history's nodes by the block that completed them. */

const HASH_BYTES = 32;
const NO_HASH = new Uint8Array(HASH_BYTES);

/** The receipt of the trx at a place in a final block. Throws NodeError `too-large` for one that nobody would read. */
export async function makeReceipt(chain: Chain, store: Store, place: PlaceRow): Promise<Receipt> {
  const history = new StoredHistory(chain, store);
  const block = await history.block(place.BlockId);
  const changes = linksBefore(chain, block);
  if (changes.length > LIMITS.receiptLinks) throw tooLarge();
  const links: TrxProof[] = [];
  for (const trxId of changes) {
    const change = await chain.placeOf(chain.identity.ownerPubkey, trxId);
    if (!change) throw new NodeError('internal', 'A change of consensus is not in the stored blocks.');
    links.push(await history.proofOf(change));
  }
  const receipt: Receipt = { Tag: RECEIPT_TAG, Links: links, Proof: await history.proofOf(place) };
  try {
    Receipt.encode(receipt);
  } catch (error) {
    if (error instanceof RecordError && error.code === 'too-large') throw tooLarge();
    throw error;
  }
  const verdict = verifyReceipt(chain.identity, receipt);
  if (!verdict.valid) throw new NodeError('internal', `The stored blocks do not give a receipt: ${verdict.flaw.message}`);
  return receipt;
}

const tooLarge = (): NodeError =>
  new NodeError('too-large', 'The group has changed its producers so often that the receipt would be larger than anybody reads.');

/** Ids of the CONSENSUS trxs that lead from the seed to the configuration that sealed a block, by nonce. Block 1 needs none. */
function linksBefore(chain: Chain, block: Block): string[] {
  if (block.BlockId === 1) return [];
  return chain.state
    .list('consensus', 'proof/')
    .map(({ value }) => ConsensusRow.decode(value))
    .filter(({ Bundle: bundle }) => bundle?.Result === ConsensusResult.SUCCESS && (bundle.Req?.Nonce ?? 0) <= block.ConfigNonce)
    .map(({ TrxId }) => TrxId);
}

/** Proofs out of the history tree as its rows hold it. */
class StoredHistory {
  readonly #chain: Chain;
  readonly #nodes: HistoryNodes;

  constructor(chain: Chain, store: Store) {
    this.#chain = chain;
    this.#nodes = new HistoryNodes(store, chain.identity.groupId, chain.head.blockId);
  }

  async block(blockId: number): Promise<Block> {
    const block = await this.#chain.storedBlock(blockId);
    if (!block) throw new NodeError('unknown-block', `Block ${blockId} of the group is not whole in this storage.`, { blockId });
    return block;
  }

  async proofOf({ BlockId: blockId, Place: place, Reason: reason }: PlaceRow): Promise<TrxProof> {
    const block = await this.block(blockId);
    const row = await this.#nodes.row(blockId);
    const trx = block.Trxs[place];
    if (!trx) throw new NodeError('internal', 'A stored block lacks a trx that its index names.');
    const leafIndex = row.FirstLeaf + place;
    const size = row.FirstLeaf + block.Trxs.length;
    const digest = row.Digests.slice(place * HASH_BYTES, (place + 1) * HASH_BYTES);
    const leaf: HistoryLeaf =
      digest.length === HASH_BYTES
        ? { TrxHash: trxHash(trx), WriteSetDigest: digest, Result: reason === '' ? TrxResult.APPLIED : TrxResult.REJECTED }
        : await this.#leafByExecution(blockId, place);
    if (!equalBytes(leafHash(HistoryLeaf.encode(leaf)), await this.#nodes.node(0, leafIndex)))
      throw new NodeError('internal', 'The stored history does not fit the stored blocks.');
    return {
      Trx: trx,
      Leaf: leaf,
      LeafIndex: leafIndex,
      HistorySize: size,
      Path: await this.#path(size, leafIndex),
      Header: sealBodyOf(block),
      Seals: [...block.Seals].sort((a: Seal, b: Seal) => comparePubkeys(a.ProducerPubkey, b.ProducerPubkey)),
    };
  }

  /** Twice over: once to learn which nodes are needed, once with them. */
  async #path(size: number, leafIndex: number): Promise<readonly Uint8Array[]> {
    const nodes = new Map<string, Uint8Array>();
    const wanted: (readonly [level: number, index: number])[] = [];
    const note = (level: number, index: number): Uint8Array => {
      wanted.push([level, index]);
      return NO_HASH;
    };
    inclusionProof(note, size, leafIndex);
    for (const [level, index] of wanted) nodes.set(`${level}/${index}`, await this.#nodes.node(level, index));
    return inclusionProof((level, index) => nodes.get(`${level}/${index}`) ?? NO_HASH, size, leafIndex);
  }

  /** For blocks stored without digests: runs the chain again up to the block. */
  async #leafByExecution(blockId: number, place: number): Promise<HistoryLeaf> {
    const state = new KvState();
    let frontier = emptyFrontier();
    for (let next = 1; ; next++) {
      const { Trxs: trxs } = await this.block(next);
      const execution = execute(state, frontier, trxs, this.#chain.identity);
      const leaf = execution.leaves[place];
      if (next === blockId && leaf) return leaf;
      for (const { table, key, value } of execution.changes) state.apply(table, key, value);
      frontier = execution.frontier;
    }
  }
}

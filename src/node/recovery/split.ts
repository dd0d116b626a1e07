import { toHex } from '../../records/index.ts';
import type { Store } from '../ports.ts';
import { keyOf, SplitRow } from '../rows.ts';
import type { Notice } from '../view.ts';
import type { TwoChains } from './two-chains.ts';

/** Two chains that count alike: a node that has seen them stops, also after a restart, until a recovery of a higher nonce ends it. */
export class Split {
  readonly #store: Store;
  readonly #groupId: string;
  #found: TwoChains | undefined;

  constructor(store: Store, groupId: string) {
    this.#store = store;
    this.#groupId = groupId;
  }

  get found(): TwoChains | undefined {
    return this.#found;
  }

  get problem(): Notice | undefined {
    return this.#found && noticeOf(this.#found);
  }

  async load(): Promise<void> {
    const value = await this.#store.get('log', keyOf.twoChains(this.#groupId));
    const row = value && SplitRow.decode(value);
    this.#found = row && {
      nonce: row.Nonce,
      ours: { blockId: row.OurBlockId, hash: row.OurHash },
      theirs: { blockId: row.TheirBlockId, hash: row.TheirHash },
    };
  }

  async begin(found: TwoChains): Promise<void> {
    const { nonce, ours, theirs } = found;
    const row: SplitRow = {
      Nonce: nonce,
      OurBlockId: ours.blockId,
      OurHash: ours.hash,
      TheirBlockId: theirs.blockId,
      TheirHash: theirs.hash,
    };
    await this.#store.write([{ table: 'log', key: keyOf.twoChains(this.#groupId), value: SplitRow.encode(row) }], 'strict');
    this.#found = found;
  }

  async end(): Promise<void> {
    await this.#store.write([{ table: 'log', key: keyOf.twoChains(this.#groupId), value: undefined }], 'strict');
    this.#found = undefined;
  }
}

const noticeOf = ({ nonce, ours, theirs }: TwoChains): Notice => {
  const [ourHash, theirHash] = [toHex(ours.hash), toHex(theirs.hash)];
  return {
    code: 'two-chains',
    message: `There are two chains of this group under consensus ${nonce}, both sealed by its producers: here block ${ours.blockId} is ${ourHash}, elsewhere block ${theirs.blockId} is ${theirHash}. Neither counts more, so this node has stopped. Show this to the group's owner: a recovery ends it.`,
    params: { nonce, ourBlock: ours.blockId, ourHash, theirBlock: theirs.blockId, theirHash },
  };
};

/** For tests of recoveries: chains that leave each other. The same each time, so that they can do so at any block. */
import { signBlock, signSeal } from '../crypto/index.ts';
import { type Block, blockHash, type Trx } from '../records/index.ts';
import type { Author } from './ledger-fixture.ts';
import { PaperChain } from './paper-chain.ts';

/** Three blocks that everybody has, or the first of them. */
export function common(count = 3): PaperChain {
  const paper = new PaperChain(7);
  const { owner, alice } = paper;
  paper.add([paper.change([owner])], [owner]);
  if (count >= 2) paper.add([paper.change([owner, alice])], [owner]);
  if (count >= 3) paper.add([alice.post('in the third', paper.timeNs)], [owner, alice]);
  return paper;
}

/** What follows on a chain by a recovery of these (the owner and bob by default); `also` stands in its first block. */
export function recovered(also: readonly Trx[] = [], paper = common(), producers = [paper.owner, paper.bob]) {
  const trx = paper.change(producers, paper.blocks.at(-1));
  return { paper, trx, first: paper.add([trx, ...also], producers, true) };
}

/** The common blocks, and after them two of the producers before. */
export function goneOn() {
  const paper = common();
  const { owner, alice, bob } = paper;
  const posts = [alice.post('kept', paper.timeNs), alice.post('lost', paper.timeNs + 1n)];
  paper.add(posts, [owner, alice]);
  paper.add([bob.post('of another', paper.timeNs)], [owner, alice]);
  return { paper, posts };
}

/** A chain that goes on from the common blocks by an ordinary one, and then by a recovery of this nonce. */
export function recoveredLater(nonce: 2 | 3) {
  const paper = common();
  const { owner, alice } = paper;
  const ordinary = paper.add([alice.post('in the older one', paper.timeNs)], [owner, alice]);
  if (nonce === 3) paper.change([owner]);
  return { paper, blocks: [ordinary, recovered([], paper).first] };
}

/** A block with something else in it, hashed and sealed anew; by one alone also signed. */
export function altered(block: Block, over: Partial<Block>, sealers: readonly Author[]): Block {
  const unhashed = { ...block, ...over };
  const bare = { ...unhashed, BlockHash: blockHash(unhashed), Seals: [] };
  const [first, ...others] = sealers;
  const signed = first && others.length === 0 ? signBlock(bare, first.secret) : bare;
  return { ...signed, Seals: sealers.map(({ secret }) => signSeal(signed, secret)) };
}

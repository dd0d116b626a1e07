import type { Receipt, Trx } from '../records/index.ts';
import { answerIn } from './answers.ts';
import type { Chain } from './chain.ts';
import type { Group } from './group.ts';
import type { Store } from './ports.ts';
import { makeReceipt } from './receipts.ts';
import type { PlaceRow } from './rows.ts';
import { NodeError, type TrxStatus } from './service.ts';

/** What a node can say of one trx of a group, by its id. */

const unknownTrx = (trxId: string): NodeError =>
  new NodeError('unknown-trx', `There is no trx ${trxId} in the blocks that this node has.`, { trxId });

/** The places of all trxs with this id, the oldest first. */
export async function placesOf(chain: Chain, trxId: string): ReturnType<Chain['placesOf']> {
  const places = await chain.placesOf(trxId);
  return places.sort((a, b) => a.place.BlockId - b.place.BlockId || a.place.Place - b.place.Place);
}

/** The node's own if there is one, else the oldest (wire.md: whoever copies another's id takes nothing from it). */
async function placeOf({ chain, row }: Group, trxId: string): Promise<PlaceRow | undefined> {
  const places = await placesOf(chain, trxId);
  return (places.find(({ sender }) => sender === row.UserPubkey) ?? places[0])?.place;
}

export async function finalTrx(group: Group, trxId: string): Promise<Trx> {
  const place = await placeOf(group, trxId);
  const trx = place && (await group.chain.storedBlock(place.BlockId))?.Trxs[place.Place];
  if (!trx) throw unknownTrx(trxId);
  return trx;
}

export async function receiptOf(group: Group, store: Store, trxId: string): Promise<Receipt> {
  const place = await placeOf(group, trxId);
  if (place) return makeReceipt(group.chain, store, place);
  if (!group.outbox.get(trxId)) throw unknownTrx(trxId);
  throw new NodeError('unknown-trx', 'This trx is in no block yet. It has a receipt as soon as it is final.', { trxId });
}

export async function statusOf(group: Group, trxId: string): Promise<TrxStatus> {
  const place = await placeOf(group, trxId);
  if (place) {
    const block = await group.chain.storedBlock(place.BlockId);
    if (!block) throw unknownTrx(trxId);
    return { status: 'Committed', blockId: place.BlockId, seals: block.Seals.length, ...answerIn(place, block) };
  }
  if (!group.outbox.get(trxId)) return { status: 'Unknown' };
  const reason = group.outbox.reasonOf(trxId);
  return reason ? { status: 'Invalid', reason } : { status: 'Pending' };
}

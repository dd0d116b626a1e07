import { AnnounceItem, TrxType } from '../records/index.ts';
import type { Group } from './group.ts';
import { announcementOf } from './items.ts';
import type { AnnounceChange, Submitted } from './service.ts';

/** What this user asks of its group besides posts: an item, signed and submitted. Acknowledged like a post. */

export async function announce(group: Group, change: AnnounceChange): Promise<Submitted<AnnounceItem>> {
  const item = announcementOf(group.groupId, group.secrets, change);
  return { item, trxId: await group.submit({ type: TrxType.ANNOUNCE, plain: AnnounceItem.encode(item) }) };
}

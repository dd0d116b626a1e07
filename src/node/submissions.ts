import { announcedKey } from '../ledger/index.ts';
import { AnnounceItem, AppConfigItem, ChainConfigItem, ItemAction, TrxType, UpdGroupUserItem } from '../records/index.ts';
import type { Group } from './group.ts';
import { announcementOf, appConfigOf, chainConfigOf, userUpdateOf } from './items.ts';
import {
  type AnnounceChange,
  type AppConfigChange,
  type ChainConfigChange,
  NodeError,
  type Submitted,
  type UserChange,
} from './service.ts';

/** What this user asks of its group besides posts: an item, signed and submitted. Acknowledged like a post. */

export async function announce(group: Group, change: AnnounceChange): Promise<Submitted<AnnounceItem>> {
  const item = announcementOf(group.groupId, group.secrets, change);
  return { item, trxId: await group.submit({ type: TrxType.ANNOUNCE, plain: AnnounceItem.encode(item) }) };
}

export async function updateUser(group: Group, change: UserChange): Promise<Submitted<UpdGroupUserItem>> {
  requireOwner(group, 'admits and removes users');
  const item = userUpdateOf(group.groupId, change);
  if (item.Action === ItemAction.ADD && !group.chain.state.get('announced', announcedKey('user', item.UserPubkey))) {
    const message = `The user ${item.UserPubkey} has not announced itself in this group. It has to announce itself as a user first.`;
    throw new NodeError('not-announced', message, { pubkey: item.UserPubkey });
  }
  return { item, trxId: await group.submit({ type: TrxType.USER, plain: UpdGroupUserItem.encode(item) }) };
}

export async function setChainConfig(
  group: Group,
  change: ChainConfigChange,
  timeNs: bigint,
): Promise<Submitted<ChainConfigItem>> {
  requireOwner(group, 'sets its rules');
  const item = chainConfigOf(group.groupId, group.secrets, change, timeNs);
  return { item, trxId: await group.submit({ type: TrxType.CHAIN_CONFIG, plain: ChainConfigItem.encode(item) }) };
}

export async function setAppConfig(group: Group, change: AppConfigChange, timeNs: bigint): Promise<Submitted<AppConfigItem>> {
  requireOwner(group, 'sets the settings of its apps');
  const item = appConfigOf(group.groupId, group.secrets, change, timeNs);
  return { item, trxId: await group.submit({ type: TrxType.APP_CONFIG, plain: AppConfigItem.encode(item) }) };
}

function requireOwner({ row, seed }: Group, deed: string): void {
  if (row.UserPubkey === seed.ownerPubkey) return;
  throw new NodeError('not-allowed', `Only the owner of the group ${deed}, and this user is not its owner.`);
}

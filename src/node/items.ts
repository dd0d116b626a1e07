import { ageRecipientOf, publicKeyOf, signAnnounce, signAppConfig, signChainConfig } from '../crypto/index.ts';
import {
  AnnounceItem,
  AnnounceType,
  AppConfigItem,
  AppConfigType,
  ChainConfigItem,
  ChainConfigType,
  ChainSendTrxRuleListItem,
  ItemAction,
  SetTrxAuthModeItem,
  type UpdGroupUserItem,
} from '../records/index.ts';
import type { Secrets } from './secrets.ts';
import type { AnnounceChange, AppConfigChange, ChainConfigChange, UserChange } from './service.ts';

/** The signed items that travel in trxs of their own type. */

const ACTIONS = { add: ItemAction.ADD, remove: ItemAction.REMOVE } as const;
const ANNOUNCE_TYPES = { user: AnnounceType.AS_USER, producer: AnnounceType.AS_PRODUCER } as const;

/** An announcement of these secrets' own keys. */
export function announcementOf(groupId: string, secrets: Secrets, { action, type, memo }: AnnounceChange): AnnounceItem {
  const signPubkey = publicKeyOf(secrets.signSecret);
  const item = AnnounceItem.create({
    GroupId: groupId,
    Action: ACTIONS[action],
    Content: {
      Type: ANNOUNCE_TYPES[type],
      SignPubkey: signPubkey,
      EncryptPubkey: ageRecipientOf(secrets.encryptIdentity),
      Memo: memo,
    },
    AnnouncerPubkey: signPubkey,
  });
  return signAnnounce(item, secrets.signSecret);
}

/** The owner's word on a user. It carries no signature of its own: its trx has the owner's. */
export const userUpdateOf = (groupId: string, { userPubkey, action, memo }: UserChange): UpdGroupUserItem => ({
  GroupId: groupId,
  UserPubkey: userPubkey,
  Action: ACTIONS[action],
  Memo: memo,
});

const CHAIN_CONFIG_TYPES = {
  set_trx_auth_mode: ChainConfigType.SET_TRX_AUTH_MODE,
  upd_alw_list: ChainConfigType.UPD_ALW_LIST,
  upd_dny_list: ChainConfigType.UPD_DNY_LIST,
} as const;

/** A rule, signed by the owner. */
export function chainConfigOf(groupId: string, owner: Secrets, change: ChainConfigChange, timeNs: bigint): ChainConfigItem {
  const data =
    change.type === 'set_trx_auth_mode'
      ? SetTrxAuthModeItem.encode({ Type: change.trxType, Mode: change.mode })
      : ChainSendTrxRuleListItem.encode({ Action: ACTIONS[change.action], Pubkey: change.pubkey, Type: [...change.trxTypes] });
  const item = ChainConfigItem.create({
    GroupId: groupId,
    Type: CHAIN_CONFIG_TYPES[change.type],
    Data: data,
    TimeStamp: timeNs,
    Memo: change.memo,
  });
  return signChainConfig(item, owner.signSecret);
}

const APP_CONFIG_TYPES = { int: AppConfigType.INT, bool: AppConfigType.BOOL, string: AppConfigType.STRING } as const;

/** A setting of the group's apps, signed by the owner. */
export function appConfigOf(groupId: string, owner: Secrets, change: AppConfigChange, timeNs: bigint): AppConfigItem {
  const item = AppConfigItem.create({
    GroupId: groupId,
    Action: ACTIONS[change.action],
    Name: change.name,
    Type: APP_CONFIG_TYPES[change.type],
    Value: change.value,
    Memo: change.memo,
    TimeStamp: timeNs,
  });
  return signAppConfig(item, owner.signSecret);
}

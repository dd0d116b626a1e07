import { verifyAppConfig } from '../../crypto/index.ts';
import { AppConfigItem, AppConfigType, ItemAction, LIMITS } from '../../records/index.ts';
import type { Frontend } from './frontend.ts';
import { openItem, require } from './item.ts';

const INTEGER = /^-?(0|[1-9][0-9]{0,18})$/;

const isValueOf = (type: AppConfigType, value: string): boolean => {
  if (type === AppConfigType.INT) return INTEGER.test(value);
  if (type === AppConfigType.BOOL) return value === 'true' || value === 'false';
  return true;
};

/** APP_CONFIG: named values that the owner sets for the group's apps (older nodes take them from anyone). */
export const appConfig: Frontend = (trx, transaction, context) => {
  require(trx.SenderPubkey === context.identity.ownerPubkey, 'only the owner sets app configuration');
  const item = openItem(trx, context, AppConfigItem);
  require(item.GroupId === context.identity.groupId, 'the item is for another group');
  require(item.OwnerPubkey === trx.SenderPubkey && verifyAppConfig(item), "the item's signature does not verify");
  require(item.Name.length > 0 && item.Name.length <= LIMITS.appConfigNameChars, 'the name is empty or too long');
  require(item.Value.length <= LIMITS.appConfigValueChars, 'the value is too long');
  require(item.Memo.length <= LIMITS.memoChars, 'the memo is too long');
  if (item.Action === ItemAction.ADD) {
    require(isValueOf(item.Type, item.Value), 'the value is not of the type that the item names');
    transaction.put('appconfig', item.Name, AppConfigItem.encode(item));
    return;
  }
  require(transaction.get('appconfig', item.Name) !== undefined, 'there is no value of this name');
  transaction.delete('appconfig', item.Name);
};

import { verifyChainConfig } from '../../crypto/index.ts';
import {
  ChainConfigItem,
  ChainConfigType,
  ChainSendTrxRuleListItem,
  ItemAction,
  isPublicKey,
  LIMITS,
  SetTrxAuthModeItem,
  type TrxType,
} from '../../records/index.ts';
import type { KvTransaction } from '../kv.ts';
import { AuthRow, authKey, ListRow, listKey } from '../rules.ts';
import type { Frontend } from './frontend.ts';
import { decodeItem, openItem, require } from './item.ts';

/** CHAIN_CONFIG: how a trx type is admitted, and who is on the allow and deny lists. In force from the next block on. */
export const rules: Frontend = (trx, transaction, context) => {
  require(trx.SenderPubkey === context.identity.ownerPubkey, 'only the owner sets rules');
  const item = openItem(trx, context, ChainConfigItem);
  require(item.GroupId === context.identity.groupId, 'the item is for another group');
  require(item.OwnerPubkey === trx.SenderPubkey && verifyChainConfig(item), "the item's signature does not verify");
  require(item.Memo.length <= LIMITS.memoChars, 'the memo is too long');
  const encoded = ChainConfigItem.encode(item);
  if (item.Type === ChainConfigType.SET_TRX_AUTH_MODE) {
    const { Type, Mode } = decodeItem(item.Data, SetTrxAuthModeItem);
    transaction.put('rules', authKey(Type), AuthRow.encode({ Mode, Item: encoded }));
    return;
  }
  const change = decodeItem(item.Data, ChainSendTrxRuleListItem);
  require(isPublicKey(change.Pubkey), 'the rule names no public key');
  updateList(transaction, listKey(item.Type === ChainConfigType.UPD_ALW_LIST ? 'allow' : 'deny', change.Pubkey), change, encoded);
};

/** ADD joins the named types to those listed; REMOVE takes them off, all of them if it names none. */
function updateList(transaction: KvTransaction, key: string, change: ChainSendTrxRuleListItem, item: Uint8Array): void {
  const row = transaction.get('rules', key);
  const listed = new Set<TrxType>(row ? ListRow.decode(row).Types : []);
  if (change.Action === ItemAction.ADD) {
    require(change.Type.length > 0, 'the rule names no trx type');
    for (const type of change.Type) listed.add(type);
  } else {
    require(row !== undefined, 'this key is not on the list');
    for (const type of change.Type.length > 0 ? change.Type : [...listed]) listed.delete(type);
  }
  if (listed.size === 0) transaction.delete('rules', key);
  else transaction.put('rules', key, ListRow.encode({ Types: [...listed].sort((a, b) => a - b), Item: item }));
}

import { authModeOf, ListRow } from '../ledger/index.ts';
import { AppConfigItem, ChainConfigItem, type TrxAuthMode, type TrxType } from '../records/index.ts';
import type { Chain } from './chain.ts';
import { type AppConfigKey, type ListedSender, NodeError } from './service.ts';

/** What the ledger's state says of a group's rules and of its apps' settings. */

export function listedSenders(chain: Chain, list: 'allow' | 'deny'): ListedSender[] {
  const prefix = `${list}/`;
  return chain.state.list('rules', prefix).map(({ key, value }) => {
    const row = ListRow.decode(value);
    return { pubkey: key.slice(prefix.length), trxTypes: row.Types, item: ChainConfigItem.decode(row.Item) };
  });
}

/** How trxs of this type are admitted, whether or not the owner has ever set it. */
export const authModeFor = (chain: Chain, trxType: TrxType): TrxAuthMode => authModeOf(chain.state, trxType);

export const appConfigKeys = (chain: Chain): AppConfigKey[] =>
  chain.state.list('appconfig', '').map(({ key, value }) => ({ name: key, type: AppConfigItem.decode(value).Type }));

/** The owner's signed item that set a value. Throws NodeError `unknown-key` if there is none of this name. */
export function appConfigValue(chain: Chain, name: string): AppConfigItem {
  const row = chain.state.get('appconfig', name);
  if (!row) throw new NodeError('unknown-key', `There is no app setting with the name ${name} in this group.`, { name });
  return AppConfigItem.decode(row);
}

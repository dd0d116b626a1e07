import { bytes, enumeration, LIMITS, message, repeated, TrxAuthMode, TrxType, type TypeOf } from '../records/index.ts';
import type { KvReader } from './kv.ts';

/** Rows of the `rules` table. */

/** `auth/<trx type>`: how a trx type is admitted, with the owner's signed item as it came. */
export const AuthRow = message('AuthRow', LIMITS.trxDataBytes, {
  Mode: enumeration(1, TrxAuthMode),
  Item: bytes(2, { maxBytes: LIMITS.trxDataBytes }),
});
export type AuthRow = TypeOf<typeof AuthRow>;

/** `allow/<public key>` and `deny/<public key>`: the trx types listed, with the item that changed the row last. */
export const ListRow = message('ListRow', LIMITS.trxDataBytes, {
  Types: repeated(enumeration(1, TrxType), Object.keys(TrxType).length),
  Item: bytes(2, { maxBytes: LIMITS.trxDataBytes }),
});
export type ListRow = TypeOf<typeof ListRow>;

export const authKey = (type: TrxType): string => `auth/${type}`;
export const listKey = (list: 'allow' | 'deny', pubkey: string): string => `${list}/${pubkey}`;

/** Types that only the group's owner may send, whatever the lists say. */
const OWNER_TYPES: ReadonlySet<TrxType> = new Set([TrxType.CONSENSUS, TrxType.USER, TrxType.CHAIN_CONFIG, TrxType.APP_CONFIG]);
/** Types that belong in a block. (REQ_BLOCK and its answer are requests between nodes of older software.) */
const BLOCK_TYPES: ReadonlySet<TrxType> = new Set([...OWNER_TYPES, TrxType.POST, TrxType.ANNOUNCE]);

/** How a type is admitted as long as the owner has set nothing: everyone but those on the deny list. */
const DEFAULT_MODE = TrxAuthMode.FOLLOW_DNY_LIST;

export function authModeOf(state: KvReader, type: TrxType): TrxAuthMode {
  const row = state.get('rules', authKey(type));
  return row ? AuthRow.decode(row).Mode : DEFAULT_MODE;
}

/** Whether `sender` may put a trx of this type into a block, by the rules in `state`. */
export function mayEnter(state: KvReader, ownerPubkey: string, sender: string, type: TrxType): boolean {
  if (!BLOCK_TYPES.has(type)) return false;
  if (sender === ownerPubkey) return true;
  if (OWNER_TYPES.has(type)) return false;
  const allowListed = authModeOf(state, type) === TrxAuthMode.FOLLOW_ALW_LIST;
  const row = state.get('rules', listKey(allowListed ? 'allow' : 'deny', sender));
  const listed = row !== undefined && ListRow.decode(row).Types.includes(type);
  return allowListed ? listed : !listed;
}

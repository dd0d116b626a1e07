import { isAgeRecipient, verifyAnnounce } from '../../crypto/index.ts';
import {
  AnnounceItem,
  AnnounceType,
  ItemAction,
  isPublicKey,
  LIMITS,
  message,
  nested,
  type Trx,
  type TypeOf,
  text,
  UpdGroupUserItem,
  UserItem,
} from '../../records/index.ts';
import type { KvTransaction } from '../kv.ts';
import { type Frontend, type FrontendContext, Rejection } from './frontend.ts';
import { openItem, require } from './item.ts';

/** `announced/producer/<public key>` and `announced/user/<public key>`: the newest announcement, and the trx that brought it. */
export const AnnouncedRow = message('AnnouncedRow', LIMITS.trxDataBytes, { Item: nested(1, AnnounceItem), TrxId: text(2) });
export type AnnouncedRow = TypeOf<typeof AnnouncedRow>;

const kindOf = (type: AnnounceType): 'producer' | 'user' => (type === AnnounceType.AS_PRODUCER ? 'producer' : 'user');
export const announcedKey = (kind: 'producer' | 'user', pubkey: string): string => `${kind}/${pubkey}`;

/** ANNOUNCE: one's own key only, with the item's own signature checked (older nodes check neither). */
export const announce: Frontend = (trx, transaction, context) => {
  const item = openItem(trx, context, AnnounceItem);
  const content = item.Content;
  require(content !== undefined, 'the announcement is empty');
  require(item.GroupId === context.identity.groupId, 'the announcement is for another group');
  require(item.AnnouncerPubkey === trx.SenderPubkey &&
    content.SignPubkey === trx.SenderPubkey, 'only the own key can be announced');
  require(verifyAnnounce(item), "the announcement's signature does not verify");
  require(isAgeRecipient(content.EncryptPubkey), 'the encryption key is not an age recipient');
  require(content.Memo.length <= LIMITS.memoChars, 'the memo is too long');
  const key = announcedKey(kindOf(content.Type), trx.SenderPubkey);
  if (item.Action === ItemAction.ADD) {
    transaction.put('announced', key, AnnouncedRow.encode({ Item: item, TrxId: trx.TrxId }));
    return;
  }
  require(transaction.get('announced', key) !== undefined, 'this key is not announced');
  transaction.delete('announced', key);
};

/** USER: the owner admits or removes a user who announced itself; posts of a private group are encrypted to those admitted. */
export const user: Frontend = (trx, transaction, context) => {
  require(trx.SenderPubkey === context.identity.ownerPubkey, 'only the owner admits users');
  const item = openItem(trx, context, UpdGroupUserItem);
  require(item.GroupId === context.identity.groupId, 'the item is for another group');
  require(isPublicKey(item.UserPubkey), 'the user is not named by a public key');
  require(item.Memo.length <= LIMITS.memoChars, 'the memo is too long');
  if (item.Action === ItemAction.ADD) admit(trx, item, transaction);
  else remove(item, transaction, context);
};

function admit(trx: Trx, item: UpdGroupUserItem, transaction: KvTransaction): void {
  const announced = transaction.get('announced', announcedKey('user', item.UserPubkey));
  const encryptPubkey = announced && AnnouncedRow.decode(announced).Item?.Content?.EncryptPubkey;
  if (!encryptPubkey) throw new Rejection('this user has not announced itself');
  const row: UserItem = {
    GroupId: item.GroupId,
    UserPubkey: item.UserPubkey,
    EncryptPubkey: encryptPubkey,
    ProofTrxId: trx.TrxId,
    TxCnt: 0,
    Memo: item.Memo,
  };
  transaction.put('users', item.UserPubkey, UserItem.encode(row));
}

function remove(item: UpdGroupUserItem, transaction: KvTransaction, context: FrontendContext): void {
  require(item.UserPubkey !== context.identity.ownerPubkey, 'the owner cannot be removed');
  require(transaction.get('users', item.UserPubkey) !== undefined, 'this user is not admitted');
  transaction.delete('users', item.UserPubkey);
}

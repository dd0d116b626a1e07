import { ageRecipientOf, publicKeyOf, signAnnounce } from '../crypto/index.ts';
import { AnnounceItem, AnnounceType, ItemAction } from '../records/index.ts';
import type { Secrets } from './secrets.ts';
import type { AnnounceChange } from './service.ts';

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

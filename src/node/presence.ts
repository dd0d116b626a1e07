import { signHash, verifyHash } from '../crypto/index.ts';
import { GroupBroadcast, message, nested, sha256, type TypeOf, text } from '../records/index.ts';

/**
 * Signed presences (N-15). A presence names a group key, and anybody can name any. That of a producer, of the owner, and of whoever has announced itself is signed
 * with that key besides, over peer, nonce, head and time: so a member can be told from an invented one before a stream is opened to it.
 */

const PRESENCE_TAG = 'sett/presence/1';
const TEXT_BYTES = 64;

const PresenceBody = message('PresenceBody', 4 * 1024, {
  Tag: text(1, { maxBytes: TEXT_BYTES }),
  GroupId: text(2, { maxBytes: TEXT_BYTES }),
  Presence: nested(3, GroupBroadcast),
});
type PresenceBody = TypeOf<typeof PresenceBody>;

const NO_BYTES = new Uint8Array();

function hashOf(presence: GroupBroadcast, groupId: string): Uint8Array {
  const body: PresenceBody = { Tag: PRESENCE_TAG, GroupId: groupId, Presence: { ...presence, Sign: NO_BYTES } };
  return sha256(PresenceBody.encode(body));
}

export function signPresence(presence: GroupBroadcast, groupId: string, secret: Uint8Array): GroupBroadcast {
  return { ...presence, Sign: signHash(hashOf(presence, groupId), secret) };
}

/** Whether the group key that a presence names has signed it. Costs one signature check. */
export function isPresenceSigned(presence: GroupBroadcast, groupId: string): boolean {
  return verifyHash(hashOf(presence, groupId), presence.Sign, presence.Pubkey);
}

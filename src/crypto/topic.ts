import { hmacSha256, toHex } from '../records/index.ts';

const TOPIC_PREFIX = 'sett/1/';

/** The gossip topic of a group: whoever lacks the cipher key cannot tell which group it is. */
export function groupTopic(cipherKey: Uint8Array, groupId: string): string {
  return TOPIC_PREFIX + toHex(hmacSha256(cipherKey, new TextEncoder().encode(groupId)));
}

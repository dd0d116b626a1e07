import { LIMITS } from '../../records/limits.ts';
import { makePost } from './post-content.ts';
import { utf8Bytes } from './text.ts';

/** What encryption adds to a post's JSON: nonce and tag of AES-GCM. */
const SEAL_BYTES = 28;
const FRAME_BYTES = utf8Bytes(JSON.stringify(makePost('', '00000000-0000-4000-8000-000000000000'))) + SEAL_BYTES;

/** Most bytes that a post may take, encrypted. Private groups add some for each reader: there the node has the last word. */
export const POST_LIMIT_BYTES = LIMITS.trxDataBytes;

/** Bytes that a text takes as a post, encrypted. */
export function postBytes(text: string): number {
  return utf8Bytes(JSON.stringify(text)) - 2 + FRAME_BYTES;
}

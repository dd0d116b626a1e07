import { exactBytes, message, type TypeOf, trxHash } from '../../records/index.ts';
import type { Frontend } from './frontend.ts';

/** `posts/<sender>/<trx id>`: that this trx was posted. Never its plaintext: some producers hold ciphertext only. */
export const PostRow = message('PostRow', 64, { TrxHash: exactBytes(1, 32) });
export type PostRow = TypeOf<typeof PostRow>;

export const content: Frontend = (trx, transaction) => {
  transaction.put('posts', `${trx.SenderPubkey}/${trx.TrxId}`, PostRow.encode({ TrxHash: trxHash(trx) }));
};

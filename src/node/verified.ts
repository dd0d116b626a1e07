import { verifyTrx } from '../crypto/index.ts';
import { type Trx, toBase64, trxHash } from '../records/index.ts';

/** Signatures remembered as good: a trx is met in gossip, in a proposal and in a block, and checked once. */
const REMEMBERED = 20_000;

export class VerifiedTrxs {
  readonly #good = new Set<string>();

  /** Whether the trx was found to be signed by the key that it names, and need not be checked again. */
  has(trx: Trx): boolean {
    return this.#good.has(keyOf(trx));
  }

  /** Whether the trx is signed by the key that it names. */
  isSigned(trx: Trx): boolean {
    const key = keyOf(trx);
    if (this.#good.has(key)) return true;
    if (!verifyTrx(trx)) return false;
    this.#good.add(key);
    if (this.#good.size > REMEMBERED) {
      const oldest = this.#good.values().next().value;
      if (oldest !== undefined) this.#good.delete(oldest);
    }
    return true;
  }
}

function keyOf(trx: Trx): string {
  return toBase64(trxHash(trx)) + toBase64(trx.SenderSign) + trx.SenderPubkey;
}

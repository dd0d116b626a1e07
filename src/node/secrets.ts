/** A user's keys in one group. In clear they exist only in the memory of the node. */
export interface Secrets {
  /** 32 bytes of secp256k1. */
  readonly signSecret: Uint8Array;
  /** age identity (`AGE-SECRET-KEY-1…`). */
  readonly encryptIdentity: string;
}

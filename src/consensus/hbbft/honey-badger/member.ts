import type { ThresholdKeys } from '../../../crypto/index.ts';

/** What a producer among several needs besides the configuration. Everything here is deterministic, or replay is not exact. */
export interface Member {
  /** This producer's place among the configuration's producers. */
  readonly index: number;
  readonly keys: ThresholdKeys;
  /** 0: every epoch is encrypted; 1: none; k ≥ 2: each epoch whose number k divides (`Contract.Encryption`). */
  readonly encryption: number;
  /** Signs a hash with this producer's group key. */
  sign(hash: Uint8Array): Uint8Array;
  /** Whether it is the signature of that producer. */
  verify(producer: number, hash: Uint8Array, signature: Uint8Array): boolean;
  /** Tosses a coin in every round, for tests and measurements. */
  readonly alwaysTossCoin?: boolean;
}

export const isEncrypted = (encryption: number, epoch: number): boolean =>
  encryption === 0 || (encryption > 1 && epoch % encryption === 0);

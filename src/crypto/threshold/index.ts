export { ENCRYPTION_OVERHEAD_BYTES } from './encryption.ts';
export {
  combineDealings,
  combineShares,
  DEALING_RANDOM_BYTES,
  type DealingName,
  dealingBytes,
  encodeKeyShare,
  type KeyShare,
  makeDealing,
  readKeyShare,
  verifyDealing,
  verifyDealtShare,
} from './feldman.ts';
export { initThreshold } from './group.ts';
export { SHARE_BYTES } from './proofs.ts';
export { type PublicKeys, RistrettoKeys } from './ristretto.ts';
export { trustedDealerKeys } from './trusted-dealer.ts';
export { type Ciphertext, ENCRYPTION_RANDOM_BYTES, type ThresholdKeys } from './types.ts';

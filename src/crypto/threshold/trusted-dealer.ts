import { sha256 } from '../../records/index.ts';
import { combineDealings, makeDealing } from './feldman.ts';
import { type PublicKeys, RistrettoKeys } from './ristretto.ts';

/**
 * Keys of all producers of a set (2 to 24) from one seed, made in one place: for tests, benchmarks and the development configuration only. Who has
 * the seed has every coin and every plaintext. Real groups use the dealings of `feldman.ts`. Needs `initThreshold`.
 */
export function trustedDealerKeys(producers: number, seed: Uint8Array): RistrettoKeys[] {
  const name = { requestHash: new Uint8Array(32), dealer: 'trusted dealer' };
  const { dealing, shares } = makeDealing(producers, name, sha256(seed));
  const keys = combineDealings(producers, [dealing]) as PublicKeys;
  return shares.map((share, index) => new RistrettoKeys(keys, index, share));
}

import { type Engine, HoneyBadger } from '../../consensus/index.ts';
import { signHash, type ThresholdKeys, verifyHash } from '../../crypto/index.ts';
import type { ActiveConfiguration } from '../../ledger/index.ts';

/**
 * For development and tests only: hands out the keys of a set of several producers, which their own key generation will replace. Nothing in
 * the interface or the API can set it.
 */
export type TrustedDealer = (groupId: string, nonce: number, producers: number, index: number) => ThresholdKeys | undefined;

/** The engine of a configuration for one of its producers; undefined if this node has no share of the group key that it needs. */
export function makeEngine(
  configuration: ActiveConfiguration,
  userPubkey: string,
  signSecret: Uint8Array,
  trustedDealer: TrustedDealer | undefined,
): Engine | undefined {
  const { groupId, nonce, producers, encryption } = configuration;
  if (producers.length === 1) return new HoneyBadger(configuration);
  const index = producers.indexOf(userPubkey);
  const keys = trustedDealer?.(groupId, nonce, producers.length, index);
  if (!keys) return undefined;
  return new HoneyBadger(configuration, {
    index,
    keys,
    encryption,
    sign: (hash) => signHash(hash, signSecret),
    verify: (producer, hash, signature) => verifyHash(hash, signature, producers[producer] ?? ''),
  });
}

import { type Engine, HoneyBadger, Pbft } from '../../consensus/index.ts';
import { encryptedSharesFor, keysFromBundle, signHash, type ThresholdKeys, verifyHash } from '../../crypto/index.ts';
import type { Chain } from '../chain.ts';
import type { PrivateCipher } from '../ports.ts';
import type { Secrets } from '../secrets.ts';

/**
 * For development and tests only: hands out the keys of sets of several producers, those of a proof without key generation among them. Nothing in the interface
 * or the API can set it.
 */
export type TrustedDealer = (groupId: string, nonce: number, producers: number, index: number) => ThresholdKeys | undefined;

/** What this software can run (`Contract.Contract`). */
export const ENGINES: readonly string[] = ['hbbft', 'pbft'];

export interface EngineOptions {
  readonly userPubkey: string;
  readonly secrets: Secrets;
  readonly cipher: PrivateCipher;
  readonly trustedDealer: TrustedDealer | undefined;
}

/**
 * This producer's share of its group's key, from the bundle that made it one: nothing of it is kept but what stands on the chain. Undefined
 * where none is needed, and where the bundle holds none or this node's encryption key is not the one that it announced.
 */
async function groupKeysOf(chain: Chain, options: EngineOptions): Promise<ThresholdKeys | undefined> {
  const { userPubkey, secrets, cipher, trustedDealer } = options;
  const { groupId, nonce, producers } = chain.inForce;
  const bundle = chain.bundleInForce;
  if (producers.length === 1 || !bundle) return undefined;
  const index = producers.indexOf(userPubkey);
  const dealt = trustedDealer?.(groupId, nonce, producers.length, index);
  if (dealt) return dealt;
  const plains = new Map<number, Uint8Array>();
  for (const [dealer, sealed] of encryptedSharesFor(bundle, index)) {
    const plain = await cipher.decrypt(sealed, secrets.encryptIdentity).catch(() => undefined);
    if (plain) plains.set(dealer, plain);
  }
  return keysFromBundle(bundle, index, plains);
}

/** The engine of the chain's configuration for one of its producers; undefined if this node has no share of the group key that it needs. */
export async function makeEngine(chain: Chain, options: EngineOptions): Promise<Engine | undefined> {
  const { inForce: configuration } = chain;
  const { producers, encryption, engine } = configuration;
  const member = {
    index: producers.indexOf(options.userPubkey),
    sign: (hash: Uint8Array) => signHash(hash, options.secrets.signSecret),
    verify: (producer: number, hash: Uint8Array, signature: Uint8Array) => verifyHash(hash, signature, producers[producer] ?? ''),
  };
  if (engine === 'pbft') return new Pbft(configuration, member);
  if (producers.length === 1) return new HoneyBadger(configuration);
  const keys = await groupKeysOf(chain, options);
  return keys && new HoneyBadger(configuration, { ...member, keys, encryption });
}

/** For tests only: makes people the producers of a group, as an agreement and a trusted dealer would. Their pages are `e2e/pages/dealt`. */
import { webcrypto } from 'node:crypto';
import { groupTopic, initCrypto } from '../../src/crypto/index.ts';
import { createHost } from '../../src/network/index.ts';
import { type Random, sealTrxs } from '../../src/node/index.ts';
import { parseSeed } from '../../src/records/index.ts';
import { dealtChange } from '../../src/sim/index.ts';
import type {} from '../pages/dealt/main.ts';
import { expect } from './app-test.ts';
import type { Person } from './person.ts';

const TICK_MS = 1_000;
const PEER_KEY_BYTES = 32;

const random: Random = { bytes: (length) => webcrypto.getRandomValues(new Uint8Array(length)) };

export interface PublishOptions {
  readonly seed: string;
  /** The owner is one of them. */
  readonly producers: readonly Person[];
  /** Where the relay is. */
  readonly origin: string;
  readonly intervalMs: number;
  /** `ConsensusContract.Encryption`. */
  readonly encryption: number;
}

/** Gossips the signed change from a peer of its own. Resolves when the group's members have it; what they make of it is for the caller. */
export async function publishChange({ seed: text, producers, origin, ...configuration }: PublishOptions): Promise<void> {
  await initCrypto();
  const seed = parseSeed(text);
  const topic = groupTopic(seed.cipherKey, seed.groupId);
  const signSecrets = await Promise.all(
    producers.map(async ({ page }) =>
      Uint8Array.from(await page.evaluate((groupId) => window.dealt.signSecret(groupId), seed.groupId)),
    ),
  );
  const host = await createHost({ privateKey: random.bytes(PEER_KEY_BYTES), trustedOrigins: [origin], log: () => {} });
  const ticking = setInterval(() => host.tick(), TICK_MS);
  try {
    host.listen({
      gossip: () => 'ignore',
      request: () => Promise.reject(new Error('nobody answers here')),
      state: () => {},
      neighbours: () => {},
      stream: (stream) => stream.close(),
    });
    host.subscribe(topic);
    const publish = (): Promise<number> => {
      const timeNs = BigInt(Date.now()) * 1_000_000n;
      const trx = dealtChange({ ...configuration, seed, signSecrets, random, timeNs });
      return host.publish(topic, sealTrxs(seed.cipherKey, [trx], random));
    };
    await expect.poll(publish).toBeGreaterThan(0);
  } finally {
    clearInterval(ticking);
    await host.stop();
  }
}

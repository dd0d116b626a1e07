/**
 * For development and tests only: the node worker with a trusted dealer, so that a group can have several producers before there is a
 * key generation. Every node knows the dealer's seed: nothing is secret in such a group. The shipped app has no part of this file.
 */
import { initThreshold, trustedDealerKeys } from '../../../src/crypto/index.ts';
import { startNodeWorker } from '../../../src/worker/node-worker.ts';

startNodeWorker(async () => {
  await initThreshold();
  return {
    trustedDealer: (groupId, nonce, producers, index) =>
      trustedDealerKeys(producers, new TextEncoder().encode(`${groupId}/${nonce}`))[index],
  };
});

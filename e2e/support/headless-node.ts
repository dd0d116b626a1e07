/** A whole honest node in the test's own process: the real core and the real network, reached through the relay (no WebRTC). */
import { webcrypto } from 'node:crypto';
import { createHost } from '../../src/network/index.ts';
import { openNode } from '../../src/node/index.ts';
import type { Clock, PrivateCipher, Random, Store, Vault } from '../../src/node/ports.ts';
import type { NodeService } from '../../src/node/service.ts';

const TICK_MS = 1_000;
const PEER_KEY_BYTES = 32;

export interface HeadlessNode {
  readonly service: NodeService;
  stop(): Promise<void>;
}

const clock: Clock = {
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const random: Random = { bytes: (length) => webcrypto.getRandomValues(new Uint8Array(length)) };

/** The store's rows come from the simulator, whose vault leaves them open. */
const openVault: Vault = {
  seal: async (plain) => plain.slice(),
  open: async (sealed) => sealed.slice(),
};

const noPrivateGroups: PrivateCipher = {
  encrypt: () => Promise.reject(new Error('This node is in public groups only.')),
  decrypt: () => Promise.reject(new Error('This node is in public groups only.')),
};

/** Starts a node on `store` that finds its peers through the relay of `origin`. */
export async function startHeadlessNode(options: { origin: string; store: Store }): Promise<HeadlessNode> {
  const host = await createHost({ privateKey: random.bytes(PEER_KEY_BYTES), ownOrigin: options.origin, log: () => {} });
  const node = await openNode(
    { store: options.store, vault: openVault, network: host, clock, random, privateCipher: noPrivateGroups },
    { ownUrls: async () => [options.origin] },
  );
  const ticking = setInterval(() => host.tick(), TICK_MS);
  return {
    service: node,
    async stop() {
      clearInterval(ticking);
      await node.close();
      await host.stop();
    },
  };
}

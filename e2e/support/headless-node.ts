/** A whole honest node in the test's own process: the real core and the real network, reached through the relay (no WebRTC). */
import { createHost } from '../../src/network/index.ts';
import { openNode } from '../../src/node/index.ts';
import type { Store, Vault } from '../../src/node/ports.ts';
import type { NodeService } from '../../src/node/service.ts';
import { machineClock, machineRandom, privateCipher } from '../../src/world/index.ts';

const TICK_MS = 1_000;
const PEER_KEY_BYTES = 32;

export interface HeadlessNode {
  readonly service: NodeService;
  stop(): Promise<void>;
}

/** The store's rows come from the simulator, whose vault leaves them open. */
const openVault: Vault = {
  seal: async (plain) => plain.slice(),
  open: async (sealed) => sealed.slice(),
};

/** Starts a node on `store` that finds its peers through the relay of `origin`. */
export async function startHeadlessNode(options: { origin: string; store: Store }): Promise<HeadlessNode> {
  const host = await createHost({
    privateKey: machineRandom.bytes(PEER_KEY_BYTES),
    trustedOrigins: [options.origin],
    log: () => {},
  });
  const node = await openNode(
    { store: options.store, vault: openVault, network: host, clock: machineClock, random: machineRandom, privateCipher },
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

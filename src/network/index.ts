/** The network of a page or of a headless node: libp2p behind the `Network` port. This face is light; libp2p is loaded when a host is made. */
import type { Host, HostOptions } from './contract.ts';

export { BOOTSTRAP_PATH, BOOTSTRAP_VERSION, type IceServer, isLoopback, publicOrigin, readRelayAddress } from './bootstrap.ts';
export { BroughtAuthors } from './brought-authors.ts';
export type { Host, HostOptions } from './contract.ts';
export { claimedAuthor, interceptPackets, signatureAsId } from './gossip-hooks.ts';
export type { Log } from './log.ts';

/** Starts a host; rejects if libp2p cannot start here. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { startHost } = await import('./host.ts');
  return startHost(options);
}

import { announcedKey } from '../ledger/index.ts';
import type { Chain } from './chain.ts';
import { Members } from './members.ts';
import type { Network, PeerId } from './ports.ts';

/** Keys of members that a group cannot do without: its owner, and the producers in force and next. */
export function isNeededKey({ identity, inForce, configuration }: Chain, pubkey: string): boolean {
  return pubkey === identity.ownerPubkey || inForce.producers.includes(pubkey) || configuration.producers.includes(pubkey);
}

/** Keys whose presences are signed (N-15): those, and whoever has announced itself, who may be asked to produce. */
export function isKnownKey(chain: Chain, pubkey: string): boolean {
  const isAnnounced = (type: 'producer' | 'user') => chain.state.get('announced', announcedKey(type, pubkey)) !== undefined;
  return isNeededKey(chain, pubkey) || isAnnounced('producer') || isAnnounced('user');
}

/** Peers that a connection is open to. */
export function connectedPeers(network: Network): ReadonlySet<PeerId> {
  return new Set(network.state().peers.map(({ peerId }) => peerId));
}

/** The members of the group of this chain. */
export function membersOf(chain: Chain, network: Network, ownPubkey: string): Members {
  return new Members({
    ownPubkey,
    leastNonce: () => chain.head.configNonce,
    isNeeded: (pubkey) => isNeededKey(chain, pubkey),
    connected: () => connectedPeers(network),
  });
}

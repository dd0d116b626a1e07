/** What both the page's host and the relay need of gossipsub beyond its interface. */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { RPC } from '@chainsafe/libp2p-gossipsub/message';
import type { PeerId as Libp2pPeerId } from '@libp2p/interface';
import { base58 } from '@scure/base';
import type { PeerId } from '../node/ports.ts';

/** Public methods and fields of gossipsub's class (version 17) that its interface leaves out. */
interface GossipSubClass extends GossipSub {
  handleReceivedRpc(from: Libp2pPeerId, rpc: RPC): Promise<void>;
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
}

const SIGNATURE_BYTES = 64;

/**
 * For gossipsub's `fastMsgIdFn`: a message's signature. It costs nothing, so that repeats are noticed before a signature check (about 1 ms in a page); and
 * it is remembered only after that check, so that nobody can take another message's place.
 */
export function signatureAsId(message: RPC.Message): string {
  return String.fromCharCode(...(message.signature ?? new Uint8Array()).subarray(0, SIGNATURE_BYTES));
}

/** A multihash of a public key that stands for itself, and no longer one. */
const AUTHOR_BYTES_MAX = 64;

/** The peer that a message says it is from; nothing is checked yet. Empty if it names none. */
export function claimedAuthor({ from }: Pick<RPC.Message, 'from'>): PeerId {
  return from === undefined || from.byteLength > AUTHOR_BYTES_MAX ? '' : base58.encode(from);
}

/**
 * Shows every packet to `inspect` before gossipsub sees it, and gives gossipsub what that returns. Limits belong here: gossipsub has none per peer, and would
 * check each signature first. Returns how to give gossipsub a packet of a peer that nobody inspects.
 */
export function interceptPackets(
  pubsub: GossipSub,
  inspect: (from: PeerId, packet: RPC) => RPC,
): (from: Libp2pPeerId, packet: RPC) => Promise<void> {
  const router = pubsub as GossipSubClass;
  const handle = router.handleReceivedRpc.bind(router);
  router.handleReceivedRpc = (from, packet) => handle(from, inspect(from.toString(), packet));
  return handle;
}

/** Whether gossipsub can send to this peer: its stream is open. */
export function canSendTo(pubsub: GossipSub, peer: PeerId): boolean {
  return (pubsub as GossipSubClass).streamsOutbound.has(peer);
}

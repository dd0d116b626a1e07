import { openBytes, sealBytes } from '../crypto/index.ts';
import {
  Block,
  concatBytes,
  decodeOrNothing,
  fromHex,
  GroupBroadcast,
  HBTrxBundle,
  LIMITS,
  Package,
  PackageType,
  RecordError,
  SealedHeader,
  SyncRequest,
  type Trx,
  toHex,
} from '../records/index.ts';
import type { Random } from './ports.ts';

/**
 * What goes over the network on behalf of a group (wire.md, "Names on the network"): everything is encrypted with the group's cipher
 * key, so that a relay which forwards learns neither group, nor members, nor content.
 */

const NONCE_BYTES = 12;
/** Nonce and tag of AES-GCM, type and length fields of the Package. */
const ENVELOPE_BYTES = 64;
/** Records that fit into one gossip message. */
export const GOSSIP_PAYLOAD_BYTES = LIMITS.gossipBytes - ENVELOPE_BYTES;

const TOPIC_PREFIX = 'sett/1/';
const TOPIC_TAG_BYTES = 32;

export type Gossip =
  | { readonly kind: 'trxs'; readonly trxs: readonly Trx[] }
  | { readonly kind: 'broadcast'; readonly broadcast: GroupBroadcast }
  /** A block that a producer has just sealed, with its seal; or the seal alone. */
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'seal'; readonly sealed: SealedHeader }
  /** A package of a type that is not for us; no misbehaviour. */
  | { readonly kind: 'other' };

export function sealTrxs(cipherKey: Uint8Array, trxs: readonly Trx[], random: Random): Uint8Array {
  return sealPackage(cipherKey, { type: PackageType.TRX, Data: HBTrxBundle.encode({ Trxs: trxs }) }, random);
}

export function sealBroadcast(cipherKey: Uint8Array, broadcast: Partial<GroupBroadcast>, random: Random): Uint8Array {
  const data = GroupBroadcast.encode(GroupBroadcast.create(broadcast));
  return sealPackage(cipherKey, { type: PackageType.GROUP_BROADCAST, Data: data }, random);
}

export function sealBlockGossip(cipherKey: Uint8Array, block: Block, random: Random): Uint8Array {
  return sealPackage(cipherKey, { type: PackageType.BLOCK, Data: Block.encode(block) }, random);
}

export function sealSealGossip(cipherKey: Uint8Array, sealed: SealedHeader, random: Random): Uint8Array {
  return sealPackage(cipherKey, { type: PackageType.SEALED_HEADER, Data: SealedHeader.encode(sealed) }, random);
}

const sealPackage = (cipherKey: Uint8Array, content: Package, random: Random): Uint8Array =>
  sealBytes(cipherKey, Package.encode(content), random.bytes(NONCE_BYTES));

/** What a gossip message holds; undefined if no member of the group made it. */
export function openGossip(cipherKey: Uint8Array, data: Uint8Array): Gossip | undefined {
  const plain = openBytes(cipherKey, data);
  if (!plain) return undefined;
  try {
    const { type, Data } = Package.decode(plain);
    if (type === PackageType.TRX) return { kind: 'trxs', trxs: HBTrxBundle.decode(Data).Trxs };
    if (type === PackageType.GROUP_BROADCAST) return { kind: 'broadcast', broadcast: GroupBroadcast.decode(Data) };
    if (type === PackageType.BLOCK) return { kind: 'block', block: Block.decode(Data) };
    if (type === PackageType.SEALED_HEADER) return { kind: 'seal', sealed: SealedHeader.decode(Data) };
    return { kind: 'other' };
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

/** A sync request: the topic's tag in clear, so that the answering node knows the group, then the request under the group's key. */
export function sealRequest(topic: string, cipherKey: Uint8Array, request: SyncRequest, random: Random): Uint8Array {
  const tag = fromHex(topic.slice(TOPIC_PREFIX.length));
  if (!tag) throw new TypeError('not a group topic');
  return concatBytes(tag, sealBytes(cipherKey, SyncRequest.encode(request), random.bytes(NONCE_BYTES)));
}

/** The topic that a request names; undefined if it is too short to name one. */
export const topicOfRequest = (data: Uint8Array): string | undefined =>
  data.length > TOPIC_TAG_BYTES ? TOPIC_PREFIX + toHex(data.subarray(0, TOPIC_TAG_BYTES)) : undefined;

/** The request of a member; undefined if no member made it. */
export function openRequest(cipherKey: Uint8Array, data: Uint8Array): SyncRequest | undefined {
  const plain = openBytes(cipherKey, data.subarray(TOPIC_TAG_BYTES));
  return plain && decodeOrNothing(SyncRequest, plain);
}

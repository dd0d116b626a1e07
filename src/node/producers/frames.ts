import { signHash, verifyHash } from '../../crypto/index.ts';
import {
  bytes,
  decodeOrNothing,
  exactBytes,
  LIMITS,
  message,
  nested,
  repeated,
  Seal,
  sha256,
  type TypeOf,
  text,
  uint64,
} from '../../records/index.ts';

/** What producers send each other on a producer stream (`/sett/consensus/1`): a hello each, then frames, one per turn. */

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
/** What a stream is for: each kind has a hello of its own. */
export const HELLO_TAGS = {
  /** Producers of one configuration. */
  producers: 'sett/producer-hello/1',
  /** Producers that one request for a change of consensus asks for, among themselves. */
  change: 'sett/change-hello/1',
  /** The owner, and those whom its request asks for: ticks one way, reports the other. */
  request: 'sett/change-request-hello/1',
} as const;
export type StreamPurpose = keyof typeof HELLO_TAGS;

/**
 * Opens a stream: binds a group key to both ends of the connection, the group, and the configuration or the request. The connection itself proves the
 * peer ids, so a hello that was overheard is of no use on another, and the messages that follow need no signature of their own.
 */
export const ProducerHello = message('ProducerHello', 2_048, {
  Tag: text(1),
  GroupId: text(2),
  ConfigNonce: uint64(3),
  Pubkey: text(4),
  FromPeer: text(5),
  ToPeer: text(6),
  Sign: exactBytes(7, SIGNATURE_BYTES, { hashed: false }),
  /** Of a request, or of a recovery's bundle: its name, beside its nonce. */
  Name: exactBytes(8, HASH_BYTES),
});
export type ProducerHello = TypeOf<typeof ProducerHello>;

export function signHello(
  hello: Omit<ProducerHello, 'Tag' | 'Sign' | 'Name'> & { readonly Name?: Uint8Array },
  secret: Uint8Array,
  purpose: StreamPurpose = 'producers',
): ProducerHello {
  const unsigned: ProducerHello = { Name: new Uint8Array(), ...hello, Tag: HELLO_TAGS[purpose], Sign: new Uint8Array() };
  return { ...unsigned, Sign: signHash(sha256(ProducerHello.encodeHashed(unsigned)), secret) };
}

/** What a stream that begins so is for; undefined for a purpose that this version does not know. */
export const purposeOf = (hello: ProducerHello): StreamPurpose | undefined =>
  (Object.keys(HELLO_TAGS) as StreamPurpose[]).find((purpose) => HELLO_TAGS[purpose] === hello.Tag);

/** A hello as it came, not verified; undefined for what is none. */
export const readHello = (data: Uint8Array): ProducerHello | undefined => decodeOrNothing(ProducerHello, data);

/** Whether the key that it names has signed it; whether it is what was expected is for the caller to ask. */
export const verifyHello = (hello: ProducerHello): boolean =>
  purposeOf(hello) !== undefined && verifyHash(sha256(ProducerHello.encodeHashed(hello)), hello.Sign, hello.Pubkey);

/** A seal on its way to the other producers. */
export const SealNotice = message('SealNotice', 512, {
  BlockId: uint64(1),
  BlockHash: exactBytes(2, HASH_BYTES),
  Seal: nested(3, Seal),
});
export type SealNotice = TypeOf<typeof SealNotice>;

/** Messages of the engine in one turn: a late producer is sent some thousand at once. */
const FRAME_MESSAGES = 20_000;
const FRAME_SEALS = 1_000;

/** Bytes of a frame around a message of the engine: key and length. */
const MESSAGE_OVERHEAD_BYTES = 8;

/** The messages of one turn for one peer: one frame, or several where they are too many or too large for one. */
export function framesOf(messages: readonly Uint8Array[], field: 'Engine' | 'Change' = 'Engine'): ProducerFrame[] {
  const frames: Uint8Array[][] = [];
  let leftBytes = 0;
  for (const message of messages) {
    const sizeBytes = message.length + MESSAGE_OVERHEAD_BYTES;
    const newest = frames.at(-1);
    if (newest && sizeBytes <= leftBytes && newest.length < FRAME_MESSAGES) {
      newest.push(message);
      leftBytes -= sizeBytes;
    } else {
      frames.push([message]);
      leftBytes = LIMITS.consensusMessageBytes - sizeBytes;
    }
  }
  return frames.map((content) => ProducerFrame.create({ [field]: content }));
}

/** What one message of a stream holds: everything that a turn has for one peer. */
export const ProducerFrame = message('ProducerFrame', LIMITS.consensusMessageBytes, {
  Engine: repeated(bytes(1, { maxBytes: LIMITS.consensusMessageBytes }), FRAME_MESSAGES),
  Seals: repeated(nested(2, SealNotice), FRAME_SEALS),
  /** On a stream of a change of consensus: its messages, ticks or reports. */
  Change: repeated(bytes(3, { maxBytes: LIMITS.consensusMessageBytes }), FRAME_MESSAGES),
});
export type ProducerFrame = TypeOf<typeof ProducerFrame>;

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
export const HELLO_TAG = 'sett/producer-hello/1';

/**
 * Opens a stream: binds the producer's group key to both ends of the connection, the group and the configuration. The connection itself proves the
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
});
export type ProducerHello = TypeOf<typeof ProducerHello>;

export function signHello(hello: Omit<ProducerHello, 'Tag' | 'Sign'>, secret: Uint8Array): ProducerHello {
  const unsigned: ProducerHello = { ...hello, Tag: HELLO_TAG, Sign: new Uint8Array() };
  return { ...unsigned, Sign: signHash(sha256(ProducerHello.encodeHashed(unsigned)), secret) };
}

/** A hello as it came, not verified; undefined for what is none. */
export const readHello = (data: Uint8Array): ProducerHello | undefined => decodeOrNothing(ProducerHello, data);

export const verifyHello = (hello: ProducerHello): boolean =>
  hello.Tag === HELLO_TAG && verifyHash(sha256(ProducerHello.encodeHashed(hello)), hello.Sign, hello.Pubkey);

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

/** The engine's messages of one turn for one peer: one frame, or several where they are too many or too large for one. */
export function framesOf(messages: readonly Uint8Array[]): ProducerFrame[] {
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
  return frames.map((Engine) => ({ Engine, Seals: [] }));
}

/** What one message of a stream holds: everything that a turn has for one peer. */
export const ProducerFrame = message('ProducerFrame', LIMITS.consensusMessageBytes, {
  Engine: repeated(bytes(1, { maxBytes: LIMITS.consensusMessageBytes }), FRAME_MESSAGES),
  Seals: repeated(nested(2, SealNotice), FRAME_SEALS),
});
export type ProducerFrame = TypeOf<typeof ProducerFrame>;

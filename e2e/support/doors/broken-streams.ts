/** Broken frames of yamux, and broken bytes for any protocol's stream. */
import type { SeededRandom } from '../../../src/sim/random.ts';

/** What is written, and how it ends. */
export interface StreamAct {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
  readonly ending: 'stay' | 'close' | 'abort';
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Frames of yamux: type, flags, stream, length, and then, for data, so many bytes. */
const DATA = 0;
const WINDOW = 1;
const PING = 2;
const GO_AWAY = 3;
const SYN = 1;
const ACK = 2;
const FIN = 4;
const RST = 8;
const HEADER_BYTES = 12;
/** What a client may name its streams, far from those of libp2p itself. */
const OWN_STREAM = 100_001;
const THEIR_STREAM = 100_002;
const MANY = 5_000;

interface Header {
  readonly version?: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly length?: number;
}

function frame(
  type: number,
  { version = 0, flags = 0, stream = 0, length }: Header = {},
  body: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = version;
  header[1] = type;
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(stream, 4);
  header.writeUInt32BE(length ?? body.byteLength, 8);
  return Buffer.concat([header, body]);
}

const many = (make: (index: number) => Uint8Array, count = MANY): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const ownStream = (index: number): number => OWN_STREAM + 2 * index;

export function brokenYamux(random: SeededRandom): StreamAct[] {
  const syn = (stream: number, flags = 0) => frame(WINDOW, { flags: SYN | flags, stream, length: 0 });
  const act = (name: string, ...chunks: Uint8Array[]): StreamAct => ({
    name,
    chunks,
    ending: random.chance(0.5) ? 'stay' : 'abort',
  });
  const word = 0xffff_ffff;
  return [
    act('nothing'),
    act('random bytes', random.bytes(4 * KiB)),
    act('many random bytes', ...Array.from({ length: 16 }, () => random.bytes(60 * KiB))),
    act('half a header', frame(PING).subarray(0, 5)),
    act('a bad version', frame(PING, { version: 1 })),
    act('a bad type', frame(9)),
    act('all flags', frame(DATA, { flags: 0xffff, stream: OWN_STREAM })),
    act('all flags of a window', frame(WINDOW, { flags: 0xffff, stream: THEIR_STREAM, length: word })),
    act('a huge window for nobody', frame(WINDOW, { length: word })),
    act('a huge window for a stream of theirs', frame(WINDOW, { stream: THEIR_STREAM, length: word })),
    act(
      'huge windows',
      syn(OWN_STREAM),
      many(() => frame(WINDOW, { stream: OWN_STREAM, length: word }), 100),
    ),
    act(
      'data for unknown streams',
      many((index) => frame(DATA, { stream: ownStream(index) }, random.bytes(16))),
    ),
    act('data for stream 0', frame(DATA, {}, random.bytes(KiB))),
    act('data of 2^32 bytes', frame(DATA, { flags: SYN, stream: OWN_STREAM, length: word }, random.bytes(KiB))),
    act(
      'more data than the window',
      syn(OWN_STREAM),
      ...Array.from({ length: 32 }, () => frame(DATA, { stream: OWN_STREAM }, random.bytes(32 * KiB))),
    ),
    act('a stream that only they may open', syn(THEIR_STREAM)),
    act('a stream 0', syn(0)),
    act(
      'one stream again and again',
      many(() => syn(OWN_STREAM)),
    ),
    act(
      'thousands of streams',
      many((index) => syn(ownStream(index))),
    ),
    act(
      'thousands of streams that end',
      many((index) => syn(ownStream(index), FIN)),
    ),
    act(
      'thousands of streams that break off',
      many((index) => syn(ownStream(index), RST)),
    ),
    act(
      'streams that break off later',
      many((index) => Buffer.concat([syn(ownStream(index)), frame(DATA, { flags: RST, stream: ownStream(index) })])),
    ),
    act('data after the end', syn(OWN_STREAM, FIN), frame(DATA, { stream: OWN_STREAM }, random.bytes(KiB))),
    act('data after breaking off', syn(OWN_STREAM, RST), frame(DATA, { stream: OWN_STREAM }, random.bytes(KiB))),
    act('an answer to no stream', frame(WINDOW, { flags: ACK, stream: THEIR_STREAM })),
    act(
      'pings',
      many((index) => frame(PING, { flags: SYN, length: index })),
    ),
    act(
      'answers to no ping',
      many((index) => frame(PING, { flags: ACK, length: index }), 100),
    ),
    act('a ping of a stream', frame(PING, { flags: SYN, stream: OWN_STREAM }, random.bytes(16))),
    act(
      'goodbye, and on',
      frame(GO_AWAY),
      many((index) => syn(ownStream(index)), 10),
      frame(DATA, { stream: OWN_STREAM }, random.bytes(16)),
    ),
    act('goodbye for no reason', frame(GO_AWAY, { length: word })),
    act(
      'goodbyes',
      many(() => frame(GO_AWAY, { length: 1 }), 100),
    ),
    ...Array.from({ length: 6 }, (_, index) =>
      act(
        `random frames ${index}`,
        many(() => frame(random.int(4), { flags: random.int(16), stream: random.int(64), length: random.int(64) }), 50),
      ),
    ),
  ];
}

/** A number in seven bits each. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    if (rest <= 127n) return Uint8Array.from(bytes);
  }
}

const prefixed = (body: Uint8Array): Buffer => Buffer.concat([varint(BigInt(body.byteLength)), body]);

export function brokenStreams(random: SeededRandom): StreamAct[] {
  const act = (name: string, ending: StreamAct['ending'], ...chunks: Uint8Array[]): StreamAct => ({ name, chunks, ending });
  const endless = Array.from({ length: 64 }, () => random.bytes(32 * KiB));
  return [
    act('nothing', 'close'),
    act('nothing, and breaking off', 'abort'),
    act('random bytes', 'close', random.bytes(4 * KiB)),
    act('random bytes, and breaking off', 'abort', random.bytes(4 * KiB)),
    act('an endless length', 'close', new Uint8Array(64).fill(0xff)),
    act('2^31 bytes announced', 'close', varint(2n ** 31n), random.bytes(KiB)),
    act('2^53 bytes announced', 'stay', varint(2n ** 53n), random.bytes(KiB)),
    act('2^64 bytes announced', 'close', varint(2n ** 64n - 1n), random.bytes(KiB)),
    act('a length of four bytes', 'close', Uint8Array.from([0xff, 0xff, 0xff, 0xff]), random.bytes(KiB)),
    act('half a message', 'close', prefixed(random.bytes(KiB)).subarray(0, 100)),
    act('empty messages', 'stay', new Uint8Array(10_000)),
    act('random messages', 'close', ...Array.from({ length: 20 }, () => prefixed(random.bytes(1 + random.int(200))))),
    act('a long random message', 'close', prefixed(random.bytes(60 * KiB))),
    act('endless bytes', 'abort', ...endless),
    act('an endless message', 'abort', varint(BigInt(4 * MiB)), ...endless),
    act('byte by byte', 'close', ...[...random.bytes(40)].map((byte) => Uint8Array.from([byte]))),
  ];
}

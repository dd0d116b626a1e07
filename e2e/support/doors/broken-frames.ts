/** Broken bytes of the stages behind the upgrade: WebSocket frames, multistream-select, noise. */
import type { SeededRandom } from '../../../src/sim/random.ts';
import { type Chunk, type Throw, upgradeHead } from './broken-http.ts';
import type { Door } from './order.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const FIN = 0x80;
const MASK = 0x80;
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;

interface FrameOptions {
  readonly flags?: number;
  readonly isMasked?: boolean;
  /** What the frame says, whatever it holds. */
  readonly length?: bigint;
}

/** A WebSocket frame under the mask of zeros, which changes nothing. */
function frame(opcode: number, body: Uint8Array, { flags = FIN, isMasked = true, length }: FrameOptions = {}): Buffer {
  const start = Buffer.alloc(10);
  start[0] = flags | opcode;
  start[1] = (isMasked ? MASK : 0) | 127;
  start.writeBigUInt64BE(length ?? BigInt(body.byteLength), 2);
  return Buffer.concat([start, Buffer.alloc(isMasked ? 4 : 0), body]);
}

/** An opened WebSocket. */
const opened = (door: Door) => ({ chunks: [upgradeHead(door)], answer: '101' });

/** Throws bytes after an opening, each piece as a message of its own. */
const messages =
  (opening: NonNullable<Throw['opening']>, prefix = '') =>
  (name: string, ...bytes: Uint8Array[]): Throw => ({
    name: `${prefix}${name}`,
    opening,
    chunks: bytes.map((one) => frame(BINARY, one)),
  });

export function frameThrows(random: SeededRandom, door: Door): Throw[] {
  const opening = opened(door);
  const send = (name: string, ...chunks: Chunk[]): Throw => ({ name, opening, chunks });
  const some = random.bytes(16);
  return [
    send('2^40 bytes announced', frame(BINARY, some, { length: 2n ** 40n })),
    send('2^64 bytes announced', frame(BINARY, some, { length: 2n ** 64n - 1n })),
    send('a message of 2 MiB', frame(BINARY, random.bytes(2 * MiB))),
    send(
      'fragments of 2 MiB',
      ...Array.from({ length: 32 }, (_, index) =>
        frame(index === 0 ? BINARY : CONTINUATION, random.bytes(64 * KiB), { flags: 0 }),
      ),
    ),
    send(
      'tiny fragments',
      frame(BINARY, some, { flags: 0 }),
      Buffer.concat(Array<Buffer>(10_000).fill(frame(CONTINUATION, some.subarray(0, 1), { flags: 0 }))),
    ),
    send('empty messages', Buffer.concat(Array<Buffer>(10_000).fill(frame(BINARY, new Uint8Array())))),
    send('unmasked', frame(BINARY, some, { isMasked: false })),
    ...[3, 7, 0xb, 0xf].map((opcode) => send(`opcode ${opcode}`, frame(opcode, some))),
    ...[0x40, 0x20, 0x10, 0x70].map((bits) => send(`reserved bits ${bits}`, frame(BINARY, some, { flags: FIN | bits }))),
    send('bad UTF-8', frame(TEXT, Uint8Array.from([0xff, 0xfe, 0xc0]))),
    send('half a character', frame(TEXT, Uint8Array.from([0xf0, 0x9f]), { flags: 0 }), frame(CONTINUATION, new Uint8Array())),
    send('text', frame(TEXT, Buffer.from('hello'))),
    send('a long ping', frame(PING, random.bytes(1_000))),
    send('a ping in pieces', frame(PING, some, { flags: 0 })),
    send('pings', Buffer.concat(Array<Buffer>(10_000).fill(frame(PING, some)))),
    send('pongs', Buffer.concat(Array<Buffer>(10_000).fill(frame(PING + 1, some)))),
    ...[0, 5, 999, 1005, 1006, 1015, 5000].map((code) =>
      send(`close code ${code}`, frame(CLOSE, Uint8Array.from([code >> 8, code & 255]))),
    ),
    send('a close of one byte', frame(CLOSE, some.subarray(0, 1))),
    send('a close with bad UTF-8', frame(CLOSE, Uint8Array.from([3, 232, 0xff, 0xfe]))),
    send('a long close', frame(CLOSE, random.bytes(1_000))),
    send('frames after a close', frame(CLOSE, Uint8Array.from([3, 232])), frame(BINARY, random.bytes(KiB)), random.bytes(KiB)),
    send('a continuation first', frame(CONTINUATION, some)),
    send('a message within a message', frame(BINARY, some, { flags: 0 }), frame(BINARY, some)),
    send('half a frame', frame(BINARY, some).subarray(0, 7)),
    send('random bytes', random.bytes(4 * KiB)),
    ...Array.from({ length: 8 }, (_, index) =>
      send(`a random message ${index}`, frame(BINARY, random.bytes(1 + random.int(KiB)))),
    ),
  ];
}

const line = (text: string): Buffer => {
  const body = Buffer.from(`${text}\n`);
  return Buffer.concat([Buffer.from([body.byteLength]), body]);
};
const MULTISTREAM = line('/multistream/1.0.0');
/** Seven bits of a length each, without an end. */
const ENDLESS_LENGTH = new Uint8Array(64).fill(0xff);

export function multistreamThrows(random: SeededRandom, door: Door): Throw[] {
  const opening = { chunks: [...opened(door).chunks, frame(BINARY, MULTISTREAM)], answer: '/multistream/1.0.0' };
  return [messages(opened(door), 'first '), messages(opening)].flatMap((send) => [
    send('random bytes', random.bytes(KiB)),
    send('text', Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    send('an endless length', ENDLESS_LENGTH),
    send('a huge length', Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f]), random.bytes(KiB)),
    send('a length of nothing', new Uint8Array(1_000)),
    send('a line without its end', Buffer.concat([Buffer.from([5]), Buffer.from('hello')])),
    send('an unknown protocol', line('/unknown/1.0.0')),
    send('many unknown protocols', Buffer.concat(Array<Buffer>(2_000).fill(line('/unknown/1.0.0')))),
    send('bad UTF-8', Uint8Array.from([3, 0xff, 0xfe, 10])),
    send('na and ls', line('na'), line('ls')),
    send('it twice', MULTISTREAM, MULTISTREAM),
    send('it byte by byte', ...[...MULTISTREAM].map((byte) => Uint8Array.from([byte]))),
  ]);
}

export function noiseThrows(random: SeededRandom, door: Door): Throw[] {
  const opening = {
    chunks: [...opened(door).chunks, frame(BINARY, MULTISTREAM), frame(BINARY, line('/noise'))],
    answer: '/noise',
  };
  const send = messages(opening);
  const message = (bytes: Uint8Array, length = bytes.byteLength) =>
    Buffer.concat([Buffer.from([length >> 8, length & 255]), bytes]);
  const hello = message(random.bytes(32));
  return [
    send('random bytes', random.bytes(KiB)),
    send('an empty message', message(new Uint8Array())),
    send('empty messages', new Uint8Array(20_000)),
    send('half a length', new Uint8Array(1)),
    send('a length and nothing', message(new Uint8Array(), 0xffff)),
    send('a long message', message(random.bytes(0xffff))),
    send('a short hello', message(random.bytes(31))),
    send('a hello of zeros', message(new Uint8Array(32))),
    send('a hello of ones', message(new Uint8Array(32).fill(0xff))),
    send('a hello and more', message(random.bytes(4 * KiB))),
    send('a hello and nothing', hello),
    send('a hello and random bytes', hello, random.bytes(KiB)),
    send('a hello and a wrong answer', hello, message(random.bytes(64))),
    send('a hello and a short answer', hello, message(random.bytes(1))),
    send('a hello and a long answer', hello, message(random.bytes(0xffff))),
    send('hellos', ...Array<Buffer>(100).fill(hello)),
  ];
}

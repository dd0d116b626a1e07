import { streamPair } from '@libp2p/utils';
import { describe, expect, it } from 'vitest';
import { type StreamWorld, streamContract } from '../node/contract.ts';
import { LIMITS } from '../records/limits.ts';
import { encodeCount, encodeData, encodeStart } from './frames.ts';
import { ProtocolViolation } from './message-pipe.ts';
import { PeerStream } from './peer-stream.ts';

const world: StreamWorld = {
  async open() {
    const [left, right] = await streamPair();
    return [new PeerStream('right', left, () => {}), new PeerStream('left', right, () => {})];
  },
  until: (isSo) => expect.poll(isSo, { timeout: 60_000 }).toBe(true),
  settle: async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  },
};

/** A peer stream, why it ended, what it delivered, and the raw other side. */
async function hostile(handle: (data: Uint8Array) => void | Promise<void> = () => {}) {
  const [raw, stream] = await streamPair();
  const reasons: Error[] = [];
  const sizes: number[] = [];
  const peerStream = new PeerStream('raw', stream, (reason) => void reasons.push(reason));
  peerStream.receive({
    message: (data) => {
      sizes.push(data.byteLength);
      return handle(data);
    },
    closed: () => {},
  });
  let sentBytes = 0;
  const send = (bytes: Uint8Array) => {
    sentBytes += bytes.byteLength;
    raw.send(bytes);
  };
  return { raw, send, reasons, sizes, peerStream, sentBytes: () => sentBytes };
}

describe('a peer stream', () => {
  for (const { name, run } of streamContract) it(name, () => run(world));

  it.each([
    ['data before a start', [encodeData(new Uint8Array(1))], 'malformed'],
    ['more data than announced', [encodeStart(1, new Uint8Array(2))], 'malformed'],
    ['a message within a message', [encodeCount('start', 5), encodeCount('start', 5)], 'malformed'],
    ['an acknowledgement of nothing', [encodeCount('ack', 1)], 'malformed'],
    ['noise', [new TextEncoder().encode('GET / HTTP/1.1')], 'malformed'],
    ['a first message over its limit', [encodeCount('start', LIMITS.streamOpeningBytes + 1)], 'too-large'],
    [
      'a later message over its limit',
      [encodeStart(1, new Uint8Array(1)), encodeCount('start', LIMITS.consensusMessageBytes + 1)],
      'too-large',
    ],
  ])('closes on %s', async (_name, chunks, code) => {
    const { raw, send, reasons, peerStream } = await hostile();
    for (const chunk of chunks) send(chunk);
    await expect.poll(() => reasons).toHaveLength(1);
    expect(reasons[0]).toBeInstanceOf(ProtocolViolation);
    expect(reasons[0]).toMatchObject({ code });
    expect(peerStream.send(new Uint8Array(1))).toBe(false);
    await expect.poll(() => raw.status).toBe('reset');
  });

  it('holds an end in the middle of a message against nobody: connections end', async () => {
    const { raw, send, reasons } = await hostile();
    send(encodeStart(10, new Uint8Array(5)));
    await raw.close();
    await expect.poll(() => reasons).toMatchObject([{ code: 'closed' }]);
  });

  it('closes on whoever does not wait for room, however small the messages', async () => {
    const { send, reasons, sizes, sentBytes } = await hostile(() => new Promise(() => {}));
    const empty = encodeStart(0, new Uint8Array());
    const many = new Uint8Array(empty.byteLength * 50_000);
    for (let offset = 0; offset < many.byteLength; offset += empty.byteLength) many.set(empty, offset);
    while (reasons.length === 0 && sentBytes() < 2 * LIMITS.streamWindowBytes) {
      send(many);
      await world.settle();
    }
    await expect.poll(() => reasons).toMatchObject([{ code: 'malformed' }]);
    expect(sentBytes()).toBeGreaterThan(LIMITS.streamWindowBytes);
    expect(sizes).toHaveLength(1);
  });

  it('closes when its receiver throws or rejects', async () => {
    for (const handle of [
      () => {
        throw new Error('A defect.');
      },
      () => Promise.reject(new Error('A defect.')),
    ]) {
      const { send, reasons } = await hostile(handle);
      send(encodeStart(1, new Uint8Array(1)));
      await expect.poll(() => reasons).toMatchObject([{ message: 'A defect.' }]);
    }
  });

  it('takes no acknowledgement back', async () => {
    const { raw, peerStream, reasons } = await hostile();
    let receivedBytes = 0;
    raw.addEventListener('message', ({ data }) => {
      receivedBytes += data.byteLength;
    });
    peerStream.send(new Uint8Array(100));
    await expect.poll(() => receivedBytes).toBeGreaterThan(100);
    raw.send(encodeCount('ack', receivedBytes));
    raw.send(encodeCount('ack', receivedBytes - 1));
    await expect.poll(() => reasons).toMatchObject([{ code: 'malformed' }]);
  });
});

import { streamPair } from '@libp2p/utils';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetworkError } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { Exchange } from './exchange.ts';
import { encodeCount, encodeData } from './frames.ts';
import { ProtocolViolation } from './message-pipe.ts';

const never = new AbortController().signal;

/** Bytes that show loss and reordering. */
function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

describe('Exchange', () => {
  it('carries a message each way at the same time, each larger than the window', async () => {
    const [left, right] = await streamPair();
    const there = pattern(5_000_000);
    const back = pattern(4_999_999);
    const one = new Exchange(left, 8_000_000);
    const other = new Exchange(right, 8_000_000);
    const [atOther, atOne] = await Promise.all([other.receive(), one.receive(), one.send(there, never), other.send(back, never)]);
    expect(Buffer.compare(atOther, there)).toBe(0);
    expect(Buffer.compare(atOne, back)).toBe(0);
  });

  it('carries an empty message', async () => {
    const [left, right] = await streamPair();
    const other = new Exchange(right, 0);
    await new Exchange(left, 0).send(new Uint8Array(), never);
    expect(await other.receive()).toEqual(new Uint8Array());
  });

  it('stops sending at the window until it is acknowledged', async () => {
    const [left, right] = await streamPair();
    let receivedBytes = 0;
    right.addEventListener('message', ({ data }) => {
      receivedBytes += data.byteLength;
    });
    const controller = new AbortController();
    const sending = new Exchange(left, 0).send(pattern(8_000_000), controller.signal);
    const unusedBytes = 1_000;
    await expect.poll(() => receivedBytes).toBeGreaterThanOrEqual(LIMITS.streamWindowBytes - unusedBytes);
    controller.abort(new Error('seen enough'));
    await expect(sending).rejects.toThrow('seen enough');
    expect(receivedBytes).toBeLessThanOrEqual(LIMITS.streamWindowBytes);
  });

  it('refuses a message by its announced length', async () => {
    const [left, right] = await streamPair();
    const receiving = new Exchange(right, 1_000).receive();
    left.send(encodeCount('start', 1_001));
    await expect(receiving).rejects.toMatchObject({ code: 'too-large' });
  });

  it.each([
    ['data before a start', [encodeData(new Uint8Array(1))]],
    ['more data than announced', [encodeCount('start', 1), encodeData(new Uint8Array(2))]],
    ['a second start', [encodeCount('start', 5), encodeCount('start', 5)]],
    ['an acknowledgement of nothing', [encodeCount('ack', 1)]],
    ['noise', [new TextEncoder().encode('GET / HTTP/1.1')]],
  ])('refuses %s', async (_name, chunks) => {
    const [left, right] = await streamPair();
    const receiving = new Exchange(right, 1_000).receive();
    for (const chunk of chunks) left.send(chunk);
    await expect(receiving).rejects.toBeInstanceOf(ProtocolViolation);
    await expect(receiving).rejects.toMatchObject({ code: 'malformed' });
  });

  it('tells a message cut short from a stream that closes without one', async () => {
    const cut = await streamPair();
    const receiving = new Exchange(cut[1], 1_000).receive();
    cut[0].send(encodeCount('start', 10));
    await cut[0].close();
    await expect(receiving).rejects.toMatchObject({ code: 'malformed' });

    const empty = await streamPair();
    const waiting = new Exchange(empty[1], 1_000).receive();
    await empty[0].close();
    await expect(waiting).rejects.toBeInstanceOf(NetworkError);
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
  });

  it('takes any bytes without an exception of another kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }), async (chunks) => {
        const [left, right] = await streamPair({ delay: 0 });
        const receiving = new Exchange(right, 1_000).receive().then(
          () => undefined,
          (error: unknown) => error,
        );
        try {
          for (const chunk of chunks) left.send(chunk);
          await left.close();
        } catch {
          // Broken off by the other side, as it should be.
        }
        const error = await receiving;
        if (error !== undefined) expect(error instanceof ProtocolViolation || error instanceof NetworkError).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

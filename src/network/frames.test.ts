import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../records/limits.ts';
import {
  countOf,
  encodeCount,
  encodeData,
  FRAME_PAYLOAD_BYTES,
  type Frame,
  FrameError,
  FrameReader,
  positionAfter,
} from './frames.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), totalBytes: uint32 }),
  fc.record({ kind: fc.constant('ack' as const), receivedBytes: uint32 }),
  fc.record({ kind: fc.constant('data' as const), payload: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
);

function encode(frame: Frame): Uint8Array {
  if (frame.kind === 'data') return encodeData(frame.payload);
  return frame.kind === 'start' ? encodeCount('start', frame.totalBytes) : encodeCount('ack', frame.receivedBytes);
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Cuts bytes at the given places, which may coincide. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b), bytes.byteLength];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('frames', () => {
  it('come out as they went in, however the stream cuts them', () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (sent, places) => {
        const reader = new FrameReader();
        const read = cut(join(sent.map(encode)), places).flatMap((chunk) => reader.push(chunk));
        expect(read).toEqual(sent);
        expect(reader.isMidFrame).toBe(false);
      }),
    );
  });

  it('say of a stream that ends early that a frame is open', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (sent, place) => {
        const bytes = encode(sent);
        const end = 1 + (place % (bytes.byteLength - 1));
        const reader = new FrameReader();
        expect(reader.push(bytes.subarray(0, end))).toEqual([]);
        expect(reader.isMidFrame).toBe(true);
      }),
    );
  });

  it('read any bytes into frames or a FrameError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const reader = new FrameReader();
        try {
          for (const chunk of chunks) reader.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });

  it('count on past 2³²', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 0xffff_ffff }), (position, furtherBytes) => {
        fc.pre(Number.isSafeInteger(position + furtherBytes));
        expect(positionAfter(position, countOf(position + furtherBytes))).toBe(position + furtherBytes);
      }),
    );
  });

  it('carry at most LIMITS.frameBytes, and are refused by their head alone', () => {
    const largest = encodeData(new Uint8Array(FRAME_PAYLOAD_BYTES));
    expect(largest.byteLength).toBe(LIMITS.frameBytes);
    expect(new FrameReader().push(largest)).toHaveLength(1);
    const head = new Uint8Array(5);
    head[0] = 2;
    new DataView(head.buffer).setUint32(1, FRAME_PAYLOAD_BYTES + 1);
    expect(() => new FrameReader().push(head)).toThrow(FrameError);
    expect(() => new FrameReader().push(Uint8Array.of(2, 0, 0, 0, 0))).toThrow(FrameError);
    expect(() => new FrameReader().push(Uint8Array.of(1, 0, 0, 0, 5))).toThrow(FrameError);
    expect(() => new FrameReader().push(Uint8Array.of(9, 0, 0, 0, 4))).toThrow(FrameError);
  });
});

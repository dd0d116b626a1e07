/**
 * Frames of messages on a stream. A stream is a row of bytes without back-pressure across the network, so a message announces its length first and travels
 * in frames, and the receiver acknowledges what it has room for.
 *
 *     frame = kind (1 byte) ‖ payload length (4 bytes, big-endian) ‖ payload
 *     start = 1: total length of the message (4 bytes)
 *     data  = 2: the next bytes of the message
 *     ack   = 3: bytes of the other side's `start` and `data` frames, heads included, that were received on this stream so far, modulo 2³² (4 bytes)
 */
import { LIMITS } from '../records/limits.ts';

const FRAME_HEAD_BYTES = 5;
const COUNT_BYTES = 4;
const KIND = { start: 1, data: 2, ack: 3 } as const;

export type Frame =
  | { readonly kind: 'start'; readonly totalBytes: number }
  | { readonly kind: 'data'; readonly payload: Uint8Array }
  | { readonly kind: 'ack'; readonly receivedBytes: number };

/** Bytes on a stream that no honest peer sends. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export function encodeCount(kind: 'start' | 'ack', bytes: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + COUNT_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint8(0, KIND[kind]);
  view.setUint32(1, COUNT_BYTES);
  view.setUint32(FRAME_HEAD_BYTES, bytes);
  return frame;
}

/** The most of a message that one frame carries: head and payload together are `LIMITS.frameBytes`. */
export const FRAME_PAYLOAD_BYTES = LIMITS.frameBytes - FRAME_HEAD_BYTES;

export function encodeData(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + payload.byteLength);
  putData(frame, payload);
  return frame;
}

/** A message's `start` and the first of its data, if it has any: a small message goes out in one piece. */
export function encodeStart(totalBytes: number, payload: Uint8Array): Uint8Array {
  const start = encodeCount('start', totalBytes);
  if (payload.byteLength === 0) return start;
  const frames = new Uint8Array(start.byteLength + FRAME_HEAD_BYTES + payload.byteLength);
  frames.set(start);
  putData(frames.subarray(start.byteLength), payload);
  return frames;
}

function putData(target: Uint8Array, payload: Uint8Array): void {
  target[0] = KIND.data;
  new DataView(target.buffer, target.byteOffset).setUint32(1, payload.byteLength);
  target.set(payload, FRAME_HEAD_BYTES);
}

/** Counts on a stream are modulo this. */
const COUNT_MODULUS = 2 ** 32;

/** A position on a stream as it is sent. */
export function countOf(positionBytes: number): number {
  return positionBytes % COUNT_MODULUS;
}

/** The first position from `positionBytes` on that is sent as `count`. */
export function positionAfter(positionBytes: number, count: number): number {
  return positionBytes + ((count - countOf(positionBytes) + COUNT_MODULUS) % COUNT_MODULUS);
}

/** What a frame takes on the stream, head included. */
export function frameBytes(frame: Frame): number {
  return FRAME_HEAD_BYTES + (frame.kind === 'data' ? frame.payload.byteLength : COUNT_BYTES);
}

/**
 * Cuts a row of byte chunks into frames. Total: any bytes give frames or a {@link FrameError}, and a frame's length is checked when its head
 * has come, before its payload is waited for.
 */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #bufferedBytes = 0;

  /** Whether a frame has begun that is not complete. */
  get isMidFrame(): boolean {
    return this.#bufferedBytes > 0;
  }

  /** Takes the next bytes and returns the frames that are now complete. */
  push(chunk: Uint8Array): Frame[] {
    if (chunk.byteLength > 0) this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.byteLength;
    const frames: Frame[] = [];
    while (this.#bufferedBytes >= FRAME_HEAD_BYTES) {
      const { kind, payloadBytes } = readHead(this.#peek(FRAME_HEAD_BYTES));
      if (this.#bufferedBytes < FRAME_HEAD_BYTES + payloadBytes) break;
      const payload = this.#take(FRAME_HEAD_BYTES + payloadBytes).subarray(FRAME_HEAD_BYTES);
      frames.push(readPayload(kind, payload));
    }
    return frames;
  }

  /** The first `sizeBytes` buffered bytes as one array, which stay in the buffer. */
  #peek(sizeBytes: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.byteLength >= sizeBytes) return first.subarray(0, sizeBytes);
    const bytes = new Uint8Array(sizeBytes);
    let filledBytes = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, sizeBytes - filledBytes);
      bytes.set(part, filledBytes);
      filledBytes += part.byteLength;
      if (filledBytes === sizeBytes) break;
    }
    return bytes;
  }

  #take(sizeBytes: number): Uint8Array {
    const bytes = this.#peek(sizeBytes);
    this.#bufferedBytes -= sizeBytes;
    let leftBytes = sizeBytes;
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (chunk.byteLength > leftBytes) {
        this.#chunks[whole] = chunk.subarray(leftBytes);
        break;
      }
      leftBytes -= chunk.byteLength;
      whole++;
    }
    this.#chunks.splice(0, whole);
    return bytes;
  }
}

function readHead(head: Uint8Array): { kind: keyof typeof KIND; payloadBytes: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const payloadBytes = view.getUint32(1);
  switch (view.getUint8(0)) {
    case KIND.data:
      if (payloadBytes === 0 || payloadBytes > FRAME_PAYLOAD_BYTES)
        throw new FrameError(`A data frame of ${payloadBytes} bytes.`);
      return { kind: 'data', payloadBytes };
    case KIND.start:
    case KIND.ack:
      if (payloadBytes !== COUNT_BYTES) throw new FrameError(`A count of ${payloadBytes} bytes.`);
      return { kind: view.getUint8(0) === KIND.start ? 'start' : 'ack', payloadBytes };
    default:
      throw new FrameError(`An unknown kind of frame: ${view.getUint8(0)}.`);
  }
}

function readPayload(kind: keyof typeof KIND, payload: Uint8Array): Frame {
  if (kind === 'data') return { kind, payload };
  const count = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
  return kind === 'start' ? { kind, totalBytes: count } : { kind, receivedBytes: count };
}

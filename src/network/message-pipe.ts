/**
 * Messages, in order, both ways over one libp2p stream, with flow control of our own: libp2p aborts a stream on which 4 MiB lie unread and tells the sender nothing
 * before that, so at most `LIMITS.streamWindowBytes` are ever on their way unacknowledged. A receiver that is slow acknowledges late: then the sender waits.
 */
import type { Stream } from '@libp2p/interface';
import { type MessageStreamHandlers, NetworkError, StreamInbox } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import {
  countOf,
  encodeCount,
  encodeData,
  encodeStart,
  FRAME_PAYLOAD_BYTES,
  type Frame,
  FrameError,
  FrameReader,
  frameBytes,
  positionAfter,
} from './frames.ts';

/** What we put into one frame: four of these, with their heads, fill the window, so that acknowledgements keep the sender busy. */
const DATA_CHUNK_BYTES = Math.min(LIMITS.streamWindowBytes / 4 - 64, FRAME_PAYLOAD_BYTES);
/** Bytes that are acknowledged together: with small messages, one acknowledgement for thousands. */
const ACKNOWLEDGE_BYTES = 256 * 1024;
/** What is taken in advance for a message that has announced itself; the rest as its bytes come. */
const FIRST_BUFFER_BYTES = 64 * 1024;

/** The part of a libp2p stream that is used here. */
export type ByteStream = Pick<Stream, 'send' | 'onDrain' | 'close' | 'abort' | 'addEventListener' | 'writableNeedsDrain'>;

/** What a peer sent breaks the protocol; who serves holds it against the peer. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly code: 'too-large' | 'malformed';
  constructor(code: 'too-large' | 'malformed', message: string) {
    super(message);
    this.code = code;
  }
}

export interface MessagePipeOptions {
  /** Judges an announced message by its length and its number on the stream, from 0: throws a {@link ProtocolViolation} to refuse it. */
  readonly admit: (totalBytes: number, index: number) => void;
  /** Called once, when nothing goes either way any more: a {@link ProtocolViolation}, a {@link NetworkError}, or the reason given to `abort`. */
  readonly ended: (reason: Error) => void;
}

/** A message that is on its way in. Its buffer grows with what has come, so that an announcement alone takes no memory. */
interface Arriving {
  readonly totalBytes: number;
  buffer: Uint8Array;
  filledBytes: number;
  /** Bytes of its frames so far. */
  frameBytes: number;
}

export class MessagePipe {
  readonly #stream: ByteStream;
  readonly #options: MessagePipeOptions;
  readonly #reader = new FrameReader();
  readonly #inbox: StreamInbox;
  #arriving: Arriving | undefined;
  #messages = 0;
  /** Bytes of frames, of all that have come … */
  #receivedBytes = 0;
  /** … of those whose message is complete and not handled yet … */
  #waitingBytes = 0;
  /** … and as last told to the sender. */
  #toldBytes = 0;
  #sentBytes = 0;
  #acknowledgedBytes = 0;
  #failure: Error | undefined;
  #acknowledged: PromiseWithResolvers<void> | undefined;

  constructor(stream: ByteStream, options: MessagePipeOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#inbox = new StreamInbox({
      taken: (cost) => this.#taken(cost),
      failed: (error) => this.abort(error instanceof Error ? error : new Error(String(error))),
    });
    stream.addEventListener('message', (event) => this.#take(event.data.subarray()));
    stream.addEventListener('remoteCloseWrite', () => this.#fail(new NetworkError('closed', 'The peer closed the stream.')));
    stream.addEventListener('close', ({ error }) =>
      this.#fail(new NetworkError('closed', 'The stream was broken off.', { cause: error })),
    );
  }

  /** Whether a message of the other side has begun that is not complete. */
  get isMidMessage(): boolean {
    return this.#arriving !== undefined || this.#reader.isMidFrame;
  }

  receive(handlers: MessageStreamHandlers): void {
    this.#inbox.receive(handlers);
  }

  /**
   * Sends a message, after the one before is sent; resolves when all of it is on its way.
   * Rejects with what ended the pipe, or with the signal's reason.
   */
  async send(message: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#write(encodeStart(message.byteLength, message.subarray(0, DATA_CHUNK_BYTES)), signal);
    for (let offset = DATA_CHUNK_BYTES; offset < message.byteLength; offset += DATA_CHUNK_BYTES)
      await this.#write(encodeData(message.subarray(offset, offset + DATA_CHUNK_BYTES)), signal);
  }

  /** Ends our side properly. */
  async close(): Promise<void> {
    await this.#stream.close().catch((error: Error) => this.#stream.abort(error));
  }

  abort(reason: Error): void {
    this.#fail(reason);
    this.#stream.abort(reason);
  }

  /** Sends `start` and `data` frames as soon as the window has room for them. */
  async #write(frames: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    while (this.#sentBytes + frames.byteLength - this.#acknowledgedBytes > LIMITS.streamWindowBytes)
      await this.#acknowledgement(signal);
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    this.#sentBytes += frames.byteLength;
    try {
      if (!this.#stream.send(frames)) await this.#stream.onDrain(signal === undefined ? {} : { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#failure ?? new NetworkError('closed', 'The peer closed the stream.', { cause });
    }
  }

  async #acknowledgement(signal: AbortSignal | undefined): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#acknowledged ??= Promise.withResolvers<void>();
    this.#acknowledged.promise.catch(() => {});
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      await Promise.race([this.#acknowledged.promise, aborted.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #take(chunk: Uint8Array): void {
    try {
      // Handling a frame can end the pipe; what follows it is of no interest then.
      for (const frame of this.#failure === undefined ? this.#reader.push(chunk) : [])
        if (this.#failure === undefined) this.#handle(frame);
    } catch (error) {
      this.abort(error instanceof FrameError ? new ProtocolViolation('malformed', error.message) : (error as Error));
    }
  }

  #handle(frame: Frame): void {
    if (frame.kind === 'ack') {
      this.#advance(frame.receivedBytes);
      return;
    }
    this.#receivedBytes += frameBytes(frame);
    if (this.#receivedBytes - this.#toldBytes > LIMITS.streamWindowBytes) {
      throw new ProtocolViolation('malformed', `More than ${LIMITS.streamWindowBytes} bytes are not acknowledged.`);
    }
    if (frame.kind === 'start') this.#begin(frame.totalBytes);
    else this.#append(frame.payload);
    const arriving = this.#arriving as Arriving;
    arriving.frameBytes += frameBytes(frame);
    if (arriving.filledBytes === arriving.totalBytes) {
      this.#arriving = undefined;
      this.#waitingBytes += arriving.frameBytes;
      this.#inbox.push(arriving.buffer, arriving.frameBytes);
    }
    this.#acknowledge();
  }

  #begin(totalBytes: number): void {
    if (this.#arriving !== undefined) throw new ProtocolViolation('malformed', 'A message before the end of the one before.');
    this.#options.admit(totalBytes, this.#messages++);
    const buffer = new Uint8Array(Math.min(totalBytes, FIRST_BUFFER_BYTES));
    this.#arriving = { totalBytes, buffer, filledBytes: 0, frameBytes: 0 };
  }

  #append(payload: Uint8Array): void {
    const arriving = this.#arriving;
    const filledBytes = (arriving?.filledBytes ?? 0) + payload.byteLength;
    if (arriving === undefined || filledBytes > arriving.totalBytes) {
      throw new ProtocolViolation('malformed', 'More data than was announced.');
    }
    if (filledBytes > arriving.buffer.byteLength) {
      const larger = new Uint8Array(Math.min(arriving.totalBytes, Math.max(filledBytes, 2 * arriving.buffer.byteLength)));
      larger.set(arriving.buffer.subarray(0, arriving.filledBytes));
      arriving.buffer = larger;
    }
    arriving.buffer.set(payload, arriving.filledBytes);
    arriving.filledBytes = filledBytes;
  }

  #taken(cost: number): void {
    this.#waitingBytes -= cost;
    this.#acknowledge();
  }

  /** Acknowledges up to the last message that was handled; with nothing waiting, also what has come of the next one. */
  #acknowledge(): void {
    const held = this.#waitingBytes === 0 ? 0 : this.#waitingBytes + (this.#arriving?.frameBytes ?? 0);
    const roomBytes = this.#receivedBytes - held;
    if (roomBytes - this.#toldBytes < ACKNOWLEDGE_BYTES || this.#failure !== undefined) return;
    this.#toldBytes = roomBytes;
    try {
      this.#stream.send(encodeCount('ack', countOf(roomBytes)));
    } catch {
      // The other side has closed already and needs no acknowledgement.
    }
  }

  #advance(count: number): void {
    const acknowledgedBytes = positionAfter(this.#acknowledgedBytes, count);
    if (acknowledgedBytes > this.#sentBytes) {
      throw new ProtocolViolation('malformed', 'An acknowledgement of what was not sent.');
    }
    this.#acknowledgedBytes = acknowledgedBytes;
    this.#acknowledged?.resolve();
    this.#acknowledged = undefined;
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#acknowledged?.reject(error);
    this.#acknowledged = undefined;
    this.#inbox.end();
    this.#options.ended(error);
    this.#arriving = undefined;
  }
}

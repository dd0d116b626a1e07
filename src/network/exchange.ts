/**
 * One message each way over one libp2p stream, with flow control of our own: libp2p aborts a stream on which 4 MiB lie unread and tells the sender nothing before
 * that, so at most `LIMITS.streamWindowBytes` are ever on their way unacknowledged.
 */
import type { Stream } from '@libp2p/interface';
import { NetworkError } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { encodeCount, encodeData, FRAME_PAYLOAD_BYTES, type Frame, FrameError, FrameReader } from './frames.ts';

/** What we put into one frame: small enough that four fit into the window, so that acknowledgements keep the sender busy. */
const DATA_CHUNK_BYTES = Math.min(512 * 1024, FRAME_PAYLOAD_BYTES);

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

export class Exchange {
  readonly #stream: ByteStream;
  readonly #maxBytes: number;
  readonly #reader = new FrameReader();
  readonly #received = Promise.withResolvers<Uint8Array>();
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #totalBytes: number | undefined;
  #sentBytes = 0;
  #acknowledgedBytes = 0;
  #failure: Error | undefined;
  #acknowledged: PromiseWithResolvers<void> | undefined;

  /** @param maxBytes the largest message that is taken from the other side */
  constructor(stream: ByteStream, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    // Nobody may be waiting yet when it fails.
    this.#received.promise.catch(() => {});
    stream.addEventListener('message', (event) => this.#take(event.data.subarray()));
    stream.addEventListener('remoteCloseWrite', () => this.#ended());
    stream.addEventListener('close', (event) => {
      if (event.error === undefined) this.#ended();
      else this.#fail(new NetworkError('closed', 'The peer broke the stream off.', { cause: event.error }));
    });
  }

  /** The other side's message. Rejects with {@link ProtocolViolation} or {@link NetworkError}. */
  receive(): Promise<Uint8Array> {
    return this.#received.promise;
  }

  /** Sends our message; resolves when all of it is on its way. Rejects like {@link receive}, or with the signal's reason. */
  async send(message: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#write(encodeCount('start', message.byteLength), signal);
    for (let offset = 0; offset < message.byteLength; offset += DATA_CHUNK_BYTES) {
      const chunk = message.subarray(offset, offset + DATA_CHUNK_BYTES);
      while (this.#sentBytes + chunk.byteLength - this.#acknowledgedBytes > LIMITS.streamWindowBytes)
        await this.#acknowledgement(signal);
      this.#sentBytes += chunk.byteLength;
      await this.#write(encodeData(chunk), signal);
    }
  }

  /** Ends our side properly. */
  async close(): Promise<void> {
    await this.#stream.close().catch((error: Error) => this.#stream.abort(error));
  }

  abort(reason: Error): void {
    this.#fail(reason);
    this.#stream.abort(reason);
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (!this.#stream.send(bytes)) await this.#stream.onDrain({ signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#failure ?? new NetworkError('closed', 'The peer closed the stream.', { cause });
    }
  }

  async #acknowledgement(signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#acknowledged ??= Promise.withResolvers<void>();
    this.#acknowledged.promise.catch(() => {});
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([this.#acknowledged.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      for (const frame of this.#reader.push(chunk)) this.#handle(frame);
    } catch (error) {
      const violation = error instanceof FrameError ? new ProtocolViolation('malformed', error.message) : (error as Error);
      this.abort(violation);
    }
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case 'start':
        if (this.#totalBytes !== undefined) throw new ProtocolViolation('malformed', 'A second message on the stream.');
        if (frame.totalBytes > this.#maxBytes) {
          throw new ProtocolViolation('too-large', `A message of ${frame.totalBytes} bytes; ${this.#maxBytes} are allowed.`);
        }
        this.#totalBytes = frame.totalBytes;
        break;
      case 'data':
        if (this.#totalBytes === undefined || this.#partsBytes + frame.payload.byteLength > this.#totalBytes) {
          throw new ProtocolViolation('malformed', 'More data than was announced.');
        }
        this.#parts.push(frame.payload);
        this.#partsBytes += frame.payload.byteLength;
        this.#acknowledge();
        break;
      case 'ack':
        if (frame.receivedBytes > this.#sentBytes || frame.receivedBytes < this.#acknowledgedBytes) {
          throw new ProtocolViolation('malformed', 'An acknowledgement of what was not sent.');
        }
        this.#acknowledgedBytes = frame.receivedBytes;
        this.#acknowledged?.resolve();
        this.#acknowledged = undefined;
        return;
    }
    if (this.#partsBytes === this.#totalBytes) this.#complete();
  }

  #acknowledge(): void {
    try {
      this.#stream.send(encodeCount('ack', this.#partsBytes));
    } catch {
      // The other side has closed already and needs no acknowledgement.
    }
  }

  #complete(): void {
    const message = new Uint8Array(this.#partsBytes);
    let offset = 0;
    for (const part of this.#parts) {
      message.set(part, offset);
      offset += part.byteLength;
    }
    this.#parts = [];
    this.#received.resolve(message);
  }

  /** The other side will send nothing more. */
  #ended(): void {
    if (this.#totalBytes !== undefined && this.#partsBytes === this.#totalBytes) {
      // Its message is here; but whatever we still have to send has no reader.
      this.#fail(new NetworkError('closed', 'The peer closed the stream.'));
    } else if (this.#totalBytes === undefined && !this.#reader.isMidFrame) {
      this.#fail(new NetworkError('closed', 'The peer closed the stream without an answer.'));
    } else {
      this.#fail(
        new ProtocolViolation(
          'malformed',
          `The message ends after ${this.#partsBytes} of ${this.#totalBytes ?? 'unknown'} bytes.`,
        ),
      );
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#received.reject(this.#failure);
    this.#acknowledged?.reject(this.#failure);
    this.#acknowledged = undefined;
  }
}

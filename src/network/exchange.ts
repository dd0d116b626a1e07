/** One message each way over one libp2p stream: a request and its answer. */
import { NetworkError } from '../node/ports.ts';
import { type ByteStream, MessagePipe, ProtocolViolation } from './message-pipe.ts';

export class Exchange {
  readonly #pipe: MessagePipe;
  readonly #received = Promise.withResolvers<Uint8Array>();
  #isReceived = false;

  /** @param maxBytes the largest message that is taken from the other side */
  constructor(stream: ByteStream, maxBytes: number) {
    // Nobody may be waiting yet when it fails.
    this.#received.promise.catch(() => {});
    this.#pipe = new MessagePipe(stream, {
      admit(totalBytes, index) {
        if (index > 0) throw new ProtocolViolation('malformed', 'A second message on the stream.');
        if (totalBytes > maxBytes) {
          throw new ProtocolViolation('too-large', `A message of ${totalBytes} bytes; ${maxBytes} are allowed.`);
        }
      },
      ended: (reason) => this.#received.reject(this.#explain(reason)),
    });
    this.#pipe.receive({
      message: (data) => {
        this.#isReceived = true;
        this.#received.resolve(data);
      },
      closed: () => {},
    });
  }

  /** The other side's message. Rejects with {@link ProtocolViolation} or {@link NetworkError}. */
  receive(): Promise<Uint8Array> {
    return this.#received.promise;
  }

  /** Sends our message; resolves when all of it is on its way. Rejects like {@link receive}, or with the signal's reason. */
  send(message: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#pipe.send(message, signal);
  }

  /** Ends our side properly. */
  close(): Promise<void> {
    return this.#pipe.close();
  }

  abort(reason: Error): void {
    this.#pipe.abort(reason);
  }

  /** An end in the middle of its message is the other side's fault, an end before it is not. */
  #explain(reason: Error): Error {
    if (this.#isReceived || !(reason instanceof NetworkError)) return reason;
    if (this.#pipe.isMidMessage) return new ProtocolViolation('malformed', 'The stream ends in the middle of a message.');
    return new NetworkError('closed', 'The peer closed the stream without an answer.', { cause: reason });
  }
}

/** A {@link MessageStream} over libp2p: a message pipe with a queue in front of it. */
import { checkMessageSize, type MessageStream, type MessageStreamHandlers, NetworkError, type PeerId } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { type ByteStream, MessagePipe, ProtocolViolation } from './message-pipe.ts';

export class PeerStream implements MessageStream {
  readonly peer: PeerId;
  readonly #pipe: MessagePipe;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isFirst = true;
  #isSending = false;
  #isEnded = false;

  /** @param ended called once, when the stream is over; a {@link ProtocolViolation} is the peer's fault */
  constructor(peer: PeerId, stream: ByteStream, ended: (reason: Error) => void) {
    this.peer = peer;
    this.#pipe = new MessagePipe(stream, {
      admit,
      ended: (reason) => {
        this.#isEnded = true;
        this.#queue = [];
        // Our half may still be open.
        stream.abort(reason);
        ended(reason);
      },
    });
  }

  send(data: Uint8Array): boolean {
    if (this.#isEnded) return false;
    checkMessageSize(data, this.#isFirst);
    this.#isFirst = false;
    if (this.#queuedBytes + data.byteLength > LIMITS.streamQueueBytes) {
      this.#pipe.abort(new NetworkError('closed', `The peer is slow: more than ${LIMITS.streamQueueBytes} bytes wait for it.`));
      return false;
    }
    this.#queue.push(data);
    this.#queuedBytes += data.byteLength;
    if (!this.#isSending) void this.#sendQueue();
    return true;
  }

  /** Whether anything was sent on it: the node answers nobody who has not shown who it is. */
  get hasSent(): boolean {
    return !this.#isFirst;
  }

  receive(handlers: MessageStreamHandlers): void {
    this.#pipe.receive(handlers);
  }

  close(): void {
    this.#pipe.abort(new NetworkError('closed', 'We closed the stream.'));
  }

  async #sendQueue(): Promise<void> {
    this.#isSending = true;
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
        await this.#pipe.send(message);
        this.#queuedBytes -= message.byteLength;
      }
    } catch (error) {
      this.#pipe.abort(error as Error);
    }
    this.#isSending = false;
  }
}

/** The bound on the first message holds until the node has checked who is there; it closes the stream if it does not like the answer. */
function admit(totalBytes: number, index: number): void {
  const maxBytes = index === 0 ? LIMITS.streamOpeningBytes : LIMITS.consensusMessageBytes;
  if (totalBytes > maxBytes)
    throw new ProtocolViolation('too-large', `Message ${index} has ${totalBytes} bytes; ${maxBytes} are allowed.`);
}

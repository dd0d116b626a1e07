import { checkMessageSize, type MessageStream, type MessageStreamHandlers, type PeerId, StreamInbox } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { ownBuffer } from './line.ts';
import { type StreamMessage, seamCost } from './network-messages.ts';

type Tell = (message: StreamMessage, transfer?: readonly ArrayBuffer[]) => void;

/** The worker's side of the streams that the page's host has open. */
export class RemoteStreams {
  readonly #tell: Tell;
  readonly #streams = new Map<number, RemoteStream>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** The page has opened a stream, or a peer has. */
  add(number: number, peer: PeerId): MessageStream {
    const tell: Tell = (message, transfer) => {
      if (message.type === 'stream-closed') this.#streams.delete(number);
      this.#tell(message, transfer);
    };
    const stream = new RemoteStream(number, peer, tell);
    this.#streams.set(number, stream);
    return stream;
  }

  /** What the page says of a stream that was closed here meanwhile is ignored. */
  receive(message: StreamMessage): void {
    const stream = this.#streams.get(message.stream);
    switch (message.type) {
      case 'stream-data':
        stream?.push(message.data);
        break;
      case 'stream-taken':
        stream?.taken(message.cost);
        break;
      case 'stream-closed':
        this.#streams.delete(message.stream);
        stream?.end();
    }
  }
}

class RemoteStream implements MessageStream {
  readonly peer: PeerId;
  readonly #number: number;
  readonly #tell: Tell;
  readonly #inbox: StreamInbox;
  /** Cost of what is on its way to the page. */
  #underWay = 0;
  #isFirst = true;
  #isEnded = false;

  constructor(number: number, peer: PeerId, tell: Tell) {
    this.#number = number;
    this.peer = peer;
    this.#tell = tell;
    this.#inbox = new StreamInbox({
      taken: (cost) => {
        if (!this.#isEnded) tell({ type: 'stream-taken', stream: number, cost });
      },
      failed: (error) => {
        // Peers choose what comes in here, so a defect of ours must not stop the node.
        console.error('sett: a message of a stream met a defect', error);
        this.close();
      },
    });
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isEnded) return false;
    checkMessageSize(bytes, this.#isFirst);
    this.#isFirst = false;
    this.#underWay += seamCost(bytes);
    // The page takes at once what it can queue: only one whose thread stands still comes this far.
    if (this.#underWay > LIMITS.streamQueueBytes) {
      this.close();
      return false;
    }
    const { data, transfer } = ownBuffer(bytes);
    this.#tell({ type: 'stream-data', stream: this.#number, data }, transfer);
    return true;
  }

  receive(handlers: MessageStreamHandlers): void {
    this.#inbox.receive(handlers);
  }

  close(): void {
    if (this.#isEnded) return;
    this.#tell({ type: 'stream-closed', stream: this.#number });
    this.end();
  }

  push(data: Uint8Array): void {
    this.#inbox.push(data, seamCost(data));
  }

  taken(cost: number): void {
    this.#underWay -= cost;
  }

  end(): void {
    this.#isEnded = true;
    this.#inbox.end();
  }
}

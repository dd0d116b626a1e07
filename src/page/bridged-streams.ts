import type { MessageStream } from '../node/ports.ts';
import { type FromHost, NETWORK_SEAM, type StreamMessage, seamCost } from '../worker/index.ts';

interface Bridged {
  readonly stream: MessageStream;
  /** Cost of the messages that the worker has not handled. */
  underWay: number;
  /** Lets the host go on when there is room again. */
  room: PromiseWithResolvers<void> | undefined;
}

/** The page's side of open streams: the host's on one hand, the worker's numbers on the other. */
export class BridgedStreams {
  readonly #tell: (message: FromHost, transfer?: readonly ArrayBuffer[]) => void;
  readonly #streams = new Map<number, Bridged>();
  #nextNumber = 0;

  constructor(tell: (message: FromHost, transfer?: readonly ArrayBuffer[]) => void) {
    this.#tell = tell;
  }

  /** Takes a stream of the host; `announce` tells the worker its number, before anything else is said of it. */
  add(stream: MessageStream, announce: (number: number) => void): void {
    const number = this.#nextNumber++;
    const bridged: Bridged = { stream, underWay: 0, room: undefined };
    this.#streams.set(number, bridged);
    announce(number);
    stream.receive({
      message: (data) => {
        bridged.underWay += seamCost(data);
        // The stream gave it away, in a buffer of its own: no copy is needed.
        this.#tell({ type: 'stream-data', stream: number, data }, [data.buffer as ArrayBuffer]);
        if (bridged.underWay <= NETWORK_SEAM.streamCost) return;
        bridged.room = Promise.withResolvers<void>();
        return bridged.room.promise;
      },
      closed: () => {
        if (this.#streams.delete(number)) this.#tell({ type: 'stream-closed', stream: number });
      },
    });
  }

  /** What the worker says of a stream that was closed here meanwhile is ignored. */
  receive(message: StreamMessage): void {
    const bridged = this.#streams.get(message.stream);
    if (bridged === undefined) return;
    switch (message.type) {
      case 'stream-data':
        this.#send(message.stream, bridged, message.data);
        break;
      case 'stream-taken':
        bridged.underWay -= message.cost;
        if (bridged.underWay > NETWORK_SEAM.streamCost) break;
        bridged.room?.resolve();
        bridged.room = undefined;
        break;
      case 'stream-closed':
        this.#streams.delete(message.stream);
        bridged.stream.close();
    }
  }

  #send(stream: number, { stream: target }: Bridged, data: Uint8Array): void {
    const cost = seamCost(data);
    try {
      // A stream that takes no more says so by closing.
      if (target.send(data)) this.#tell({ type: 'stream-taken', stream, cost });
    } catch (error) {
      console.error('sett: the worker sends what no stream takes', error);
      target.close();
    }
  }
}

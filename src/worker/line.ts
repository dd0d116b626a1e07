/** A way for messages to another thread or tab. Messages arrive in order; nothing tells whether anybody listens. */
export interface Line {
  /** `transfer`: buffers that move instead of being copied. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Sets the receiver; messages that came before are given to it first where the way keeps them (ports do, channels do not). */
  listen(receive: (message: unknown) => void): void;
  close(): void;
}

export function portLine(port: MessagePort): Line {
  return {
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
    listen(receive) {
      port.onmessage = (event: MessageEvent<unknown>) => receive(event.data);
    },
    close() {
      port.onmessage = null;
      port.close();
    },
  };
}

/** All contexts of one profile share a channel: everyone hears everything but its own messages. Buffers are copied. */
export function channelLine(channel: BroadcastChannel): Line {
  return {
    post: (message) => channel.postMessage(message),
    listen(receive) {
      channel.onmessage = (event: MessageEvent<unknown>) => receive(event.data);
    },
    close() {
      channel.onmessage = null;
      channel.close();
    },
  };
}

/** Copies bytes into a buffer of their own, to be transferred: the sender may go on using its bytes, and no neighbour of theirs travels along. */
export function ownBuffer(bytes: Uint8Array): { readonly data: Uint8Array; readonly transfer: readonly ArrayBuffer[] } {
  const data = new Uint8Array(bytes);
  return { data, transfer: [data.buffer] };
}

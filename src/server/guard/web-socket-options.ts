import type { ServerOptions } from 'ws';

/** A WebSocket server for strangers, which gets its sockets from an HTTP server. */
export function webSocketOptions(messageBytes: number): ServerOptions {
  return {
    noServer: true,
    maxPayload: messageBytes,
    perMessageDeflate: false,
    ...FOR_STRANGERS,
  };
}

/** What every WebSocket server here has, libp2p's own included. */
export const FOR_STRANGERS = {
  /**
   * One message of each socket in a turn of the event loop: 64 KiB of a socket can hold two thousand messages, each of which costs libp2p 50 µs, and all
   * other sockets would wait for them.
   */
  allowSynchronousEvents: false,
  /** Who does not answer a goodbye is not waited for longer. */
  closeTimeout: 5_000,
} as const;

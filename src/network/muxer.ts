import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';

/**
 * Yamux that outlives its connection. @libp2p/yamux 8 announces a new stream in a microtask (muxer.ts, onCreateStream); if the connection has
 * ended by then, as it does when a peer's tab closes, the error of that write reaches nobody: an uncaught error of the page. Here a
 * connection that takes no more data is given up, which ends its streams and so tells whoever opens one.
 */
export function muxer(): () => StreamMuxerFactory {
  const make = yamux();
  return () => {
    const factory = make();
    const { protocol } = factory;
    return { protocol, createStreamMuxer: (connection) => factory.createStreamMuxer(withoutThrow(connection)) };
  };
}

function withoutThrow(connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection);
  connection.send = (data) => {
    try {
      return send(data);
    } catch (error) {
      connection.abort(error as Error);
      return false;
    }
  };
  return connection;
}

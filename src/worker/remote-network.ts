import {
  type GossipVerdict,
  type MessageStream,
  type Network,
  NetworkError,
  type NetworkHandlers,
  type NetworkState,
} from '../node/ports.ts';
import { type Line, ownBuffer } from './line.ts';
import { type FromHost, NETWORK_SEAM, readFromHost, type ToHost } from './network-messages.ts';
import { Pending } from './pending.ts';
import { RemoteStreams } from './remote-streams.ts';

/** How much longer than a request's own limit the page may take to say that it failed, before it counts as gone. */
const GRACE_MS = 5_000;
/** A publish is an enqueue in libp2p; one that takes longer has met a stopped host. */
const PUBLISH_TIMEOUT_MS = 30_000;
/** The host gives up on opening a stream before this. */
const OPEN_STREAM_TIMEOUT_MS = 30_000;
/** The host gives up on an address before this. */
const REACH_TIMEOUT_MS = 20_000;

export interface RemoteNetwork extends Network {
  /** Drives the page's host: call once a second. */
  tick(): void;
}

/** The worker's side of the network: the page's libp2p host as a {@link Network}. `after` is the clock's timer. */
export function createRemoteNetwork(line: Line, after: (delayMs: number, callback: () => void) => () => void): RemoteNetwork {
  let handlers: NetworkHandlers | undefined;
  let state: NetworkState = { peerId: undefined, relays: [], peers: [] };
  const publishing = new Pending<number>(NETWORK_SEAM.publishing);
  const requesting = new Pending<Uint8Array>(NETWORK_SEAM.requesting);
  const reaching = new Pending<void>(NETWORK_SEAM.reaching);
  const opening = new Pending<MessageStream>(NETWORK_SEAM.opening);

  const tell = (message: ToHost, transfer: readonly ArrayBuffer[] = []) => line.post(message, transfer);
  const streams = new RemoteStreams(tell);

  async function ask<T>(pending: Pending<T>, what: string, timeoutMs: number, send: (id: number) => void): Promise<T> {
    if (pending.isFull) throw new NetworkError('unreachable', `Too much is being ${what} at once. Try again in a moment.`);
    const { id, answer } = pending.open();
    const cancel = after(timeoutMs, () => pending.reject(id, new NetworkError('timeout', 'The page’s network did not answer.')));
    send(id);
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  async function judge(message: Extract<FromHost, { type: 'gossip' }>): Promise<void> {
    let verdict: GossipVerdict = 'ignore';
    try {
      verdict = (await handlers?.gossip(message.topic, message.data, message.origin)) ?? 'ignore';
    } catch (error) {
      // A defect of ours. Peers choose what comes in here, so it must not stop the node.
      console.error('sett: a gossip message could not be judged', error);
    }
    tell({ type: 'verdict', id: message.id, verdict });
  }

  async function serve(message: Extract<FromHost, { type: 'serve' }>): Promise<void> {
    let answer: Uint8Array | undefined;
    try {
      answer = await handlers?.request(message.data, message.from);
    } catch {
      // The node refuses a request by throwing; the peer sees a stream that closes with nothing.
    }
    if (answer === undefined) tell({ type: 'unserved', id: message.id });
    else {
      const { data, transfer } = ownBuffer(answer);
      tell({ type: 'served', id: message.id, data }, transfer);
    }
  }

  function receive(value: unknown): void {
    const message = readFromHost(value);
    if (message === undefined) return;
    switch (message.type) {
      case 'state':
        state = message.state;
        handlers?.state(state);
        break;
      case 'neighbours':
        handlers?.neighbours(message.topic);
        break;
      case 'gossip':
        void judge(message);
        break;
      case 'serve':
        void serve(message);
        break;
      case 'published':
        publishing.resolve(message.id, message.recipients);
        break;
      case 'requested':
        requesting.resolve(message.id, message.data);
        break;
      case 'reached':
        reaching.resolve(message.id, undefined);
        break;
      case 'unpublished':
        publishing.reject(message.id, new NetworkError(message.code, message.message));
        break;
      case 'unrequested':
        requesting.reject(message.id, new NetworkError(message.code, message.message));
        break;
      case 'unreached':
        reaching.reject(message.id, new NetworkError(message.code, message.message));
        break;
      case 'unopened':
        opening.reject(message.id, new NetworkError(message.code, message.message));
        break;
      case 'opened': {
        const opened = streams.add(message.stream, message.peer);
        if (!opening.resolve(message.id, opened)) opened.close();
        break;
      }
      case 'stream': {
        const stream = streams.add(message.stream, message.peer);
        if (handlers === undefined) stream.close();
        else handlers.stream(stream);
        break;
      }
      case 'stream-data':
      case 'stream-taken':
      case 'stream-closed':
        streams.receive(message);
    }
  }

  return {
    listen(given) {
      handlers = given;
      line.listen(receive);
    },
    subscribe: (topic) => tell({ type: 'subscribe', topic }),
    unsubscribe: (topic) => tell({ type: 'unsubscribe', topic }),
    publish(topic, bytes) {
      return ask(publishing, 'published', PUBLISH_TIMEOUT_MS, (id) => {
        const { data, transfer } = ownBuffer(bytes);
        tell({ type: 'publish', id, topic, data }, transfer);
      });
    },
    request(peer, bytes, { timeoutMs, maxBytes }) {
      return ask(requesting, 'requested', timeoutMs + GRACE_MS, (id) => {
        const { data, transfer } = ownBuffer(bytes);
        tell({ type: 'request', id, peer, data, timeoutMs, maxBytes }, transfer);
      });
    },
    openStream(peer) {
      return ask(opening, 'opened', OPEN_STREAM_TIMEOUT_MS, (id) => tell({ type: 'open-stream', id, peer }));
    },
    setBootstraps: (urls) => tell({ type: 'bootstraps', urls }),
    dial: (address) => ask(reaching, 'dialled', REACH_TIMEOUT_MS, (id) => tell({ type: 'dial', id, address })),
    addRelay: (address) => ask(reaching, 'dialled', REACH_TIMEOUT_MS, (id) => tell({ type: 'add-relay', id, address })),
    meet: (peer) => tell({ type: 'meet', peer }),
    penalize: (peer, reason) => tell({ type: 'penalize', peer, reason }),
    state: () => state,
    tick: () => tell({ type: 'tick' }),
  };
}

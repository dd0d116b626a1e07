import type { Host } from '../network/index.ts';
import { type GossipVerdict, NetworkError } from '../node/ports.ts';
import { type FromHost, type Line, NETWORK_SEAM, ownBuffer, Pending, readToHost, type ToHost } from '../worker/index.ts';
import { BridgedStreams } from './bridged-streams.ts';

/**
 * The page's side of the network: moves bytes between the libp2p host and the worker, and decides nothing. What the worker has no room
 * for is dropped here: gossip is ignored, a peer's request is refused.
 */
export function bridgeNetwork(host: Host, line: Line): void {
  const judging = new Pending<GossipVerdict>(NETWORK_SEAM.gossip);
  const serving = new Pending<Uint8Array>(NETWORK_SEAM.serving);

  const tell = (message: FromHost, transfer: readonly ArrayBuffer[] = []) => line.post(message, transfer);
  const streams = new BridgedStreams(tell);

  host.listen({
    gossip(topic, bytes, origin) {
      if (judging.isFull) return 'ignore';
      const { id, answer } = judging.open();
      const { data, transfer } = ownBuffer(bytes);
      tell({ type: 'gossip', id, topic, data, origin }, transfer);
      return answer;
    },
    async request(bytes, from) {
      if (serving.isFull) throw new NetworkError('unreachable', 'This node serves as many requests as it can.');
      const { id, answer } = serving.open();
      const { data, transfer } = ownBuffer(bytes);
      tell({ type: 'serve', id, data, from }, transfer);
      return answer;
    },
    state: (state) => tell({ type: 'state', state }),
    neighbours: (topic) => tell({ type: 'neighbours', topic }),
    stream: (stream) => streams.add(stream, (number) => tell({ type: 'stream', stream: number, peer: stream.peer })),
  });

  async function publish({ id, topic, data }: Extract<ToHost, { type: 'publish' }>): Promise<void> {
    try {
      tell({ type: 'published', id, recipients: await host.publish(topic, data) });
    } catch (error) {
      tell({ type: 'unpublished', id, ...asFailure(error) });
    }
  }

  async function request({ id, peer, data, timeoutMs, maxBytes }: Extract<ToHost, { type: 'request' }>): Promise<void> {
    try {
      const answer = ownBuffer(await host.request(peer, data, { timeoutMs, maxBytes }));
      tell({ type: 'requested', id, data: answer.data }, answer.transfer);
    } catch (error) {
      tell({ type: 'unrequested', id, ...asFailure(error) });
    }
  }

  async function openStream({ id, peer }: Extract<ToHost, { type: 'open-stream' }>): Promise<void> {
    try {
      streams.add(await host.openStream(peer), (stream) => tell({ type: 'opened', id, stream, peer }));
    } catch (error) {
      tell({ type: 'unopened', id, ...asFailure(error) });
    }
  }

  async function reach({ type, id, address }: Extract<ToHost, { type: 'dial' | 'add-relay' }>): Promise<void> {
    try {
      await (type === 'dial' ? host.dial(address) : host.addRelay(address));
      tell({ type: 'reached', id });
    } catch (error) {
      tell({ type: 'unreached', id, ...asFailure(error) });
    }
  }

  line.listen((value) => {
    const message = readToHost(value);
    if (message === undefined) return;
    switch (message.type) {
      case 'subscribe':
        host.subscribe(message.topic);
        break;
      case 'unsubscribe':
        host.unsubscribe(message.topic);
        break;
      case 'bootstraps':
        host.setBootstraps(message.urls);
        break;
      case 'dial':
      case 'add-relay':
        void reach(message);
        break;
      case 'meet':
        host.meet(message.peer);
        break;
      case 'penalize':
        host.penalize(message.peer, message.reason);
        break;
      case 'publish':
        void publish(message);
        break;
      case 'request':
        void request(message);
        break;
      case 'verdict':
        judging.resolve(message.id, message.verdict);
        break;
      case 'served':
        serving.resolve(message.id, message.data);
        break;
      case 'unserved':
        serving.reject(message.id, new NetworkError('closed', 'The node refused this request.'));
        break;
      case 'open-stream':
        void openStream(message);
        break;
      case 'stream-data':
      case 'stream-taken':
      case 'stream-closed':
        streams.receive(message);
        break;
      case 'tick':
        host.tick();
    }
  });
  tell({ type: 'state', state: host.state() });
}

/** An error as a plain object, as it crosses threads. */
function asFailure(error: unknown): Pick<NetworkError, 'code' | 'message'> {
  if (error instanceof NetworkError) return { code: error.code, message: error.message };
  return { code: 'closed', message: error instanceof Error ? error.message : 'The network of the page failed.' };
}

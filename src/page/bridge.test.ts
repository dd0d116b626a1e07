import { expect, test } from 'vitest';
import type { Host } from '../network/index.ts';
import { NetworkError, type NetworkHandlers } from '../node/ports.ts';
import { type FromHost, type Line, NETWORK_SEAM } from '../worker/index.ts';
import { bridgeNetwork } from './bridge.ts';

const data = Uint8Array.of(1, 2, 3);

/** A host that does as told, and the worker's end of the line in the test's hand. */
function bridge(overrides: Partial<Host> = {}) {
  let handlers: NetworkHandlers | undefined;
  const told: string[] = [];
  const host: Host = {
    listen: (given) => {
      handlers = given;
    },
    subscribe: (topic) => void told.push(`subscribe ${topic}`),
    unsubscribe: (topic) => void told.push(`unsubscribe ${topic}`),
    publish: async () => 2,
    request: async (_peer, bytes) => bytes,
    openStream: () => Promise.reject(new NetworkError('unreachable', 'Nobody is there.')),
    setBootstraps: (urls) => void told.push(`bootstraps ${urls.join()}`),
    dial: async (address) => void told.push(`dial ${address}`),
    addRelay: () => Promise.reject(new NetworkError('too-many', 'No more relays.')),
    meet: (peer) => void told.push(`meet ${peer}`),
    penalize: (peer, reason) => void told.push(`penalize ${peer} ${reason}`),
    state: () => ({ peerId: 'me', relays: [], peers: [] }),
    tick: () => void told.push('tick'),
    wake: () => void told.push('wake'),
    stop: async () => {},
    ...overrides,
  };
  const sent: FromHost[] = [];
  let say: (message: unknown) => void = () => {};
  const line: Line = {
    post: (message) => void sent.push(message as FromHost),
    listen: (receive) => {
      say = receive;
    },
    close: () => {},
  };
  bridgeNetwork(host, line);
  if (handlers === undefined) throw new Error('The bridge does not listen.');
  return { handlers, told, sent, say: (message: unknown) => say(message) };
}

test('what the worker says reaches the host, what has no known shape does not', () => {
  const { told, sent, say } = bridge();
  expect(sent).toEqual([{ type: 'state', state: { peerId: 'me', relays: [], peers: [] } }]);
  say({ type: 'subscribe', topic: 't' });
  say({ type: 'bootstraps', urls: ['a', 'b'] });
  say({ type: 'meet', peer: 'p' });
  say({ type: 'penalize', peer: 'p', reason: 'r' });
  say({ type: 'tick' });
  for (const junk of [undefined, 'tick', { type: 'subscribe' }, { type: 'meet', peer: 7 }, { type: 'bootstraps', urls: [1] }])
    say(junk);
  expect(told).toEqual(['subscribe t', 'bootstraps a,b', 'meet p', 'penalize p r', 'tick']);
});

test('gossip waits for its verdict; beyond what may be under way it is ignored', async () => {
  const { handlers, sent, say } = bridge();
  const first = handlers.gossip('t', data, 'origin');
  for (let count = 1; count < NETWORK_SEAM.gossip; count++) void handlers.gossip('t', data, 'origin');
  expect(handlers.gossip('t', data, 'origin')).toBe('ignore');
  expect(sent.filter(({ type }) => type === 'gossip')).toHaveLength(NETWORK_SEAM.gossip);
  expect(sent[1]).toEqual({ type: 'gossip', id: 0, topic: 't', data, origin: 'origin' });

  say({ type: 'verdict', id: 0, verdict: 'reject' });
  expect(await first).toBe('reject');
  expect(handlers.gossip('t', data, 'origin')).not.toBe('ignore');
});

test('a request of a peer is answered or refused by the worker, and refused beyond what may be under way', async () => {
  const { handlers, say } = bridge();
  const answers = Array.from({ length: NETWORK_SEAM.serving }, () => handlers.request(data, 'peer'));
  await expect(handlers.request(data, 'peer')).rejects.toBeInstanceOf(NetworkError);
  say({ type: 'served', id: 0, data });
  say({ type: 'unserved', id: 1 });
  expect(await answers[0]).toEqual(data);
  await expect(answers[1]).rejects.toBeInstanceOf(NetworkError);
});

test('an address that the worker names is dialled, and how it went is told', async () => {
  const { told, sent, say } = bridge();
  for (const junk of [
    { type: 'dial', id: 1 },
    { type: 'add-relay', address: 'b' },
  ])
    say(junk);
  say({ type: 'dial', id: 1, address: 'a' });
  say({ type: 'add-relay', id: 2, address: 'b' });
  await expect
    .poll(() => sent.slice(1))
    .toEqual([
      { type: 'reached', id: 1 },
      { type: 'unreached', id: 2, code: 'too-many', message: 'No more relays.' },
    ]);
  expect(told).toEqual(['dial a']);
});

test('errors of the host cross as code and sentence', async () => {
  const { sent, say } = bridge({
    publish: () => Promise.reject(new Error('a defect')),
    request: () => Promise.reject(new NetworkError('timeout', 'Too late.')),
  });
  say({ type: 'publish', id: 1, topic: 't', data });
  say({ type: 'request', id: 2, peer: 'p', data, timeoutMs: 1, maxBytes: 1 });
  await expect
    .poll(() => sent.slice(1))
    .toEqual([
      { type: 'unpublished', id: 1, code: 'closed', message: 'a defect' },
      { type: 'unrequested', id: 2, code: 'timeout', message: 'Too late.' },
    ]);
});

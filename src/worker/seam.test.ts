import { expect, test } from 'vitest';
import { NetworkError, type NetworkHandlers } from '../node/ports.ts';
import type { NodeEvent } from '../node/view.ts';
import { CallServer } from './call-server.ts';
import { EventOutlet } from './event-outlet.ts';
import type { Line } from './line.ts';
import { EVENTS_MAX, type ToClient } from './messages.ts';
import { type FromHost, NETWORK_SEAM, type ToHost } from './network-messages.ts';
import { createRemoteNetwork } from './remote-network.ts';

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The other end of a line, in the test's hand. */
class HeldLine<Sent> implements Line {
  readonly sent: Sent[] = [];
  receive: (message: unknown) => void = () => {};
  post(message: unknown): void {
    this.sent.push(message as Sent);
  }
  listen(receive: (message: unknown) => void): void {
    this.receive = receive;
  }
  close(): void {}
}

/** Timers that go off when the test says so. */
function heldTimers() {
  const due = new Set<() => void>();
  return {
    after: (_delayMs: number, callback: () => void) => {
      due.add(callback);
      return () => void due.delete(callback);
    },
    fire() {
      const now = [...due];
      due.clear();
      for (const callback of now) callback();
    },
    get waiting() {
      return due.size;
    },
  };
}

const silent: NetworkHandlers = {
  gossip: () => 'accept',
  request: async (data) => data,
  state: () => {},
  neighbours: () => {},
  stream: (stream) => stream.close(),
};

test('remote network: publishes and requests are answered by id, errors cross as code and sentence', async () => {
  const line = new HeldLine<ToHost>();
  const timers = heldTimers();
  const network = createRemoteNetwork(line, timers.after);
  network.listen(silent);
  const publish = network.publish('t', Uint8Array.of(1));
  const request = network.request('peer', Uint8Array.of(2), { timeoutMs: 1_000, maxBytes: 10 });
  expect(line.sent).toEqual([
    { type: 'publish', id: 0, topic: 't', data: Uint8Array.of(1) },
    { type: 'request', id: 0, peer: 'peer', data: Uint8Array.of(2), timeoutMs: 1_000, maxBytes: 10 },
  ]);
  const answers: FromHost[] = [
    { type: 'unrequested', id: 0, code: 'too-large', message: 'Too large.' },
    { type: 'published', id: 0, recipients: 3 },
  ];
  for (const answer of answers) line.receive(answer);
  expect(await publish).toBe(3);
  await expect(request).rejects.toMatchObject({ code: 'too-large', message: 'Too large.' });
  expect(timers.waiting).toBe(0);
});

test('remote network: an address is dialled by the page, which says how it went', async () => {
  const line = new HeldLine<ToHost>();
  const network = createRemoteNetwork(line, heldTimers().after);
  network.listen(silent);
  const answers = [network.dial('a'), network.addRelay('b')];
  expect(line.sent).toEqual([
    { type: 'dial', id: 0, address: 'a' },
    { type: 'add-relay', id: 1, address: 'b' },
  ]);
  line.receive({ type: 'unreached', id: 1, code: 'too-many', message: 'No more relays.' } satisfies FromHost);
  line.receive({ type: 'reached', id: 0 } satisfies FromHost);
  await answers[0];
  await expect(answers[1]).rejects.toMatchObject({ code: 'too-many', message: 'No more relays.' });
});

test('remote network: a page that does not answer makes a timeout, and no more than a bounded number wait', async () => {
  const timers = heldTimers();
  const network = createRemoteNetwork(new HeldLine<ToHost>(), timers.after);
  network.listen(silent);
  const publishes = Array.from({ length: NETWORK_SEAM.publishing }, () => network.publish('t', new Uint8Array(1)));
  await expect(network.publish('t', new Uint8Array(1))).rejects.toBeInstanceOf(NetworkError);
  timers.fire();
  for (const publish of publishes) await expect(publish).rejects.toMatchObject({ code: 'timeout' });
});

test('remote network: the bytes of the node stay its own', () => {
  const line = new HeldLine<ToHost>();
  const network = createRemoteNetwork(line, heldTimers().after);
  network.listen(silent);
  const whole = Uint8Array.of(1, 2, 3, 4);
  void network.publish('t', whole.subarray(1, 3));
  const [sent] = line.sent;
  expect(sent).toMatchObject({ data: Uint8Array.of(2, 3) });
  expect((sent as { data: Uint8Array }).data.buffer.byteLength).toBe(2);
});

test('remote network: whatever the node makes of gossip and requests, the page gets an answer', async () => {
  const line = new HeldLine<ToHost>();
  const network = createRemoteNetwork(line, heldTimers().after);
  network.listen({
    ...silent,
    gossip: (topic) => (topic === 'bad' ? 'reject' : 'accept'),
    request: (data) => (data.length === 0 ? Promise.reject(new Error('no')) : Promise.resolve(data)),
  });
  const data = Uint8Array.of(1);
  line.receive({ type: 'gossip', id: 1, topic: 'good', data, origin: 'o' });
  line.receive({ type: 'gossip', id: 2, topic: 'bad', data, origin: 'o' });
  line.receive({ type: 'serve', id: 3, data, from: 'p' });
  line.receive({ type: 'serve', id: 4, data: new Uint8Array(), from: 'p' });
  line.receive({ type: 'gossip', id: 5, topic: 'good', data: 'not bytes', origin: 'o' });
  await settle();
  expect(line.sent).toEqual([
    { type: 'verdict', id: 1, verdict: 'accept' },
    { type: 'verdict', id: 2, verdict: 'reject' },
    { type: 'served', id: 3, data },
    { type: 'unserved', id: 4 },
  ]);
});

const view = (posts: number) => ({ type: 'view', view: { posts } }) as unknown as NodeEvent;
const block = (blockId: number): NodeEvent => ({ type: 'block', groupId: 'g', blockId, hash: '', trxs: 1 });

test('events: only the newest view, a bounded number of others, and none beyond the credit', () => {
  const sent: (readonly NodeEvent[])[] = [];
  const timers = heldTimers();
  const outlet = new EventOutlet({ send: (events) => sent.push(events), after: timers.after, credit: true });
  outlet.push(view(1));
  outlet.push(block(1));
  outlet.push(view(2));
  timers.fire();
  expect(sent).toEqual([[block(1), view(2)]]);

  for (let blockId = 2; blockId < 1_000; blockId++) outlet.push(block(blockId));
  outlet.push(view(3));
  timers.fire();
  expect(sent).toHaveLength(1);
  outlet.taken();
  timers.fire();
  expect(sent[1]).toHaveLength(EVENTS_MAX);
  expect(sent[1]?.at(-2)).toEqual(block(999));
  expect(sent[1]?.at(-1)).toEqual(view(3));
  outlet.taken();
  expect(timers.waiting).toBe(0);
});

test('calls: a bounded number at work and waiting, the rest refused; one that is no request is answered too', async () => {
  const open: ((response: Response) => void)[] = [];
  const server = new CallServer(() => new Promise((resolve) => open.push(resolve)));
  const line = new HeldLine<ToClient>();
  server.attach(line, () => {});
  const call = (id: number, method = 'GET') =>
    line.receive({ type: 'call', client: 'c', call: id, method, path: '/x', contentType: undefined, body: undefined });
  for (let id = 0; id < 1_000; id++) call(id);
  await settle();
  expect(open.length).toBe(32);
  const refused = line.sent.filter((message) => message.type === 'answer' && message.status === 503);
  expect(refused.length).toBe(1_000 - 32 - 512);

  while (open.length > 0) {
    open.shift()?.(Response.json({}));
    await settle();
  }
  expect(line.sent).toHaveLength(1_000);
  call(1_000, '?');
  await settle();
  expect(line.sent.at(-1)).toMatchObject({ type: 'answer', call: 1_000, status: 400 });
});

/** The network host in real tabs, with the real relay. Each tab is a context of its own: another person's browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Stream } from '@libp2p/interface';
import { type Browser, expect, type Page, test } from '@playwright/test';
import type { Outcome } from './pages/network/main.ts';
import { buildPage } from './support/build-page.ts';
import { startHostilePeer } from './support/hostile-peer.ts';
import { type RelayProcess, startRelayProcess } from './support/relay.ts';

declare global {
  interface Window {
    /** What ICE says of every connection of the tab, one after the other. */
    iceStates: RTCIceConnectionState[];
  }
}

const TOPIC = `sett/1/${'5e'.repeat(32)}`;
const KiB = 1024;

let appDirectory: string;
let dataDirectory: string;
let relay: RelayProcess;
let relayRuns = false;
const pages: Page[] = [];

test.beforeAll(async () => {
  appDirectory = await buildPage('network');
});

test.afterAll(async () => {
  await rm(appDirectory, { recursive: true, force: true });
});

test.beforeEach(async () => {
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'sett-relay-'));
  await startRelay();
});

test.afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  if (relayRuns) await stopRelay();
  await rm(dataDirectory, { recursive: true, force: true });
});

async function startRelay(port?: number): Promise<void> {
  relay = await startRelayProcess({ ...(port === undefined ? {} : { port }), dataDirectory, appDirectory });
  relayRuns = true;
}

async function stopRelay(): Promise<void> {
  relayRuns = false;
  expect(await relay.stop()).toBe(0);
}

/** A tab whose host has a reservation on the relay. */
async function openTab(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ permissions: ['microphone'] });
  const page = await context.newPage();
  pages.push(page);
  await page.goto(`${relay.origin}/`);
  await page.waitForFunction(() => document.title === 'ready');
  await reserved(page);
  return page;
}

async function reserved(page: Page): Promise<void> {
  await page.waitForFunction(() => window.tab.host.state().relays.some((known) => known.state === 'reserved'));
}

async function subscribe(page: Page): Promise<void> {
  await page.evaluate((topic) => window.tab.host.subscribe(topic), TOPIC);
}

function peerIdOf(page: Page): Promise<string> {
  return page.evaluate(() => window.tab.peerId);
}

/** Publishes until the others have heard it: neighbours may still be on their way. */
async function say(from: Page, text: string, to: readonly Page[]): Promise<void> {
  for (const page of to) {
    await expect
      .poll(async () => {
        const heard = await page.evaluate((wanted) => window.tab.heard.some((message) => message.text.startsWith(wanted)), text);
        if (!heard) await from.evaluate(([topic, said]) => window.tab.publish(topic, said), [TOPIC, text] as const);
        return heard;
      })
      .toBe(true);
  }
}

async function meet(a: Page, b: Page): Promise<void> {
  const [idA, idB] = [await peerIdOf(a), await peerIdOf(b)];
  await a.evaluate((id) => window.tab.host.meet(id), idB);
  await b.evaluate((id) => window.tab.host.meet(id), idA);
}

async function connectedByWebRtc(page: Page, peer: string): Promise<void> {
  await page.waitForFunction(
    (id) =>
      window.tab.host
        .state()
        .peers.some((known) => known.peerId === id && known.path === 'webrtc' && known.address.includes('/webrtc')),
    peer,
  );
}

function request(page: Page, peer: string, requestBytes: number, maxBytes: number, timeoutMs = 30_000): Promise<Outcome> {
  return page.evaluate(([to, size, limits]) => window.tab.request(to, size, limits), [
    peer,
    requestBytes,
    { timeoutMs, maxBytes },
  ] as const);
}

test('tabs find each other through the relay, connect by WebRTC, and go on when the relay has stopped', async ({ browser }) => {
  const [a, b, c] = [await openTab(browser), await openTab(browser), await openTab(browser)];
  for (const page of [a, b, c]) await subscribe(page);
  await a.waitForFunction(() => window.tab.neighbours.length > 0);
  await say(a, 'beacon', [b, c]);
  const origins = await b.evaluate(() => window.tab.heard.map((message) => message.origin));
  expect(new Set(origins)).toEqual(new Set([await peerIdOf(a)]));

  for (const [one, other] of [
    [a, b],
    [b, c],
    [a, c],
  ] as const) {
    await meet(one, other);
    await connectedByWebRtc(one, await peerIdOf(other));
    await connectedByWebRtc(other, await peerIdOf(one));
  }

  await stopRelay();
  await a.waitForFunction(() =>
    window.tab.host.state().relays.every((known) => known.state !== 'reserved' && known.state !== 'connected'),
  );
  await say(c, 'without the relay', [a, b]);
  expect(await request(b, await peerIdOf(a), 1_000, 8_000_000)).toMatchObject({ sizeBytes: 5_000_000 });

  await startRelay(relay.port);
  for (const page of [a, b, c]) await reserved(page);
  const late = await openTab(browser);
  await subscribe(late);
  await say(late, 'late', [a, b, c]);
});

test('a tab that reloads or is closed is missed at once, whether it was dialled or dialled itself', async ({ browser }) => {
  const tabs = [await openTab(browser), await openTab(browser), await openTab(browser)];
  const withIds = await Promise.all(tabs.map(async (page) => ({ page, id: await peerIdOf(page) })));
  // The smaller id dials.
  const [dials, stays, dialled] = withIds.sort((one, other) => (one.id < other.id ? -1 : 1));
  if (!dials || !stays || !dialled) throw new Error('Three tabs were opened.');
  await stays.page.evaluate(() => {
    const setRemoteDescription: (description: RTCSessionDescriptionInit) => Promise<void> =
      RTCPeerConnection.prototype.setRemoteDescription;
    window.iceStates = [];
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
      this.addEventListener('iceconnectionstatechange', () => window.iceStates.push(this.iceConnectionState));
      return setRemoteDescription.call(this, description);
    };
  });
  for (const [goes, leave] of [
    [dials, () => dials.page.reload()],
    [dialled, () => dialled.page.close()],
  ] as const) {
    await meet(stays.page, goes.page);
    await connectedByWebRtc(stays.page, goes.id);
    await connectedByWebRtc(goes.page, stays.id);
    await leave();
    await stays.page.waitForFunction((id) => window.tab.host.state().peers.every(({ peerId }) => peerId !== id), goes.id);
  }
  const iceStates = await stays.page.evaluate(() => window.iceStates);
  expect(iceStates.filter((state) => state === 'connected')).toHaveLength(2);
  // What ICE finds out by itself, many seconds later.
  expect(iceStates).not.toContain('disconnected');
});

test('a request of 64 KiB and an answer of 5 MB, by WebRTC and through the relay', async ({ browser }) => {
  const [a, b, c] = [await openTab(browser), await openTab(browser), await openTab(browser)];
  const peerIdB = await peerIdOf(b);
  await meet(a, b);
  await connectedByWebRtc(a, peerIdB);
  const direct = await request(a, peerIdB, 64 * KiB, 8_000_000);
  expect(direct.sizeBytes).toBe(5_000_000);
  expect(await b.evaluate(() => window.tab.requests)).toEqual([64 * KiB]);

  // Not met: dialled for the request.
  const dialled = await request(c, peerIdB, 1, 8_000_000);
  expect(dialled).toEqual(direct);

  const together = await Promise.all([1, 2, 3, 4].map((size) => request(a, peerIdB, size, 8_000_000)));
  for (const outcome of together) expect(outcome).toEqual(direct);
});

test('a relay that restarts is found again, with a reservation', async ({ browser }) => {
  const page = await openTab(browser);
  const before = await page.evaluate(() => window.tab.host.state().relays.map((known) => known.address));
  await stopRelay();
  await page.waitForFunction(() => window.tab.host.state().relays.some((known) => known.state === 'unreachable'));
  // Long enough away for the waits between attempts to grow.
  await page.waitForFunction(() => window.tab.log.filter((line) => line.startsWith('relay ')).length >= 3);
  await startRelay(relay.port);
  await reserved(page);
  expect(await page.evaluate(() => window.tab.host.state().relays.map((known) => known.address))).toEqual(before);
});

test('after sleep a relay connection that only looks open is cut, and made anew', async ({ browser }) => {
  const page = await openTab(browser);
  const connected = await page.evaluate(() => window.tab.states.length);
  relay.freeze();
  await page.evaluate(() => window.tab.host.wake());
  await page.waitForFunction(
    (before) => window.tab.states.slice(before).some((state) => state.relays.every((known) => known.state !== 'reserved')),
    connected,
  );
  relay.thaw();
  await reserved(page);
});

test('a relay tells a stranger of no topic', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  const hostile = await startHostilePeer(relay.origin);
  try {
    for (const page of [a, b]) await subscribe(page);
    await say(a, 'between us', [b]);
    expect(hostile.subscribers(TOPIC)).toBe(0);
    hostile.subscribe(TOPIC);
    await expect.poll(() => hostile.subscribers(TOPIC)).toBe(1);
  } finally {
    await hostile.stop();
  }
});

test('a relay drops who floods it, and serves the others', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  for (const page of [a, b]) await subscribe(page);
  const hostile = await startHostilePeer(relay.origin);
  try {
    hostile.subscribe(TOPIC);
    await expect.poll(() => hostile.publish(TOPIC, new Uint8Array(1))).toBeGreaterThan(0);
    // Twice the burst at once: more than the relay lets pass, and more than it ignores.
    for (let index = 0; index < 800; index++) await hostile.publish(TOPIC, new Uint8Array(1));
    await expect.poll(() => hostile.subscribers(TOPIC)).toBe(0);
    await say(a, 'undisturbed', [b]);
  } finally {
    await hostile.stop();
  }
});

test('rejected gossip is held against its origin, not against the relay that carried it', async ({ browser }) => {
  const page = await openTab(browser);
  await subscribe(page);
  const hostile = await startHostilePeer(relay.origin);
  const honest = await openTab(browser);
  await subscribe(honest);
  try {
    await page.evaluate(() => {
      window.tab.verdicts.X = 'reject';
    });
    const text = new TextEncoder();
    hostile.subscribe(TOPIC);
    await expect.poll(() => hostile.publish(TOPIC, text.encode('fine'))).toBeGreaterThan(0);
    await say(honest, 'honest', [page]);
    for (let index = 0; index < 20; index++) await hostile.publish(TOPIC, text.encode(`X ${index}`));
    await page.waitForFunction(
      (peer) => window.tab.log.some((line) => line.includes(peer) && line.includes('cut off')),
      hostile.peerId,
    );

    // Its next messages are not even judged; everybody else's still come, over the same relay.
    const judged = await page.evaluate(
      (peer) => window.tab.heard.filter((message) => message.origin === peer).length,
      hostile.peerId,
    );
    await hostile.publish(TOPIC, text.encode('fine again'));
    await say(honest, 'still there', [page]);
    expect(
      await page.evaluate((peer) => window.tab.heard.filter((message) => message.origin === peer).length, hostile.peerId),
    ).toBe(judged);
    await reserved(page);
    expect(await request(page, hostile.peerId, 1, 1_000)).toEqual({ code: 'unreachable' });
  } finally {
    await hostile.stop();
  }
});

test('a gossip message over the limit is refused when sent, and not judged when it comes', async ({ browser }) => {
  const page = await openTab(browser);
  await subscribe(page);
  const limitBytes = 48 * KiB;
  const code = await page.evaluate(
    ([topic, size]) => window.tab.host.publish(topic, new Uint8Array(size)).catch((error: { code: string }) => error.code),
    [TOPIC, limitBytes + 1] as const,
  );
  expect(code).toBe('too-large');

  const hostile = await startHostilePeer(relay.origin);
  try {
    hostile.subscribe(TOPIC);
    await expect.poll(() => hostile.publish(TOPIC, new Uint8Array(limitBytes + 1))).toBeGreaterThan(0);
    await expect.poll(() => hostile.publish(TOPIC, new Uint8Array(limitBytes))).toBeGreaterThan(0);
    await page.waitForFunction(() => window.tab.heard.length > 0);
    expect(await page.evaluate(() => window.tab.heard.map((message) => message.text.length))).not.toContain(limitBytes + 1);
  } finally {
    await hostile.stop();
  }
});

test('hostile requests are cut off, and the tab goes on serving', async ({ browser }) => {
  const [page, honest] = [await openTab(browser), await openTab(browser)];
  const peer = await peerIdOf(page);
  const hostile = await startHostilePeer(relay.origin);
  try {
    const start = (totalBytes: number) => frame(1, count(totalBytes));
    // Oversized, by what it announces and by its frame; then a message that ends early; then noise.
    await hostile.send(peer, [start(0xffff_ffff)]);
    await hostile.send(peer, [start(100), Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff)]);
    await hostile.send(peer, [start(100), frame(2, new Uint8Array(40))], true);
    expect(await page.evaluate(() => window.tab.requests)).toEqual([]);
    expect((await request(honest, peer, 1, 8_000_000)).sizeBytes).toBe(5_000_000);

    await hostile.send(peer, [crypto.getRandomValues(new Uint8Array(1_000)).fill(0xee, 0, 1)]);
    await page.waitForFunction(
      (id) => window.tab.log.some((line) => line.includes(id) && line.includes('cut off')),
      hostile.peerId,
    );
    expect((await request(honest, peer, 1, 8_000_000)).sizeBytes).toBe(5_000_000);
    expect(await page.evaluate(() => window.tab.requests)).toEqual([1, 1]);
  } finally {
    await hostile.stop();
  }
});

test('hostile answers become errors that say what happened', async ({ browser }) => {
  const page = await openTab(browser);
  const hostile = await startHostilePeer(relay.origin);
  const asked = (timeoutMs?: number) => request(page, hostile.peerId, 1, 1_000, timeoutMs);
  const answering =
    (chunks: readonly Uint8Array[], thenClose = true) =>
    async (stream: Stream) => {
      for (const chunk of chunks) stream.send(chunk);
      if (thenClose) await stream.close();
    };
  try {
    hostile.answer = answering([frame(1, count(1_001))]);
    expect(await asked()).toEqual({ code: 'too-large' });
    hostile.answer = answering([frame(1, count(1_000)), frame(2, new Uint8Array(999))]);
    expect(await asked()).toEqual({ code: 'malformed' });
    hostile.answer = answering([frame(1, count(10)), frame(2, new Uint8Array(11))]);
    expect(await asked()).toEqual({ code: 'malformed' });
    hostile.answer = answering([new TextEncoder().encode('HTTP/1.1 200 OK\r\n\r\n')]);
    expect(await asked()).toEqual({ code: 'malformed' });
    hostile.answer = answering([frame(3, count(77))]);
    expect(await asked()).toEqual({ code: 'malformed' });
    hostile.answer = answering([]);
    expect(await asked()).toEqual({ code: 'closed' });
    hostile.answer = async (stream) => stream.abort(new Error('No.'));
    expect(await asked()).toEqual({ code: 'closed' });
    hostile.answer = answering([frame(1, count(1_000))], false);
    expect(await asked(1_000)).toEqual({ code: 'timeout' });
    hostile.answer = answering([frame(1, count(3)), frame(2, new Uint8Array(3))]);
    expect(await asked()).toMatchObject({ sizeBytes: 3 });
  } finally {
    await hostile.stop();
  }
  expect(await request(page, hostile.peerId, 70_000, 1_000)).toEqual({ code: 'too-large' });
});

test('a handler that throws closes the stream with nothing; an unknown peer is unreachable', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  expect(await request(a, await peerIdOf(b), 13, 1_000)).toEqual({ code: 'closed' });
  expect(await request(a, '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5', 1, 1_000)).toEqual({ code: 'unreachable' });
  expect(await request(a, 'nobody', 1, 1_000)).toEqual({ code: 'unreachable' });
});

test('hostile bootstrap documents are refused, and say so', async ({ browser }) => {
  const good = JSON.stringify({
    relays: ['/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'],
    version: 1,
  });
  const requests: { url: string | undefined; cookie: string | undefined }[] = [];
  const hostile = async (answer: (response: ServerResponse, request: IncomingMessage) => void) => {
    const server = createServer((incoming, response) => {
      requests.push({ url: incoming.url, cookie: incoming.headers.cookie });
      response.setHeader('access-control-allow-origin', '*');
      answer(response, incoming);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const never: ServerResponse[] = [];
  const elsewhere = await hostile((response) => response.end(good));
  const originOf = (server: Awaited<ReturnType<typeof hostile>>) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const servers = [
    // A good document with blanks beyond the limit, sent in pieces without a length.
    await hostile((response) => {
      for (let sent = 0; sent < 65; sent++) response.write(' '.repeat(KiB));
      response.end(good);
    }),
    await hostile((response) => {
      response.write('{');
      never.push(response);
    }),
    await hostile((response) => response.writeHead(302, { location: `${originOf(elsewhere)}/bootstrap.json` }).end()),
    await hostile((response) => response.end('{"relays":"/ip4/127.0.0.1/tcp/1/ws","version":1}')),
    await hostile((response) => response.end('<!doctype html>')),
    await hostile((response) => response.end('{"relays":["/ip4/10.0.0.1/tcp/22/ws/p2p/x","/ip4/10.0.0.1/tcp/22"],"version":1}')),
    await hostile((response) => response.writeHead(500).end(good)),
  ];
  try {
    const page = await openTab(browser);
    const urls = servers.map((server) => `${originOf(server)}/api/v1/group?jwt=secret#token`);
    await page.evaluate(
      (bootstraps) => window.tab.host.setBootstraps(['http://192.168.1.1/', 'ftp://127.0.0.1/', ...bootstraps]),
      urls,
    );
    for (const server of servers) {
      await page.waitForFunction(
        (origin) =>
          window.tab.host
            .state()
            .relays.some((known) => known.address === `${origin}/bootstrap.json` && known.state === 'unreachable'),
        originOf(server),
      );
    }
    // Only the path of the document was asked for, nobody followed the redirect, and our own relay was not disturbed.
    expect(new Set(requests.map(({ url }) => url))).toEqual(new Set(['/bootstrap.json']));
    expect(requests.every(({ cookie }) => cookie === undefined)).toBe(true);
    expect(elsewhere.listening && (await connectionsOf(elsewhere))).toBe(0);
    expect(
      await page.evaluate(() =>
        window.tab.host
          .state()
          .relays.map((known) => known.address)
          .filter((address) => address.includes('192.168')),
      ),
    ).toEqual([]);
    await reserved(page);
  } finally {
    for (const response of never) response.destroy();
    for (const server of [...servers, elsewhere]) {
      server.closeAllConnections();
      server.close();
    }
  }
});

function connectionsOf(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => server.getConnections((error, open) => (error ? reject(error) : resolve(open))));
}

/** A raw frame, as `src/network/frames.ts` describes it. */
function frame(kind: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(kind, ...count(payload.byteLength), ...payload);
}

function count(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

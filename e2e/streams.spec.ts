/** Streams of messages between producers, in real tabs with the real relay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { LIMITS } from '../src/records/limits.ts';
import { buildPage } from './support/build-page.ts';
import { CONSENSUS_PROTOCOL, startHostilePeer } from './support/hostile-peer.ts';
import { type RelayProcess, startRelayProcess } from './support/relay.ts';

const MiB = 1024 * 1024;

declare global {
  interface Window {
    unblockWebRtc(): void;
  }
}

let appDirectory: string;
let dataDirectory: string;
let relay: RelayProcess;
const pages: Page[] = [];

test.beforeAll(async () => {
  appDirectory = await buildPage('network');
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'sett-relay-'));
  relay = await startRelayProcess({ dataDirectory, appDirectory });
});

test.afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

test.afterAll(async () => {
  await relay.stop();
  for (const directory of [appDirectory, dataDirectory]) await rm(directory, { recursive: true, force: true });
});

/** A tab whose host has a reservation on the relay. */
async function openTab(browser: Browser, options: { webRtc: boolean } = { webRtc: true }): Promise<Page> {
  const context = await browser.newContext({ permissions: ['microphone'] });
  const page = await context.newPage();
  pages.push(page);
  if (!options.webRtc) await page.addInitScript(blockWebRtc);
  await page.goto(`${relay.origin}/`);
  await page.waitForFunction(() => document.title === 'ready');
  await page.waitForFunction(() => window.tab.host.state().relays.some((known) => known.state === 'reserved'));
  return page;
}

/** Runs in a page, before it: WebRTC exists and fails, until the page's `unblockWebRtc` is called. */
function blockWebRtc(): void {
  const real = RTCPeerConnection;
  let isBlocked = true;
  window.RTCPeerConnection = new Proxy(real, {
    construct(target, options) {
      if (isBlocked) throw new Error('There is no WebRTC here.');
      return new target(...options);
    },
  });
  window.unblockWebRtc = () => {
    isBlocked = false;
  };
}

function peerIdOf(page: Page): Promise<string> {
  return page.evaluate(() => window.tab.peerId);
}

function pathTo(page: Page, peer: string): Promise<string | undefined> {
  return page.evaluate((id) => window.tab.host.state().peers.find((known) => known.peerId === id)?.path, peer);
}

async function connectByWebRtc(a: Page, b: Page): Promise<void> {
  const [idA, idB] = [await peerIdOf(a), await peerIdOf(b)];
  await a.evaluate((id) => window.tab.host.meet(id), idB);
  await b.evaluate((id) => window.tab.host.meet(id), idA);
  await expect.poll(() => pathTo(a, idB)).toBe('webrtc');
  await expect.poll(() => pathTo(b, idA)).toBe('webrtc');
}

/** Opens a stream from one tab to another; gives the place of each end in its tab's `streams`. */
async function openStream(from: Page, to: Page): Promise<readonly [number, number]> {
  const before = await to.evaluate(() => window.tab.streams.length);
  const opened = await from.evaluate((peer) => window.tab.openStream(peer), await peerIdOf(to));
  if (typeof opened !== 'number') throw new Error(`The stream was not opened: ${opened.code}`);
  await to.waitForFunction((count) => window.tab.streams.length > count, before);
  return [opened, before];
}

/** Sends numbered messages; whether all were taken. */
function sendAll(page: Page, place: number, sizes: readonly number[]): Promise<boolean> {
  return page.evaluate(
    ([at, all]) => {
      const { stream } = window.tab.streams[at] as (typeof window.tab.streams)[number];
      return all.every((size, index) => stream.send(window.tab.pattern(size, index)));
    },
    [place, sizes] as const,
  );
}

/** Waits for these messages, in this order, with what {@link sendAll} put into them. */
async function expectAll(page: Page, place: number, sizes: readonly number[], skip = 0): Promise<void> {
  await page.waitForFunction(([at, count]) => (window.tab.streams[at]?.messages.length ?? 0) >= count, [
    place,
    skip + sizes.length,
  ] as const);
  const wrong = await page.evaluate(
    ([at, all, from]) => {
      const messages = window.tab.streams[at]?.messages.slice(from) ?? [];
      const isRight = (size: number, index: number) =>
        messages[index]?.sizeBytes === size && messages[index]?.sum === window.tab.checksum(window.tab.pattern(size, index));
      return messages.length === all.length ? all.findIndex((size, index) => !isRight(size, index)) : messages.length;
    },
    [place, sizes, skip] as const,
  );
  expect(wrong).toBe(-1);
}

function isClosed(page: Page, place: number): Promise<boolean | undefined> {
  return page.evaluate((at) => window.tab.streams[at]?.closed, place);
}

const small = Array.from({ length: 2_000 }, (_, index) => (index * 37) % 1_500);

test('two tabs exchange 2,000 small messages and 20 of 5 MB, both ways, in order, by WebRTC', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  await connectByWebRtc(a, b);
  const [atA, atB] = await openStream(a, b);
  await Promise.all([sendAll(a, atA, small), sendAll(b, atB, small)]);
  await Promise.all([expectAll(a, atA, small), expectAll(b, atB, small)]);

  // Five at a time fit into the queue; the next go when these have arrived.
  const large = Array<number>(5).fill(5_000_000);
  for (let round = 0; round < 4; round++) {
    const skip = small.length + round * large.length;
    expect(await Promise.all([sendAll(a, atA, large), sendAll(b, atB, large)])).toEqual([true, true]);
    await Promise.all([expectAll(a, atA, large, skip), expectAll(b, atB, large, skip)]);
  }
  expect(await pathTo(a, await peerIdOf(b))).toBe('webrtc');
  expect([await isClosed(a, atA), await isClosed(b, atB)]).toEqual([false, false]);
});

test('without WebRTC a stream goes through the relay', async ({ browser }) => {
  const [a, b] = [await openTab(browser, { webRtc: false }), await openTab(browser)];
  const [atA, atB] = await openStream(a, b);
  const sizes = [...small.slice(0, 200), 5_000_000, 8 * MiB, 3];
  expect(await Promise.all([sendAll(a, atA, sizes), sendAll(b, atB, sizes)])).toEqual([true, true]);
  await Promise.all([expectAll(a, atA, sizes), expectAll(b, atB, sizes)]);
  expect(await pathTo(a, await peerIdOf(b))).toBe('relay');
});

test('a receiver that stands still is sent no more than the window, and costs the sender its queue at most', async ({
  browser,
}) => {
  const [a, b, c] = [await openTab(browser), await openTab(browser), await openTab(browser)];
  await connectByWebRtc(a, b);
  await connectByWebRtc(a, c);
  const [atA, atB] = await openStream(a, b);
  const [toC, atC] = await openStream(a, c);
  await b.evaluate((at) => {
    (window.tab.streams[at] as { standsStill: boolean }).standsStill = true;
  }, atB);
  expect(await sendAll(a, atA, [1])).toBe(true);
  await expectAll(b, atB, [1]);

  const sent = await a.evaluate(async (at) => {
    const megabyte = new Uint8Array(1024 * 1024);
    let count = 0;
    while (window.tab.streams[at]?.stream.send(megabyte)) {
      count++;
      // Lets go what can go.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return count;
  }, atA);
  expect(sent * MiB).toBeLessThanOrEqual(LIMITS.streamQueueBytes + LIMITS.streamWindowBytes + MiB);
  await expect.poll(() => isClosed(a, atA)).toBe(true);
  await expect.poll(() => isClosed(b, atB)).toBe(true);
  expect(await b.evaluate((at) => window.tab.streams[at]?.messages.length, atB)).toBe(1);

  // Nobody else is held up, and the slow one can be spoken to anew.
  expect(await sendAll(a, toC, small)).toBe(true);
  await expectAll(c, atC, small);
  const [again, atAgain] = await openStream(a, b);
  expect(await sendAll(a, again, [1, 5_000_000])).toBe(true);
  await expectAll(b, atAgain, [1, 5_000_000]);
});

test('either side closes a stream; a tab that goes away closes all of its own', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  await connectByWebRtc(a, b);
  const close = (page: Page, place: number) => page.evaluate((at) => window.tab.streams[at]?.stream.close(), place);
  for (const opener of [a, b]) {
    const acceptor = opener === a ? b : a;
    for (const closesItself of [true, false]) {
      const [near, far] = await openStream(opener, acceptor);
      expect(await sendAll(opener, near, [1])).toBe(true);
      await expectAll(acceptor, far, [1]);
      await (closesItself ? close(opener, near) : close(acceptor, far));
      await expect.poll(() => isClosed(opener, near)).toBe(true);
      await expect.poll(() => isClosed(acceptor, far)).toBe(true);
      expect(await sendAll(opener, near, [1])).toBe(false);
    }
  }
  const [atA] = await openStream(a, b);
  await b.context().close();
  await expect.poll(() => isClosed(a, atA)).toBe(true);
});

test('a stream over the circuit ends with it when WebRTC has taken over, and the next one is direct', async ({ browser }) => {
  const [a, b] = [await openTab(browser, { webRtc: false }), await openTab(browser)];
  const [idA, idB] = [await peerIdOf(a), await peerIdOf(b)];
  const [atA, atB] = await openStream(a, b);
  expect(await pathTo(a, idB)).toBe('relay');
  expect(await sendAll(b, atB, [1])).toBe(true);
  await expectAll(a, atA, [1]);
  await a.evaluate(() => window.unblockWebRtc());
  await a.evaluate((id) => window.tab.host.meet(id), idB);
  await b.evaluate((id) => window.tab.host.meet(id), idA);
  await expect.poll(() => isClosed(a, atA)).toBe(true);
  await expect.poll(() => isClosed(b, atB)).toBe(true);
  const [next, atNext] = await openStream(b, a);
  expect(await sendAll(b, next, small)).toBe(true);
  await expectAll(a, atNext, small);
  expect(await pathTo(b, idA)).toBe('webrtc');
});

test('hostile frames close the stream and are held against the peer; the tab goes on with the others', async ({ browser }) => {
  const [page, honest] = [await openTab(browser), await openTab(browser)];
  const peer = await peerIdOf(page);
  const [atHonest, atPage] = await openStream(honest, page);
  const hostile = await startHostilePeer(relay.origin);
  const send = (chunks: Iterable<Uint8Array>, thenClose = false) => hostile.send(peer, chunks, thenClose, CONSENSUS_PROTOCOL);
  try {
    const start = (totalBytes: number) => frame(1, count(totalBytes));
    const opening = [start(1), frame(2, new Uint8Array(1))];
    await send([start(LIMITS.streamOpeningBytes + 1)]);
    await send([...opening, start(LIMITS.consensusMessageBytes + 1)]);
    // A message that ends early is no fault: connections end.
    await send([start(100), frame(2, new Uint8Array(40))], true);
    await send([...opening, frame(3, count(77))]);
    expect(await sendAll(honest, atHonest, [5])).toBe(true);
    await expectAll(page, atPage, [5]);

    await send([new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')]);
    await page.waitForFunction(
      (id) => window.tab.log.some((line) => line.includes(id) && line.includes('cut off')),
      hostile.peerId,
    );
    expect(await page.evaluate((id) => window.tab.openStream(id), hostile.peerId)).toEqual({ code: 'unreachable' });
    expect(await sendAll(honest, atHonest, small)).toBe(true);
    await expectAll(page, atPage, small, 1);
  } finally {
    await hostile.stop();
  }
});

test('whoever sends without waiting for room is cut off before much of it is kept, however small the messages', async ({
  browser,
}) => {
  const page = await openTab(browser);
  const peer = await peerIdOf(page);
  const hostile = await startHostilePeer(relay.origin);
  try {
    await page.evaluate(() => {
      window.tab.newStreamsStandStill = true;
    });
    const empty = frame(1, count(0));
    const crowd = new Uint8Array(empty.byteLength * 10_000);
    for (let offset = 0; offset < crowd.byteLength; offset += empty.byteLength) crowd.set(empty, offset);
    const flood = Array<Uint8Array>(Math.ceil((4 * LIMITS.streamWindowBytes) / crowd.byteLength)).fill(crowd);
    // Each is a violation; the fourth is one too many.
    for (let violation = 0; violation < 4; violation++) await hostile.send(peer, flood, false, CONSENSUS_PROTOCOL);
    await page.waitForFunction(
      (id) => window.tab.log.some((line) => line.includes(id) && line.includes('cut off') && line.includes('not acknowledged')),
      hostile.peerId,
    );
    expect(await page.evaluate(() => window.tab.streams.map(({ closed, messages }) => [closed, messages.length]))).toEqual(
      Array(4).fill([true, 1]),
    );
  } finally {
    await hostile.stop();
  }
});

test('a peer has a bounded number of streams to us', async ({ browser }) => {
  const [a, b] = [await openTab(browser), await openTab(browser)];
  await connectByWebRtc(a, b);
  for (let stream = 0; stream < LIMITS.streamsPerPeer; stream++) await openStream(a, b);
  expect(await a.evaluate((id) => window.tab.openStream(id), await peerIdOf(b))).toEqual({ code: 'unreachable' });
  await a.evaluate(() => window.tab.streams[0]?.stream.close());
  await expect.poll(() => isClosed(b, 0)).toBe(true);
  await openStream(a, b);
});

test('a peer that is not there cannot be spoken to', async ({ browser }) => {
  const page = await openTab(browser);
  for (const peer of ['12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5', 'nobody'])
    expect(await page.evaluate((id) => window.tab.openStream(id), peer)).toEqual({ code: 'unreachable' });
});

/** A raw frame, as `src/network/frames.ts` describes it. */
function frame(kind: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(kind, ...count(payload.byteLength), ...payload);
}

function count(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

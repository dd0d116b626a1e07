/** A node without a browser: the same core on a database of this machine, libp2p in this process, and the REST interface over HTTP. */
import { RTCPeerConnection } from 'node-datachannel/polyfill';
import { createHost, publicOrigin } from '../../network/index.ts';
import { openNode } from '../../node/index.ts';
import { machineClock, machineRandom, privateCipher } from '../../world/index.ts';
import { guardedWebSockets } from '../guard/guarded-web-sockets.ts';
import { affordableSockets } from '../guard/open-files.ts';
import { SocketGuard } from '../guard/socket-guard.ts';
import { joinHost, listen, shownHost } from '../listen.ts';
import { Access } from './access.ts';
import { openDataDirectory } from './data-directory.ts';
import { EventReaders } from './event-readers.ts';
import { EventSockets } from './event-sockets.ts';
import { createHttpServer } from './http.ts';
import { HTTP_LIMITS } from './limits.ts';
import { Metrics } from './metrics.ts';
import type { HeadlessOptions } from './options.ts';
import { openRevocations } from './revocations.ts';
import { Tokens } from './tokens.ts';

const TICK_MS = 1_000;
/** A tick that comes this late means that the machine slept: every connection and every idea of the newest block may be stale. */
const SLEPT_MS = 5_000;

export interface HeadlessNode {
  /** Where the REST interface is. */
  readonly url: string;
  readonly port: number;
  /** What others give to `--peer`. */
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

export interface HeadlessWorld {
  readonly version: string;
  readonly passphrase: (isNew: boolean) => Promise<string>;
  /** Takes a line for the operator: an unexpected error, or, with `--verbose`, what the network does. Never gets secrets or content. */
  readonly log: (line: string) => void;
}

/** Starts everything. Rejects with an `OperatorError` for what the operator has to mend. */
export async function startHeadlessNode(options: HeadlessOptions, world: HeadlessWorld): Promise<HeadlessNode> {
  const data = await openDataDirectory(options.dataDirectory, world.passphrase);
  const undo: (() => Promise<void> | void)[] = [() => data.store.close()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const sockets = () =>
    new SocketGuard({ ...HTTP_LIMITS, sockets: affordableSockets(HTTP_LIMITS.sockets, 1 + options.listen.length) });
  try {
    const host = await createHost({
      privateKey: data.peerKey,
      trustedOrigins: options.relayOrigins,
      relays: options.relayAddresses,
      peers: options.peers,
      listen: options.listen,
      webSockets: guardedWebSockets({ messageBytes: HTTP_LIMITS.peerMessageBytes, guard: sockets() }),
      webRtc: RTCPeerConnection as unknown as typeof globalThis.RTCPeerConnection,
      log: (line) => options.isVerbose && world.log(`network: ${line}`),
    });
    undo.push(() => host.stop());
    const node = await openNode(
      { store: data.store, vault: data.vault, network: host, clock: machineClock, random: machineRandom, privateCipher },
      { ownUrls: () => Promise.all(options.relayOrigins.map(publicOrigin)) },
    );
    undo.push(() => node.close());
    const ticking = tickEvery(
      TICK_MS,
      () => host.tick(),
      () => node.wake(),
    );
    undo.push(() => clearInterval(ticking));

    const nowMs = () => machineClock.monotonicMs();
    const tokens = new Tokens(data.tokenKey, () => Number(machineClock.nowNs() / 1_000_000n), await openRevocations(data.store));
    const access = new Access({ tokens, requireToken: options.requireToken, nowMs });
    const readers = new EventReaders(access);
    undo.push(() => readers.stop());
    const events = new EventSockets(node, readers);
    const web = createHttpServer({
      service: node,
      version: world.version,
      access,
      tokens,
      metrics: new Metrics({ service: node, version: world.version, eventReaders: () => readers.size }),
      readers,
      events,
      sockets: sockets(),
      corsOrigins: options.corsOrigins,
      onUnexpectedError: (error) => world.log(`a call met a defect: ${error instanceof Error ? error.stack : String(error)}`),
    });
    const port = await listen(web, { port: options.port, host: options.host, example: 'npm run node' });
    undo.push(async () => {
      const closed = new Promise((resolve) => web.close(resolve));
      web.closeIdleConnections();
      // Answers that are under way are given; nobody is waited for that long who keeps a connection open.
      setTimeout(() => web.closeAllConnections(), HTTP_LIMITS.closingMs).unref();
      await closed;
    });
    // Before the server: it waits for its sockets.
    undo.push(() => events.stop());
    return {
      url: `http://${joinHost(shownHost(options.host), port)}`,
      port,
      addresses: options.listen.map((address) => `${address}/p2p/${host.state().peerId}`),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tickEvery(intervalMs: number, tick: () => void, wake: () => void): NodeJS.Timeout {
  let lastMs = machineClock.monotonicMs();
  return setInterval(() => {
    const nowMs = machineClock.monotonicMs();
    if (nowMs - lastMs > SLEPT_MS) wake();
    lastMs = nowMs;
    tick();
  }, intervalMs);
}

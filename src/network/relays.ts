/**
 * Keeps us connected to the relays of our bootstraps, with a reservation on each. Neither libp2p nor the browser does it: after a relay restarts nothing
 * reconnects by itself, a reservation that fails is not asked for again, and a socket that died during sleep looks open for minutes.
 */
import type { Connection, Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { NetworkError, type PeerId, type RelayState } from '../node/ports.ts';
import {
  BOOTSTRAP_PATH,
  type Bootstrap,
  bootstrapOrigin,
  fetchBootstrap,
  type IceServer,
  readRelayAddress,
} from './bootstrap.ts';
import type { Log } from './log.ts';
import { Backoff, type Timers } from './timers.ts';

/** Relays in use at most; each costs a socket and a reservation. As many as bootstraps, so that none can crowd out another's. */
export const RELAYS_MAX = 8;
/** Bootstrap origins at most: several groups, each with a few. */
export const BOOTSTRAPS_MAX = 8;
const FETCH_TIMEOUT_MS = 5_000;
const DIAL_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;
/** A relay that has given no reservation by then is asked anew, over a new connection. */
const RESERVATION_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 1_000;
/** A relay that comes back is found within this time. */
const BACKOFF_CAP_MS = 15_000;

/** What {@link readRelayAddress} takes, for whoever gave something else. */
const RELAY_FORM = 'It takes a WebSocket multiaddr with a peer id, such as /dns4/relay.example.org/tcp/443/wss/p2p/12D3Koo….';

interface Source {
  /** Where the document is; undefined for the relays that the operator named, which stand in none. */
  readonly origin: string | undefined;
  readonly backoff: Backoff;
  document: Bootstrap | undefined;
  fetching: boolean;
  /** The document has to be read, for the first time or because a relay of it does not answer. */
  stale: boolean;
  failed: boolean;
}

interface Relay {
  readonly address: string;
  readonly multiaddr: Multiaddr;
  readonly peerId: PeerId;
  readonly source: Source;
  readonly backoff: Backoff;
  /** A dial under way; resolves with what it failed by. */
  dial: Promise<Error | undefined> | undefined;
  probing: boolean;
  failed: boolean;
  /** When the present connection was first seen, on the timers' clock. */
  connectedAtMs: number | undefined;
}

export interface RelaysOptions {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'getMultiaddrs'>;
  /** Asks the other side for a sign of life. */
  readonly ping: (connection: Connection, signal: AbortSignal) => Promise<unknown>;
  readonly trustedOrigins: readonly string[];
  /** Multiaddrs of relays that the operator named. */
  readonly named: readonly string[];
  readonly timers: Timers;
  readonly log: Log;
  readonly changed: () => void;
}

export class Relays {
  readonly #options: RelaysOptions;
  /** Addresses of {@link RelaysOptions.named}, and those that were named since. */
  #named: readonly string[];
  #urls: readonly string[] = [];
  #sources: Source[] = [];
  #relays: Relay[] = [];
  #stopped = false;

  constructor(options: RelaysOptions) {
    this.#options = options;
    this.#named = options.named;
    this.setBootstraps([]);
  }

  /** Replaces the bootstraps; those that stay keep their state. URLs that may not be used are left out. */
  setBootstraps(urls: readonly string[]): void {
    const { trustedOrigins, log } = this.#options;
    this.#urls = urls;
    const origins = new Set<string>(trustedOrigins);
    for (const url of urls) {
      const origin = bootstrapOrigin(url, trustedOrigins);
      if (origin === undefined) log('a bootstrap URL is neither https nor on this machine: left out');
      else if (origins.size < BOOTSTRAPS_MAX) origins.add(origin);
    }
    const known = (origin: string | undefined) => this.#sources.find((source) => source.origin === origin);
    this.#sources = [...origins].map((origin) => known(origin) ?? newSource(origin, undefined));
    // First: what the operator named must not be crowded out.
    if (this.#named.length > 0) {
      const source = known(undefined) ?? newSource(undefined, undefined);
      source.document = { relays: this.#named, iceServers: [], publicOrigin: undefined };
      this.#sources.unshift(source);
    }
    this.#takeDocuments();
    this.tick();
  }

  /** Uses a relay that somebody named. Resolves when it is connected; rejects with {@link NetworkError}, and then it is not used. */
  async addNamed(address: string): Promise<void> {
    if (readRelayAddress(address) === undefined)
      throw new NetworkError('malformed', `This is not the address of a relay. ${RELAY_FORM}`);
    const isNew = !this.#named.includes(address);
    if (isNew) this.#setNamed([...this.#named, address]);
    const relay = this.#relays.find((other) => other.address === address);
    if (relay === undefined) {
      this.#setNamed(this.#named.filter((other) => other !== address));
      throw new NetworkError('too-many', `${RELAYS_MAX} relays are in use already, and no more are.`);
    }
    const failure = await this.#reach(relay);
    if (failure === undefined) return;
    if (isNew) this.#setNamed(this.#named.filter((other) => other !== address));
    throw new NetworkError('unreachable', `The relay could not be reached: ${failure.message}`, { cause: failure });
  }

  #setNamed(addresses: readonly string[]): void {
    this.#named = addresses;
    this.setBootstraps(this.#urls);
  }

  /** Resolves when a relay is connected, or with what stands against it. */
  async #reach(relay: Relay): Promise<Error | undefined> {
    if (connectionTo(this.#options.libp2p, relay) !== undefined) return undefined;
    relay.dial ??= this.#dial(relay);
    return relay.dial;
  }

  /** Whether this peer is a relay of ours, seen on a socket of its own: its name in a document alone does not make it one. */
  isRelay(peerId: PeerId): boolean {
    return this.#relays.some((relay) => relay.peerId === peerId && connectionTo(this.#options.libp2p, relay) !== undefined);
  }

  /** Relays through which others can be reached, best first. */
  reachable(): Multiaddr[] {
    const open = this.#relays.filter((relay) => relay.connectedAtMs !== undefined);
    return [...open.filter((relay) => this.#isReserved(relay)), ...open.filter((relay) => !this.#isReserved(relay))].map(
      (relay) => relay.multiaddr,
    );
  }

  /** Whether a peer id is listed as a relay: reservations are made on these only. */
  isListed(peerId: PeerId): boolean {
    return this.#relays.some((relay) => relay.peerId === peerId);
  }

  iceServers(): IceServer[] {
    return this.#sources.flatMap((source) => source.document?.iceServers ?? []);
  }

  state(): RelayState[] {
    const unread = this.#sources
      .filter((source) => source.document === undefined)
      .map(
        (source): RelayState => ({
          address: `${source.origin}${BOOTSTRAP_PATH}`,
          state: source.failed ? 'unreachable' : 'connecting',
        }),
      );
    return [...this.#relays.map((relay): RelayState => ({ address: relay.address, state: this.#stateOf(relay) })), ...unread];
  }

  /** Does whatever is due: reads documents, dials, looks after reservations. */
  tick(): void {
    if (this.#stopped) return;
    const nowMs = this.#options.timers.nowMs();
    for (const source of this.#sources) {
      const { origin } = source;
      if (origin !== undefined && source.stale && !source.fetching && source.backoff.due(nowMs)) void this.#read(source, origin);
    }
    for (const relay of this.#relays) this.#attend(relay, nowMs);
  }

  /** The machine slept, or the network came back: nothing that looks open can be believed, and nothing has to wait. */
  wake(): void {
    for (const source of this.#sources) {
      source.backoff.reset();
    }
    for (const relay of this.#relays) {
      relay.backoff.reset();
      void this.#probe(relay);
    }
    this.tick();
  }

  /** A connection closed: if it was a relay's, dial again without waiting for the next tick. */
  connectionClosed(connection: Connection): void {
    if (this.isListed(connection.remotePeer.toString())) this.tick();
  }

  stop(): void {
    this.#stopped = true;
  }

  #stateOf(relay: Relay): RelayState['state'] {
    if (relay.connectedAtMs === undefined) return relay.failed ? 'unreachable' : 'connecting';
    return this.#isReserved(relay) ? 'reserved' : 'connected';
  }

  #isReserved(relay: Relay): boolean {
    return this.#options.libp2p
      .getMultiaddrs()
      .some((address) => address.toString().includes(`/p2p/${relay.peerId}/p2p-circuit`));
  }

  async #read(source: Source, origin: string): Promise<void> {
    const { timers, trustedOrigins, log, changed } = this.#options;
    source.fetching = true;
    try {
      source.document = await timers.within(
        FETCH_TIMEOUT_MS,
        (signal) => fetchBootstrap(origin, trustedOrigins, signal),
        () => new Error(`${origin} did not answer in time.`),
      );
      source.stale = false;
      source.failed = false;
      source.backoff.reset();
      this.#takeDocuments();
    } catch (error) {
      log(`bootstrap ${origin}: ${error instanceof Error ? error.message : String(error)}`);
      source.failed = true;
      source.backoff.failed(timers.nowMs());
    } finally {
      source.fetching = false;
    }
    changed();
    this.tick();
  }

  /** Takes the relays that the documents name now; those that stay keep their state. */
  #takeDocuments(): void {
    const relays = new Map<string, Relay>();
    const longest = Math.max(0, ...this.#sources.map((source) => source.document?.relays.length ?? 0));
    // In turns, the first of each document before the second of any.
    for (let index = 0; index < longest; index++) {
      for (const source of this.#sources) {
        const address = source.document?.relays[index];
        const parts = address === undefined ? undefined : readRelayAddress(address);
        if (address === undefined || parts === undefined || relays.size === RELAYS_MAX || relays.has(address)) continue;
        const kept = this.#relays.find((relay) => relay.address === address && relay.source === source);
        relays.set(address, kept ?? newRelay(address, parts.peerId, source));
      }
    }
    const left = this.#relays.filter((relay) => relays.get(relay.address) !== relay);
    this.#relays = [...relays.values()];
    for (const relay of left) {
      if (!this.isListed(relay.peerId)) void connectionTo(this.#options.libp2p, relay)?.close();
    }
    this.#options.changed();
  }

  #attend(relay: Relay, nowMs: number): void {
    const connection = connectionTo(this.#options.libp2p, relay);
    if (connection === undefined) {
      relay.connectedAtMs = undefined;
      if (relay.dial === undefined && relay.backoff.due(nowMs)) relay.dial = this.#dial(relay);
      return;
    }
    relay.connectedAtMs ??= nowMs;
    relay.failed = false;
    if (this.#isReserved(relay)) {
      relay.backoff.reset();
    } else if (nowMs - relay.connectedAtMs > RESERVATION_TIMEOUT_MS && relay.backoff.due(nowMs)) {
      this.#options.log(`relay ${relay.address}: no reservation, connecting anew`);
      relay.backoff.failed(nowMs);
      connection.abort(new Error('The relay gave no reservation.'));
    }
  }

  async #dial(relay: Relay): Promise<Error | undefined> {
    const { libp2p, timers, log, changed } = this.#options;
    let failure: Error | undefined;
    try {
      await timers.within(
        DIAL_TIMEOUT_MS,
        (signal) => libp2p.dial(relay.multiaddr, { signal, force: true }),
        () => new Error('It did not answer in time.'),
      );
      relay.connectedAtMs = timers.nowMs();
      relay.failed = false;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      log(`relay ${relay.address}: ${failure.message}`);
      relay.failed = true;
      relay.backoff.failed(timers.nowMs());
      // It may have moved: look what its document says now.
      relay.source.stale = true;
    } finally {
      relay.dial = undefined;
    }
    changed();
    return failure;
  }

  /** Cuts a connection that gives no sign of life. */
  async #probe(relay: Relay): Promise<void> {
    const connection = connectionTo(this.#options.libp2p, relay);
    if (connection === undefined || relay.probing) return;
    relay.probing = true;
    const { timers, ping } = this.#options;
    try {
      await timers.within(
        PROBE_TIMEOUT_MS,
        (signal) => ping(connection, signal),
        () => new Error('The relay gave no sign of life.'),
      );
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      relay.probing = false;
    }
    this.tick();
  }
}

function newSource(origin: string | undefined, document: Bootstrap | undefined): Source {
  const backoff = new Backoff(FIRST_BACKOFF_MS, BACKOFF_CAP_MS);
  return { origin, backoff, document, fetching: false, stale: document === undefined, failed: false };
}

function newRelay(address: string, peerId: PeerId, source: Source): Relay {
  return {
    address,
    multiaddr: multiaddr(address),
    peerId,
    source,
    backoff: new Backoff(FIRST_BACKOFF_MS, BACKOFF_CAP_MS),
    dial: undefined,
    probing: false,
    failed: false,
    connectedAtMs: undefined,
  };
}

/** The open socket to a relay, if there is one. */
function connectionTo(libp2p: Pick<Libp2p, 'getConnections'>, relay: Relay): Connection | undefined {
  return libp2p
    .getConnections(peerIdFromString(relay.peerId))
    .find(
      (connection) => connection.status === 'open' && connection.limits === undefined && connection.multiplexer !== '/webrtc',
    );
}

/**
 * What a node needs of the world. The core (records … node) reaches storage, network, clock and randomness through these
 * interfaces and nothing else, so that the same core runs in a tab, headless, and in the simulator.
 */

import { LIMITS } from '../records/limits.ts';

// ---------------------------------------------------------------------------------------------------------------- Store

/**
 * The tables of a profile's database. Keys are ASCII strings (so that IndexedDB and LevelDB order them alike), values are bytes:
 * an encoded record.
 */
export const TABLES = [
  'meta', // one row each: schema version, writer generation, settings
  'keys', // signing and encryption keys, sealed by the Vault
  'groups', // seed and local settings of each group
  'heads', // chain head of each group
  'blocks', // whole blocks by number
  'trxs', // index: (group, sender, trx id) → block number and place
  'trxids', // index: (group, trx id, sender) → block number and place, for look-up without the sender
  'contents', // decrypted posts in block order: a view of this node, not of the chain
  'kv', // the ledger's state
  'kvchanges', // per block: what it changed and what stood there before
  'history', // per block: the Merkle nodes that it completed
  'outbox', // own trxs that are not final yet
  'log', // write-ahead log of consensus
] as const;
export type TableName = (typeof TABLES)[number];

export interface Row {
  readonly key: string;
  readonly value: Uint8Array;
}

/** One change: a row to put, or, with `value` undefined, a row to delete. */
export interface Write {
  readonly table: TableName;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

export interface RangeQuery {
  /** First key that may be returned (inclusive). */
  readonly from?: string;
  /** First key that is past the range (exclusive). */
  readonly to?: string;
  /** Descending order. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** `strict`: on the disk before the promise resolves. `relaxed`: in order and atomic, but a power cut may take the newest. */
export type Durability = 'strict' | 'relaxed';

/** Why a store refused. `full`: quota exhausted; `fenced`: a newer writer has taken over; `failed`: anything else. */
export type StoreErrorCode = 'full' | 'fenced' | 'closed' | 'failed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

export interface StoreUsage {
  readonly usedBytes: number | undefined;
  readonly quotaBytes: number | undefined;
  /** Whether the browser promised not to evict this origin's storage; undefined where there is no such notion. */
  readonly persisted: boolean | undefined;
}

/**
 * An ordered map of tables with atomic writes. Rejects with {@link StoreError} only.
 * A write either happens whole or not at all; writes take effect in the order of the calls; a read sees every earlier resolved write.
 */
export interface Store {
  get(table: TableName, key: string): Promise<Uint8Array | undefined>;
  getMany(table: TableName, keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  range(table: TableName, query: RangeQuery): Promise<Row[]>;
  write(writes: readonly Write[], durability: Durability): Promise<void>;
  usage(): Promise<StoreUsage>;
  close(): Promise<void>;
}

/** Keeps secrets at rest: seals bytes under a key that never leaves this device's browser (or under a passphrase). */
export interface Vault {
  seal(plain: Uint8Array): Promise<Uint8Array>;
  /** Rejects with an Error if the bytes were not sealed by this vault. */
  open(sealed: Uint8Array): Promise<Uint8Array>;
}

// -------------------------------------------------------------------------------------------------------------- Network

/** A libp2p peer id in its text form (`12D3Koo…`). */
export type PeerId = string;

/** `accept`: pass it on; `ignore`: drop silently; `reject`: drop, and the origin (never the relay that carried it) is scored down. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject';

/** How bytes reach a peer. `webrtc` and `websocket` are direct; `relay` is a circuit through a relay. */
export type PeerPath = 'webrtc' | 'websocket' | 'relay';

export interface PeerConnection {
  readonly peerId: PeerId;
  readonly path: PeerPath;
  /** Multiaddr of the connection. */
  readonly address: string;
}

export interface RelayState {
  /** Multiaddr of the relay, or the bootstrap URL while its document has not been read yet. */
  readonly address: string;
  readonly state: 'connecting' | 'connected' | 'reserved' | 'unreachable';
}

export interface NetworkState {
  /** Undefined until the host has started. */
  readonly peerId: PeerId | undefined;
  readonly relays: readonly RelayState[];
  /** Open, identified connections to peers that are not relays: one entry a peer, the best path. */
  readonly peers: readonly PeerConnection[];
}

export interface NetworkHandlers {
  /** A gossip message. `origin` is the signed author, not the neighbour that forwarded it. */
  gossip(topic: string, data: Uint8Array, origin: PeerId): GossipVerdict | Promise<GossipVerdict>;
  /** A request on `/sett/sync/1`: the answer is sent back whole. Throwing closes the stream with nothing. */
  request(data: Uint8Array, from: PeerId): Promise<Uint8Array>;
  /** Something in {@link NetworkState} changed. */
  state(state: NetworkState): void;
  /** A peer subscribed to or left a topic that we are in. */
  neighbours(topic: string): void;
  /** A peer opened a stream on `/sett/consensus/1` to us; who it is beyond its peer id, its first message has to show. */
  stream(stream: MessageStream): void;
}

export type NetworkErrorCode = 'unreachable' | 'timeout' | 'too-large' | 'too-many' | 'malformed' | 'closed';

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;
  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetworkError';
    this.code = code;
  }
}

export interface MessageStreamHandlers {
  /**
   * The next message; its bytes are the receiver's own, in a buffer with nothing else in it. The one after it comes when the promise settles, and the sender is held back meanwhile,
   * so that a slow receiver makes nobody's memory grow.
   */
  message(data: Uint8Array): void | Promise<void>;
  /** Once, whoever closed it; what was not delivered by then is lost. Never called from within a call of the receiver's own. */
  closed(): void;
}

/** An ordered, reliable stream of messages to one peer; it breaks as a whole: nothing is lost, repeated or overtaken before that. */
export interface MessageStream {
  readonly peer: PeerId;
  /**
   * Queues a message of at most `LIMITS.consensusMessageBytes`, the first one of at most `LIMITS.streamOpeningBytes`; its bytes must not change any more.
   * False: the stream is closed, or its queue is full (`LIMITS.streamQueueBytes`), which closes it.
   * Throws a {@link NetworkError} `too-large`.
   */
  send(data: Uint8Array): boolean;
  /** Sets the receiver; called once, at once after the stream is obtained. Messages that came earlier are delivered then. */
  receive(handlers: MessageStreamHandlers): void;
  /** Breaks it off at once; what is on its way in either direction is lost. */
  close(): void;
}

interface StreamInboxOptions {
  /** The receiver has handled a message that was pushed at this cost. */
  readonly taken?: (cost: number) => void;
  /** The receiver threw, which is a defect of ours: the stream is to be closed. */
  readonly failed: (error: unknown) => void;
}

/** The receiving half that all bodies of {@link MessageStream} share, so that order, holding back and closing are the same in a tab, headless and simulated. */
export class StreamInbox {
  readonly #options: StreamInboxOptions;
  #waiting: ({ readonly data: Uint8Array; readonly cost: number } | undefined)[] = [];
  #next = 0;
  #handlers: MessageStreamHandlers | undefined;
  #handling = false;
  #ended = false;
  #told = false;

  constructor(options: StreamInboxOptions) {
    this.#options = options;
  }

  receive(handlers: MessageStreamHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => (this.#ended ? this.#tellClosed() : this.#deliver()));
  }

  /** Takes a message that has come. `cost` is what it counts for the sender's allowance. */
  push(data: Uint8Array, cost: number): void {
    if (this.#ended) return;
    this.#waiting.push({ data, cost });
    this.#deliver();
  }

  /** The stream is closed. What waits is dropped, and the receiver is told. */
  end(): void {
    this.#ended = true;
    this.#waiting = [];
    this.#next = 0;
    queueMicrotask(() => this.#tellClosed());
  }

  /** The receiver is gone: what waits is dropped, and nobody is told. */
  abandon(): void {
    this.#told = true;
    this.end();
  }

  #tellClosed(): void {
    if (this.#told || this.#handlers === undefined) return;
    this.#told = true;
    this.#handlers.closed();
  }

  #deliver(): void {
    while (!this.#handling && !this.#ended && this.#handlers !== undefined) {
      const message = this.#shift();
      if (message === undefined) return;
      this.#handling = true;
      try {
        const handled = this.#handlers.message(message.data);
        if (handled === undefined) this.#handled(message.cost);
        else handled.then(() => this.#goOn(message.cost), this.#options.failed);
      } catch (error) {
        this.#options.failed(error);
      }
    }
  }

  /** Takes the oldest message out. `Array.shift` would move all others each time, and there can be a hundred thousand small ones. */
  #shift(): { readonly data: Uint8Array; readonly cost: number } | undefined {
    const message = this.#waiting[this.#next];
    if (message === undefined) return undefined;
    this.#waiting[this.#next++] = undefined;
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    return message;
  }

  #goOn(cost: number): void {
    this.#handled(cost);
    this.#deliver();
  }

  #handled(cost: number): void {
    this.#handling = false;
    this.#options.taken?.(cost);
  }
}

/** Throws a {@link NetworkError} `too-large` for a message that {@link MessageStream.send} does not take. */
export function checkMessageSize(data: Uint8Array, isFirst: boolean): void {
  const maxBytes = isFirst ? LIMITS.streamOpeningBytes : LIMITS.consensusMessageBytes;
  if (data.byteLength <= maxBytes) return;
  const which = isFirst ? 'The first message on a stream' : 'A message on a stream';
  throw new NetworkError('too-large', `${which} has at most ${maxBytes} bytes; this one has ${data.byteLength}.`);
}

export interface Network {
  /** Sets the receiver of everything that comes in; called once, before anything else. */
  listen(handlers: NetworkHandlers): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Sends one gossip message (at most `LIMITS.gossipBytes`); resolves with the number of direct recipients. */
  publish(topic: string, data: Uint8Array): Promise<number>;
  /**
   * One request and its answer on `/sett/sync/1`, over the best connection there is (dialled if there is none).
   * Rejects with {@link NetworkError}.
   */
  request(peer: PeerId, data: Uint8Array, options: { timeoutMs: number; maxBytes: number }): Promise<Uint8Array>;
  /**
   * A new stream on `/sett/consensus/1`, over the best connection there is (dialled if there is none). It stays on that connection and closes with it.
   * Rejects with {@link NetworkError}.
   */
  openStream(peer: PeerId): Promise<MessageStream>;
  /** Bootstraps to use, best first, for only so many are: origins that serve `/bootstrap.json`, from seeds. Replaces the earlier list; the page's own origin is always one. */
  setBootstraps(urls: readonly string[]): void;
  /**
   * Connects to the peer at this multiaddr (a WebSocket's, or a circuit's through a relay; with its peer id) and keeps a connection to it until the node stops.
   * Rejects with {@link NetworkError}; then nothing is kept.
   */
  dial(address: string): Promise<void>;
  /** Uses the relay at this WebSocket multiaddr (with its peer id) until the node stops. Resolves when it is connected; rejects with {@link NetworkError}, and then forgets it. */
  addRelay(address: string): Promise<void>;
  /** A member of one of our groups: get and keep a direct connection to it. */
  meet(peer: PeerId): void;
  /** A peer sent something that no honest node sends; enough of these and it is cut off for a while. */
  penalize(peer: PeerId, reason: string): void;
  state(): NetworkState;
}

// ------------------------------------------------------------------------------------------------------ Clock and chance

export interface Clock {
  /** Nanoseconds since 1970; may jump when the machine's clock is set. */
  nowNs(): bigint;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls back once after at least `delayMs`; returns a function that cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}

/** Encrypts posts of private groups to their members (age v1 files, X25519 recipients). Asynchronous and random, hence outside the core. */
export interface PrivateCipher {
  encrypt(plain: Uint8Array, recipients: readonly string[]): Promise<Uint8Array>;
  /** Rejects with an Error if this identity is not among the recipients or the file is damaged. */
  decrypt(sealed: Uint8Array, identity: string): Promise<Uint8Array>;
}

export interface Ports {
  readonly store: Store;
  readonly vault: Vault;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly privateCipher: PrivateCipher;
}

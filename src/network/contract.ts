/** What this folder offers: a `Network` that runs. */
import type { webSockets } from '@libp2p/websockets';
import type { Network } from '../node/ports.ts';
import type { IceServer } from './bootstrap.ts';
import type { Log } from './log.ts';

export interface HostOptions {
  /** The profile's peer key: a libp2p protobuf, or the 32 bytes of an Ed25519 seed. */
  readonly privateKey: Uint8Array;
  /**
   * Origins that serve `/bootstrap.json`, are always used, and are believed: the page's own, or those that the operator of a headless node named.
   * At most `BOOTSTRAPS_MAX`.
   */
  readonly trustedOrigins: readonly string[];
  /** Relays to use whatever any document says: multiaddrs with a peer id that the operator of a headless node named. */
  readonly relays?: readonly string[];
  /** WebSocket multiaddrs, with peer ids, of peers to keep a connection to without any relay. */
  readonly peers?: readonly string[];
  /** WebSocket multiaddrs to listen on for direct connections; a page can listen on none. */
  readonly listen?: readonly string[];
  /** libp2p's WebSocket transport, where it must stand strangers who connect to it; a page only dials. */
  readonly webSockets?: ReturnType<typeof webSockets>;
  /** The WebRTC of a headless node; a page has its own. */
  readonly webRtc?: typeof RTCPeerConnection;
  /** STUN and TURN servers beside those that the bootstraps name; by default none. */
  readonly iceServers?: readonly IceServer[];
  readonly log: Log;
}

export interface Host extends Network {
  /**
   * Does what is due: to be called about once a second, from where timers are not throttled (a worker). A gap over 5 s between calls
   * counts as sleep, after which relays and members are dialled at once.
   */
  tick(): void;
  /** The network or the machine came back: trust no open connection, dial again at once. */
  wake(): void;
  stop(): Promise<void>;
}

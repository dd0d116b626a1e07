/** What this folder offers: a `Network` that runs. */
import type { Network } from '../node/ports.ts';
import type { IceServer } from './bootstrap.ts';
import type { Log } from './log.ts';

export interface HostOptions {
  /** The profile's peer key: a libp2p protobuf, or the 32 bytes of an Ed25519 seed. */
  readonly privateKey: Uint8Array;
  /** Origin of the page, which serves `/bootstrap.json`. */
  readonly ownOrigin: string;
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

/**
 * Direct connections to the members of our groups. The smaller peer id dials, by WebRTC, with the relay as the go-between; if that fails, the circuit through the relay
 * stays as a stop-gap while WebRTC is tried again with growing waits.
 */
import type { Connection, Libp2p } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { NetworkError, type PeerId } from '../node/ports.ts';
import { byPath, type Identified, isDirect } from './connections.ts';
import type { Log } from './log.ts';
import { Backoff, type Timers } from './timers.ts';

/** Members that we try to be connected with; a browser bears about 10 MB for each. */
const MEMBERS_MAX = 48;
/** WebRTC takes 1–2 s; a machine with 2 cores and ten tabs, ten times that. */
const DIAL_TIMEOUT_MS = 15_000;
const FIRST_BACKOFF_MS = 2_000;
const BACKOFF_CAP_MS = 60_000;
/** A member that is heard of again is tried again this long after the last attempt. */
const RETRY_AFTER_NEWS_MS = 5_000;
/** If the smaller id has not dialled by then it does not know of us, and we dial. */
const WAIT_TO_BE_DIALLED_MS = 12_000;
/** An open connection on which `identify` has not succeeded by then carries nothing. */
const PHANTOM_AFTER_MS = 10_000;
/** After this many failures in a row a member is gone, until somebody hears of it again. */
const GIVE_UP_ATTEMPTS = 12;
/** A circuit that is not needed any more is kept this long, for what still runs over it. */
const CIRCUIT_LINGER_MS = 5_000;

interface Member {
  readonly peerId: PeerId;
  readonly backoff: Backoff;
  /** From when on we dial, on the timers' clock. */
  dialFromMs: number;
  dialling: boolean;
  triedAtMs: number;
}

export interface MembersOptions {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>;
  readonly ownPeerId: PeerId;
  /** Runs `identify` on a connection; gossipsub attaches to connections when it succeeds. */
  readonly identify: (connection: Connection) => Promise<unknown>;
  readonly identified: Identified;
  /** Relays through which others can be reached, best first. */
  readonly relays: () => Multiaddr[];
  readonly isRelay: (peer: PeerId) => boolean;
  readonly isCutOff: (peer: PeerId) => boolean;
  /** Whether this host can do WebRTC. */
  readonly webRtc: boolean;
  readonly timers: Timers;
  readonly log: Log;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<PeerId, Member>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Somebody heard of this member just now: keep a direct connection to it. */
  meet(peer: PeerId): void {
    if (peer === this.#options.ownPeerId || !isPeerId(peer)) return;
    const nowMs = this.#options.timers.nowMs();
    const known = this.#members.get(peer);
    if (known !== undefined) {
      // It is alive: no reason to sit out a long wait.
      known.backoff.resetBy(known.triedAtMs + RETRY_AFTER_NEWS_MS);
      this.#attend(known, nowMs);
      return;
    }
    if (this.#members.size >= MEMBERS_MAX) {
      const spare = [...this.#members.keys()].find((other) => this.#trusted(other) === undefined);
      if (spare === undefined) return;
      this.#members.delete(spare);
    }
    const dials = this.#options.ownPeerId < peer;
    const member: Member = {
      peerId: peer,
      backoff: new Backoff(FIRST_BACKOFF_MS, BACKOFF_CAP_MS),
      dialFromMs: dials ? nowMs : nowMs + WAIT_TO_BE_DIALLED_MS,
      dialling: false,
      triedAtMs: nowMs,
    };
    this.#members.set(peer, member);
    this.#attend(member, nowMs);
  }

  forget(peer: PeerId): void {
    this.#members.delete(peer);
  }

  tick(): void {
    const nowMs = this.#options.timers.nowMs();
    for (const member of [...this.#members.values()]) this.#attend(member, nowMs);
  }

  /** The machine slept or the network came back: dial at once whoever is not connected. */
  wake(): void {
    for (const member of this.#members.values()) {
      member.backoff.reset();
      if (this.#options.ownPeerId < member.peerId) member.dialFromMs = 0;
    }
    this.tick();
  }

  connectionOpened(connection: Connection): void {
    this.#options.timers.after(PHANTOM_AFTER_MS, () => {
      if (connection.status !== 'open' || this.#options.identified.has(connection)) return;
      this.#options.log(`connection to ${connection.remotePeer.toString()} carries nothing: cut`);
      connection.abort(new Error('The peer never identified itself.'));
    });
  }

  connectionIdentified(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    if (!isDirect(connection) || this.#options.isRelay(peer)) return;
    const member = this.#members.get(peer);
    member?.backoff.reset();
    for (const other of this.#open(peer)) {
      if (other === connection) continue;
      // Of two direct connections the one stays that the smaller id dialled; each side closes only what it dialled itself.
      const ours = other.direction === 'outbound';
      const surplus = isDirect(other) ? ours && this.#options.ownPeerId > peer && this.#options.identified.has(connection) : ours;
      if (surplus) this.#options.timers.after(CIRCUIT_LINGER_MS, () => void this.#closeUnlessNeeded(other));
    }
  }

  /**
   * A connection is gone. gossipsub keeps its stream on the first connection to a peer and stays mute when that one closes; `identify` on the
   * ones that survive makes it attach to them.
   */
  connectionClosed(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    for (const survivor of this.#open(peer).sort(byPath)) {
      void this.#options.identify(survivor).catch(() => undefined);
    }
    const member = this.#members.get(peer);
    if (member !== undefined && this.#trusted(peer) === undefined) {
      // The smaller id dials again; should it not know that the connection is gone, the other one does.
      const nowMs = this.#options.timers.nowMs();
      member.dialFromMs = this.#options.ownPeerId < peer ? nowMs : nowMs + WAIT_TO_BE_DIALLED_MS;
    }
  }

  /**
   * The best open connection to a peer, dialled if there is none: of two that are alike the newer one, because whoever crashed and came back is at
   * that one's end while the older one still looks open. Rejects with {@link NetworkError}.
   */
  async connect(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    if (this.#options.isCutOff(peer)) throw new NetworkError('unreachable', `Peer ${peer} is cut off for what it sent.`);
    if (!isPeerId(peer)) throw new NetworkError('unreachable', `"${peer}" is not a peer id.`);
    const open = this.#open(peer).sort((a, b) => byPath(a, b) || b.timeline.open - a.timeline.open);
    const best = open.find((connection) => this.#options.identified.has(connection)) ?? open[0];
    if (best !== undefined) return best;
    try {
      return await this.#dial(peer, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new NetworkError('unreachable', `Peer ${peer} cannot be reached now.`, { cause });
    }
  }

  #attend(member: Member, nowMs: number): void {
    const peer = member.peerId;
    if (member.dialling || this.#options.isCutOff(peer) || this.#trusted(peer) !== undefined) return;
    if (nowMs < member.dialFromMs || !member.backoff.due(nowMs) || this.#options.relays().length === 0) return;
    if (member.backoff.attempts >= GIVE_UP_ATTEMPTS) {
      this.#members.delete(peer);
      return;
    }
    void this.#keepDialling(member);
  }

  async #keepDialling(member: Member): Promise<void> {
    const { timers, log } = this.#options;
    member.dialling = true;
    member.triedAtMs = timers.nowMs();
    try {
      await timers.within(
        DIAL_TIMEOUT_MS,
        (signal) => this.#dial(member.peerId, signal),
        () => new Error('It took too long.'),
      );
      // Done only when the connection identifies itself; until then, and if it never does, this was a failure.
      if (this.#trusted(member.peerId) === undefined) member.backoff.failed(timers.nowMs());
    } catch (error) {
      log(`member ${member.peerId}: ${error instanceof Error ? error.message : String(error)}`);
      member.backoff.failed(timers.nowMs());
    } finally {
      member.dialling = false;
    }
  }

  /** By WebRTC if we can, else, if there is no connection at all, by a circuit. */
  async #dial(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const { libp2p, relays, webRtc } = this.#options;
    const addresses = (transport: string) =>
      relays().map((relay) => multiaddr(`${relay.toString()}/p2p-circuit${transport}/p2p/${peer}`));
    if (addresses('').length === 0) throw new NetworkError('unreachable', 'No relay is connected.');
    let failure: unknown = new NetworkError('unreachable', 'This host has no WebRTC.');
    if (webRtc) {
      try {
        return await libp2p.dial(addresses('/webrtc'), { signal });
      } catch (error) {
        failure = error;
      }
    }
    const [circuit] = this.#open(peer);
    if (circuit !== undefined) return circuit;
    signal.throwIfAborted();
    return libp2p.dial(addresses(''), { signal }).catch(() => Promise.reject(failure));
  }

  async #closeUnlessNeeded(connection: Connection): Promise<void> {
    const others = this.#open(connection.remotePeer.toString()).filter((other) => other !== connection);
    const replaced = others.some((other) => isDirect(other) && this.#options.identified.has(other));
    if (connection.status === 'open' && replaced) await connection.close().catch((error: Error) => connection.abort(error));
  }

  #open(peer: PeerId): Connection[] {
    return this.#options.libp2p.getConnections(peerIdFromString(peer)).filter((connection) => connection.status === 'open');
  }

  #trusted(peer: PeerId): Connection | undefined {
    return this.#open(peer).find((connection) => isDirect(connection) && this.#options.identified.has(connection));
  }
}

/** Whether libp2p reads this as a peer id. */
export function isPeerId(text: string): boolean {
  try {
    peerIdFromString(text);
    return true;
  } catch {
    return false;
  }
}

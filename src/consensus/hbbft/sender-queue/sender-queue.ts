import { has, indicesOf, type ProducerSet, type Roster } from '../roster.ts';

/**
 * What goes out to whom, and when: which epoch each producer is in, what to hold back from it, what is obsolete, what to send again.
 *
 * How it works: every message of an epoch is kept, once for all receivers, until that epoch is over (`forget`), so memory is bounded by the
 * epochs that can be open at once. A producer gets the messages of epochs up to `ahead` after the one it has said it is in; the
 * others when it gets there. On a new connection nothing is known of what arrived before: once the other side has said where it
 * stands, everything that is kept goes out again; receivers pass over what they have.
 */

/** Where what is to be sent now goes. */
interface Outlet {
  say(to: number | 'all', data: Uint8Array): void;
}

interface Peer {
  isConnected: boolean;
  /** It has said on this connection where it stands. */
  isGreeted: boolean;
  /** The first epoch that it has not finished, as far as is known. */
  epoch: number;
}

interface Kept {
  readonly to: ProducerSet;
  readonly data: Uint8Array;
}

const UNKNOWN = -1;

export class SenderQueue {
  readonly #roster: Roster;
  readonly #ahead: number;
  readonly #peers: readonly Peer[];
  readonly #kept = new Map<number, Kept[]>();
  #keptBytes = 0;

  /** `ahead`: epochs after its own of which a producer takes messages. */
  constructor(roster: Roster, ahead: number) {
    this.#roster = roster;
    this.#ahead = ahead;
    this.#peers = Array.from({ length: roster.size }, () => ({ isConnected: false, isGreeted: false, epoch: UNKNOWN }));
  }

  get connected(): number[] {
    return this.#peers.flatMap(({ isConnected }, index) => (isConnected ? [index] : []));
  }

  /** Number of bytes that are kept for sending again. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** A message of an epoch: kept, and sent to those who are ready for it. */
  post(epoch: number, to: ProducerSet, data: Uint8Array, outlet: Outlet): void {
    const kept = this.#kept.get(epoch);
    if (kept) kept.push({ to, data });
    else this.#kept.set(epoch, [{ to, data }]);
    this.#keptBytes += data.length;
    const ready = to & this.#ready(epoch);
    if (ready === this.#roster.others && ready !== 0) outlet.say('all', data);
    else for (const peer of indicesOf(ready)) outlet.say(peer, data);
  }

  /** A message of no epoch: to whoever is connected, and not kept. */
  announce(data: Uint8Array, outlet: Outlet): void {
    this.#peers.forEach(({ isConnected }, peer) => {
      if (isConnected) outlet.say(peer, data);
    });
  }

  connect(peer: number): void {
    const state = this.#peer(peer);
    state.isConnected = true;
    state.isGreeted = false;
  }

  disconnect(peer: number): void {
    const state = this.#peer(peer);
    state.isConnected = false;
    state.isGreeted = false;
  }

  /** The peer has said, for the first time on this connection, where it stands. Answers whether it was the first time. */
  greet(peer: number, epoch: number, outlet: Outlet): boolean {
    const state = this.#peer(peer);
    if (!state.isConnected || state.isGreeted) return false;
    state.isGreeted = true;
    state.epoch = Math.max(state.epoch, epoch);
    this.#release(peer, UNKNOWN, state.epoch + this.#ahead, outlet);
    return true;
  }

  /** The peer has got to an epoch. */
  advance(peer: number, epoch: number, outlet: Outlet): void {
    const state = this.#peer(peer);
    if (epoch <= state.epoch) return;
    const before = state.epoch;
    state.epoch = epoch;
    if (state.isGreeted) this.#release(peer, before + this.#ahead, epoch + this.#ahead, outlet);
  }

  /** Epochs up to this one are over: nobody needs their messages. */
  forget(epoch: number): void {
    for (const [each, kept] of this.#kept) {
      if (each > epoch) continue;
      this.#kept.delete(each);
      for (const { data } of kept) this.#keptBytes -= data.length;
    }
  }

  /** Sends what is kept of the epochs after `after`, up to `upTo`. */
  #release(peer: number, after: number, upTo: number, outlet: Outlet): void {
    const epochs = [...this.#kept.keys()].filter((epoch) => epoch > after && epoch <= upTo).sort((a, b) => a - b);
    for (const epoch of epochs) {
      for (const { to, data } of this.#kept.get(epoch) ?? []) if (has(to, peer)) outlet.say(peer, data);
    }
  }

  #ready(epoch: number): ProducerSet {
    let ready = 0;
    for (let index = 0; index < this.#peers.length; index++) {
      const peer = this.#peers[index] as Peer;
      if (peer.isGreeted && epoch <= peer.epoch + this.#ahead) ready |= 1 << index;
    }
    return ready;
  }

  #peer(index: number): Peer {
    const peer = this.#peers[index];
    if (!peer || index === this.#roster.self)
      throw new RangeError(`producer ${index} is no other producer of this configuration`);
    return peer;
  }
}

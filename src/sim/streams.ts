import { checkMessageSize, type MessageStream, type MessageStreamHandlers, type PeerId, StreamInbox } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';

/** A stream that breaks shows it late, and to each end at a time of its own: from a reset that comes through to a monitor that misses its answers. */
const BREAK_NOTICE_MS = [50, 5_000] as const;

/** The next message of one stream in one direction. */
export interface StreamDelivery {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly data: Uint8Array;
  /** Hands over the oldest message of this stream and direction that is under way: whatever order an adversary chooses, a stream keeps its own. */
  deliver(): void;
  /** Takes this message away, as if it had never been sent. */
  drop(): void;
}

/** What a stream needs of the world it is in. */
export interface StreamWays {
  nowMs(): number;
  plan(delayMs: number, run: () => void): void;
  /** A time on the way, by chance. */
  delayMs(): number;
  /** A number between the two, by chance. */
  between(least: number, most: number): number;
  isLost(): boolean;
  /** Told of a stream that is closed since too much waits at its other end. */
  overflowed(from: PeerId, to: PeerId): void;
  /** Told of every message that leaves a machine. */
  sent(from: PeerId, to: PeerId, data: Uint8Array): void;
  /** Whether somebody else decides when a message arrives; if so it has taken it over. */
  takenOver(delivery: StreamDelivery): boolean;
}

/** Both ends of a stream. It keeps order; a message that gets lost breaks it. */
export class SimulatedStreamPair {
  readonly opener: SimulatedStream;
  readonly opened: SimulatedStream;
  readonly #ways: StreamWays;
  readonly #forget: (pair: SimulatedStreamPair) => void;
  #isBroken = false;

  constructor(opener: PeerId, opened: PeerId, ways: StreamWays, forget: (pair: SimulatedStreamPair) => void) {
    this.#ways = ways;
    this.#forget = forget;
    this.opener = new SimulatedStream(opener, opened, ways, (end) => this.#broken(end));
    this.opened = new SimulatedStream(opened, opener, ways, (end) => this.#broken(end));
    this.opener.other = this.opened;
    this.opened.other = this.opener;
  }

  has(peer: PeerId): boolean {
    return this.opener.owner === peer || this.opened.owner === peer;
  }

  /** Nothing gets through any more; the ends learn of it later. */
  break(): void {
    this.#broken(undefined);
  }

  /** The process at this end is gone: nothing of it is called any more. */
  kill(peer: PeerId): void {
    for (const end of [this.opener, this.opened]) if (end.owner === peer) end.kill();
    this.break();
  }

  #broken(knowing: SimulatedStream | undefined): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#forget(this);
    for (const end of [this.opener, this.opened]) {
      end.cut();
      if (end !== knowing) this.#ways.plan(this.#ways.between(...BREAK_NOTICE_MS), () => end.end());
    }
  }
}

class SimulatedStream implements MessageStream {
  readonly owner: PeerId;
  readonly peer: PeerId;
  other!: SimulatedStream;
  readonly #ways: StreamWays;
  /** Breaks the stream; `knowing` is the end that need not be told. */
  readonly #broken: (knowing: SimulatedStream | undefined) => void;
  readonly #inbox: StreamInbox;
  /** On the way to the other end, oldest first. */
  #underWay: Uint8Array[] = [];
  /** Bytes that the other end has not handled. */
  #unhandledBytes = 0;
  #lastArrivalMs = 0;
  #isFirst = true;
  /** Nothing is carried any more … */
  #isCut = false;
  /** … and this end knows it. */
  #isEnded = false;

  constructor(owner: PeerId, peer: PeerId, ways: StreamWays, broken: (knowing: SimulatedStream | undefined) => void) {
    this.owner = owner;
    this.peer = peer;
    this.#ways = ways;
    this.#broken = broken;
    this.#inbox = new StreamInbox({
      taken: (cost) => {
        this.other.#unhandledBytes -= cost;
      },
      // A defect of ours: let the run fail, it is what simulations are for.
      failed: (error) => {
        throw error;
      },
    });
  }

  send(data: Uint8Array): boolean {
    if (this.#isEnded) return false;
    checkMessageSize(data, this.#isFirst);
    this.#ways.sent(this.owner, this.peer, data);
    // Whoever watches may have ended the process here.
    if (this.#isEnded) return false;
    this.#isFirst = false;
    if (this.#isCut) return true;
    this.#unhandledBytes += data.byteLength;
    if (this.#unhandledBytes > LIMITS.streamQueueBytes + LIMITS.streamWindowBytes) {
      this.#ways.overflowed(this.owner, this.peer);
      this.close();
      return false;
    }
    if (this.#ways.isLost()) {
      this.#broken(undefined);
      return true;
    }
    const copy = data.slice();
    this.#underWay.push(copy);
    const deliver = () => this.#deliverOldest();
    const drop = () => {
      this.#underWay = this.#underWay.filter((message) => message !== copy);
      this.#unhandledBytes -= copy.byteLength;
    };
    if (this.#ways.takenOver({ from: this.owner, to: this.peer, data, deliver, drop })) return true;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#ways.nowMs() + this.#ways.delayMs());
    this.#ways.plan(this.#lastArrivalMs - this.#ways.nowMs(), deliver);
    return true;
  }

  receive(handlers: MessageStreamHandlers): void {
    this.#inbox.receive(handlers);
  }

  close(): void {
    if (this.#isEnded) return;
    this.end();
    this.#broken(this);
  }

  cut(): void {
    this.#isCut = true;
    this.#underWay = [];
  }

  end(): void {
    this.#isEnded = true;
    this.#inbox.end();
  }

  kill(): void {
    this.#isEnded = true;
    this.#inbox.abandon();
  }

  #deliverOldest(): void {
    const data = this.#underWay.shift();
    if (data !== undefined) this.other.#inbox.push(data, data.byteLength);
  }
}

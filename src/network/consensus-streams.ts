/** `/sett/consensus/1`: lasting streams of messages between producers, limited in number on either side. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { type MessageStream, NetworkError, type PeerId } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { Callers } from './callers.ts';
import type { Log } from './log.ts';
import { ProtocolViolation } from './message-pipe.ts';
import { PeerStream } from './peer-stream.ts';
import { VIOLATION_POINTS } from './reputation.ts';
import type { Timers } from './timers.ts';

export const CONSENSUS_PROTOCOL = '/sett/consensus/1';

/** Streams that were opened here, and as many that peers have opened: ten groups with all their producers. Each may hold a queue and a message that is on its way in. */
const STREAMS_MAX = 10 * LIMITS.producers;
/** A peer that opens streams faster is not getting anywhere with them, and each costs us a signature check. */
const OPENINGS_BURST = 2 * LIMITS.streamsPerPeer;
const OPENINGS_PER_SECOND = 2;
/** A dial by WebRTC takes 1–2 s, on a busy machine ten times that. */
const OPEN_TIMEOUT_MS = 20_000;

export interface ConsensusStreamsOptions {
  readonly libp2p: Pick<Libp2p, 'handle'>;
  readonly timers: Timers;
  readonly log: Log;
  /** A peer opened a stream to us. */
  readonly opened: (stream: MessageStream) => void;
  /** The best connection to a peer, dialled if there is none; rejects with {@link NetworkError}. */
  readonly connect: (peer: PeerId, signal: AbortSignal) => Promise<Connection>;
  readonly penalize: (peer: PeerId, reason: string, points: number) => void;
}

export class ConsensusStreams {
  readonly #options: ConsensusStreamsOptions;
  readonly #callers = new Callers({
    open: LIMITS.streamsPerPeer,
    burst: OPENINGS_BURST,
    perSecond: OPENINGS_PER_SECOND,
  });
  #opened = 0;
  /** Streams that peers have opened, the oldest first. */
  readonly #accepted = new Set<PeerStream>();

  constructor(options: ConsensusStreamsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#options.libp2p.handle(
      CONSENSUS_PROTOCOL,
      (stream, connection) => this.#accept(stream, connection.remotePeer.toString()),
      // Our own limit on what comes in is the stricter one; libp2p's is per connection.
      { runOnLimitedConnection: true, maxInboundStreams: LIMITS.streamsPerPeer * 2, maxOutboundStreams: LIMITS.streamsPerPeer },
    );
  }

  async open(peer: PeerId): Promise<MessageStream> {
    const { timers, connect } = this.#options;
    if (this.#opened >= STREAMS_MAX) throw new NetworkError('unreachable', `All ${STREAMS_MAX} streams are in use.`);
    const refused = (cause: unknown) =>
      cause instanceof NetworkError ? cause : new NetworkError('unreachable', `Peer ${peer} opens no stream.`, { cause });
    return timers.within(
      OPEN_TIMEOUT_MS,
      async (signal) => {
        try {
          const connection = await connect(peer, signal);
          const stream = await connection.newStream(CONSENSUS_PROTOCOL, { signal, runOnLimitedConnection: true });
          if (signal.aborted) stream.abort(signal.reason);
          signal.throwIfAborted();
          this.#opened++;
          return this.#wrap(peer, stream, () => {
            this.#opened--;
          });
        } catch (error) {
          throw refused(error);
        }
      },
      () => new NetworkError('timeout', `Peer ${peer} opened no stream within ${OPEN_TIMEOUT_MS} ms.`),
    );
  }

  disconnected(peer: PeerId): void {
    this.#callers.disconnected(peer);
  }

  #accept(stream: Stream, peer: PeerId): void {
    if (!this.#letIn(peer)) {
      stream.abort(new Error('Too many streams.'));
      return;
    }
    const accepted = this.#wrap(peer, stream, () => {
      this.#accepted.delete(accepted);
      this.#callers.leave(peer);
    });
    this.#accepted.add(accepted);
    this.#options.opened(accepted);
  }

  /** Takes a place for one stream more, if this peer and all together may have one. */
  #letIn(peer: PeerId): boolean {
    if (!this.#callers.enter(peer, this.#options.timers.nowMs())) return false;
    if (this.#accepted.size >= STREAMS_MAX) this.#giveUpOne();
    if (this.#accepted.size < STREAMS_MAX) return true;
    this.#callers.leave(peer);
    return false;
  }

  /** Of those that have not shown who they are, the oldest makes room: idle strangers keep no producer away. */
  #giveUpOne(): void {
    for (const stream of this.#accepted) {
      if (stream.hasSent) continue;
      stream.close();
      return;
    }
  }

  #wrap(peer: PeerId, stream: Stream, left: () => void): PeerStream {
    const { penalize, log } = this.#options;
    return new PeerStream(peer, stream, (reason) => {
      left();
      if (reason instanceof ProtocolViolation) penalize(peer, reason.message, VIOLATION_POINTS);
      else log(`stream with ${peer}: ${reason.message}`);
    });
  }
}

/** `/sett/sync/1`: one request and its answer per stream, both ways limited in size, time, number and rate. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { NetworkError, type PeerId } from '../node/ports.ts';
import { LIMITS } from '../records/limits.ts';
import { Callers } from './callers.ts';
import { Exchange } from './exchange.ts';
import type { Log } from './log.ts';
import { ProtocolViolation } from './message-pipe.ts';
import { VIOLATION_POINTS } from './reputation.ts';
import type { Timers } from './timers.ts';

export const SYNC_PROTOCOL = '/sett/sync/1';

/** Streams that one peer may have open towards us: enough for several groups at once. */
const INBOUND_STREAMS_PER_PEER = 8;
/** Requests of one peer: a burst when it opens several groups, then a rate at which blocks of full size saturate a connection. */
const REQUEST_BURST = 64;
const REQUESTS_PER_SECOND = 20;
/** A peer has this long to state its request. */
const REQUEST_TIMEOUT_MS = 10_000;
/** And this long to take the answer: `LIMITS.syncResponseBytes` at 150 KB/s. */
const ANSWER_TIMEOUT_MS = 60_000;

export interface StreamsOptions {
  readonly libp2p: Pick<Libp2p, 'handle'>;
  readonly timers: Timers;
  readonly log: Log;
  /** Answers a request of a peer. */
  readonly answer: (data: Uint8Array, from: PeerId) => Promise<Uint8Array>;
  /** The best connection to a peer, dialled if there is none; rejects with {@link NetworkError}. */
  readonly connect: (peer: PeerId, signal: AbortSignal) => Promise<Connection>;
  readonly penalize: (peer: PeerId, reason: string, points: number) => void;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #callers = new Callers({
    open: INBOUND_STREAMS_PER_PEER,
    burst: REQUEST_BURST,
    perSecond: REQUESTS_PER_SECOND,
  });

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#options.libp2p.handle(
      SYNC_PROTOCOL,
      (stream, connection) => void this.#serve(stream, connection.remotePeer.toString()),
      {
        runOnLimitedConnection: true,
        maxInboundStreams: INBOUND_STREAMS_PER_PEER * 2,
        maxOutboundStreams: INBOUND_STREAMS_PER_PEER * 2,
      },
    );
  }

  async request(peer: PeerId, data: Uint8Array, limits: { timeoutMs: number; maxBytes: number }): Promise<Uint8Array> {
    if (data.byteLength > LIMITS.syncRequestBytes) {
      throw new NetworkError(
        'too-large',
        `A request has at most ${LIMITS.syncRequestBytes} bytes; this one has ${data.byteLength}.`,
      );
    }
    let exchange: Exchange | undefined;
    try {
      return await this.#options.timers.within(
        limits.timeoutMs,
        async (signal) => {
          const connection = await this.#options.connect(peer, signal);
          const stream = await connection
            .newStream(SYNC_PROTOCOL, { signal, runOnLimitedConnection: true })
            .catch((cause: unknown) =>
              Promise.reject(new NetworkError('unreachable', `Peer ${peer} opens no stream.`, { cause })),
            );
          const opened = new Exchange(stream, limits.maxBytes);
          exchange = opened;
          signal.throwIfAborted();
          await opened.send(data, signal);
          const answer = await opened.receive();
          void opened.close();
          return answer;
        },
        () => new NetworkError('timeout', `Peer ${peer} did not answer within ${limits.timeoutMs} ms.`),
      );
    } catch (error) {
      const failure = asNetworkError(error, peer);
      exchange?.abort(failure);
      throw failure;
    }
  }

  /** Forgets callers that are gone. */
  disconnected(peer: PeerId): void {
    this.#callers.disconnected(peer);
  }

  async #serve(stream: Stream, peer: PeerId): Promise<void> {
    const { timers, answer, penalize, log } = this.#options;
    if (!this.#callers.enter(peer, timers.nowMs())) {
      stream.abort(new Error('Too many requests.'));
      return;
    }
    const exchange = new Exchange(stream, LIMITS.syncRequestBytes);
    try {
      const late = () => new NetworkError('timeout', 'It took too long.');
      const request = await timers.within(REQUEST_TIMEOUT_MS, () => exchange.receive(), late);
      const response = await timers.within(ANSWER_TIMEOUT_MS, () => answer(request, peer), late);
      await timers.within(ANSWER_TIMEOUT_MS, (signal) => exchange.send(response, signal), late);
      await exchange.close();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      if (reason instanceof ProtocolViolation) penalize(peer, reason.message, VIOLATION_POINTS);
      else log(`a request of ${peer} was not answered: ${reason.message}`);
      exchange.abort(reason);
    } finally {
      this.#callers.leave(peer);
    }
  }
}

function asNetworkError(error: unknown, peer: PeerId): NetworkError {
  if (error instanceof NetworkError) return error;
  if (error instanceof ProtocolViolation)
    return new NetworkError(error.code, `Peer ${peer} sent no valid answer. ${error.message}`, { cause: error });
  return new NetworkError('closed', `The connection to peer ${peer} failed.`, { cause: error });
}

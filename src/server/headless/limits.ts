/** What a headless node gives to callers over HTTP. Callers on this machine are trusted, not boundless: they share the memory with the node. */
const KiB = 1024;

export const HTTP_LIMITS = {
  /** Open connections; more are refused by the system's queue until some close. */
  connections: 1_000,
  /** Calls at work at once; more are answered 503. Each holds its body and its answer. */
  callsAtWork: 256,
  /** Calls of one token: an app that polls several groups and posts. */
  calls: { burst: 200, perSecond: 50 },
  /** Calls of one address without a good token that are told why; nobody guesses 256 bits, but answering costs. */
  refusedCalls: { burst: 20, perSecond: 1 },
  /** Tokens and addresses counted at the same time; when full, the oldest is forgotten. */
  countedCallers: 10_000,
  /** Time for a request's head to arrive, and for the whole of it. */
  headMs: 10_000,
  requestMs: 60_000,
  /** A connection without a call is closed after this. */
  idleMs: 65_000,
  /** Open event sockets. */
  webSockets: 100,
  /** What a program sends on the event socket is not read; more than this closes it. */
  webSocketMessageBytes: 4 * KiB,
  /** Events that wait for a slow reader; beyond it the socket is closed, for it has missed some. */
  webSocketBufferBytes: 1_024 * KiB,
  /** A sign of life on every event socket; one that does not answer until the next is closed. */
  webSocketPingMs: 30_000,
  /** When the node stops: time for answers under way, and for sockets to say goodbye. */
  closingMs: 1_000,
  /** The longest that a token is made for: ten years, as those in old seeds. */
  tokenMs: 10 * 366 * 24 * 60 * 60 * 1_000,
} as const;

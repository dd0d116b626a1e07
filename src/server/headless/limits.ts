/** What a headless node gives to callers over HTTP. Callers on this machine are trusted, not boundless: they share the memory with the node. */
const KiB = 1024;
const MiB = 1024 * KiB;

export const HTTP_LIMITS = {
  /** Open connections; beyond it the one that was idle longest gives way. Fewer where the system allows fewer open files. */
  sockets: 1_000,
  /** Open connections of one address of another machine. */
  socketsPerAddress: 100,
  /** Connections that only this machine may have. */
  reservedSockets: 100,
  /** Calls at work at once, until their answer is read; more are answered 503. `perKey`: of one address of another machine, and of one token. */
  callsAtWork: { total: 256, perKey: 32, reserved: 64 },
  /** Bytes of bodies that are read or were read for calls at work. `perKey`: one backup of full size, which is 44 MiB as it travels. */
  bodyBytesAtWork: { total: 160 * MiB, perKey: 48 * MiB, reserved: 48 * MiB },
  /** Calls of one token: an app that polls several groups and posts. */
  calls: { burst: 200, perSecond: 50 },
  /** Calls of one address without a good token that are told why; nobody guesses 256 bits, but answering costs. */
  refusedCalls: { burst: 20, perSecond: 1 },
  /** Tokens and addresses counted at the same time; when full, the oldest is forgotten. */
  countedCallers: 10_000,
  /** Time for a request's head to arrive, and for the whole of it. */
  headMs: 10_000,
  requestMs: 60_000,
  /** How often it is looked for requests that are late. */
  checkMs: 1_000,
  /** Time for an answer to be read, from the call on: a backup over a slow line. */
  answerMs: 120_000,
  /** The same where there is no connection left for a newcomer. */
  crowdedAnswerMs: 5_000,
  /** A connection without a call is closed after this. */
  idleMs: 65_000,
  /** Open event sockets and streams. `perKey`: of one token. */
  eventReaders: { total: 100, perKey: 10, reserved: 20 },
  /** How often it is looked whether the tokens of those who read events are still good. */
  tokenCheckMs: 1_000,
  /** One WebSocket message of libp2p on `--listen`; they are below 64 KiB. */
  peerMessageBytes: 1 * MiB,
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

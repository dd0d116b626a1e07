/** Every bound on records and messages, in one place, each with its reason. Sizes in bytes. */
const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  /** A trx's `Data`: a post with a small picture; a block holds at least 26 of these. */
  trxDataBytes: 300 * KiB,
  /** Levels of lists and objects in a post: whoever follows a value by recursion has room on any stack. */
  postDepth: 64,
  /** Elements and members of a post, those of all levels together: a day of readings, one a second and a half. More is work for every reader. */
  postMembers: 65_536,
  /** Characters of one numeral in JSON: engines take quadratic time over longer integers. */
  numeralChars: 1024,
  /** Plaintext of the posts of one answer: a reader may be slow, and its answer stays in memory until it has taken all of it. One post always fits. */
  contentAnswerBytes: 4 * MiB,
  /** A trx around its `Data`: ids, key, signature, times. */
  trxOverheadBytes: 4 * KiB,
  /** An encoded block: what a phone can verify in one go. */
  blockBytes: 8 * MiB,
  /** What producers leave free of `blockBytes` in their proposals: header, seals, a CONSENSUS trx. */
  blockReserveBytes: 256 * KiB,
  /** One frame on a stream: beyond this a browser's data channel stalls. */
  frameBytes: 1 * MiB,
  /** Unacknowledged bytes on a stream: at 4 MiB libp2p aborts it. */
  streamWindowBytes: 2 * MiB,
  /** A gossip message: more and a delivery costs tens of milliseconds at every tab. */
  gossipBytes: 48 * KiB,
  /** A request on the sync stream. */
  syncRequestBytes: 64 * KiB,
  /** An answer on the sync stream: one block of full size and its envelope, or many small ones. */
  syncResponseBytes: 8 * MiB + 64 * KiB,
  /**
   * A message on a consensus stream: what one turn sends to one peer. At most two shards of proposals that fill a block, 4 MiB each with two producers
   * (our own proposal and the echo of the other's), and the votes beside them.
   */
  consensusMessageBytes: 9 * MiB,
  /** The first message each way on a consensus stream, the handshake: until it is checked a stranger may take no more. */
  streamOpeningBytes: 4 * KiB,
  /** Messages that wait on one stream for a slow peer: those of the three epochs that may run ahead, at full size. */
  streamQueueBytes: 32 * MiB,
  /** Consensus streams that a peer may open to us: one for each of eight common groups, and its successor before the old one is known to be dead. */
  streamsPerPeer: 16,
  /** A seed URL, its `u` list included. */
  seedChars: 8 * KiB,
  /** `bootstrap.json`. */
  bootstrapBytes: 64 * KiB,
  /** Producers of a group: agreement costs grow with the square. */
  producers: 24,
  /** A receipt: one trx of full size and the changes of consensus before it, some 25 KiB each with seven producers. */
  receiptBytes: 8 * MiB,
  /** Changes of consensus that a receipt goes through. */
  receiptLinks: 1024,
  /** Steps from a leaf of the history to its root: no chain has 2^53 trxs. */
  historyPathSteps: 53,
  /** The contents of a backup, blocks included: a tab holds them several times over while it reads one. */
  backupBytes: 32 * MiB,
  /** Groups of one backup. */
  backupGroups: 1000,
  /** A passphrase: shorter ones are guessed whatever they are stretched with; longer ones nobody types. */
  passphraseMinChars: 8,
  passphraseMaxChars: 1024,
  groupNameMinChars: 2,
  groupNameMaxChars: 100,
  appKeyMinChars: 4,
  appKeyMaxChars: 20,
  memoChars: 1024,
  /** Name of an app configuration value. */
  appConfigNameChars: 128,
  /** An app configuration value: settings, not content. */
  appConfigValueChars: 16 * KiB,
} as const;

/** What an agreement may take. */
export const AGREEMENT_LIMITS = {
  /** Below, the votes of one attempt do not fit between two ticks on a slow line. */
  tickMinMs: 1_000,
  /** One tick of an hour: whoever is away longer is waited for in the next. */
  tickMaxMs: 3_600_000,
  ticksMin: 10,
  /** Attempts stay open, and so does their memory. */
  ticksMax: 100,
  /** `trx_epoch_tick`: an epoch takes six one-way delays. */
  epochTickMinMs: 500,
  /** A post waits that long to be decided; timers of browsers end at 24 days. */
  epochTickMaxMs: 3_600_000,
} as const;

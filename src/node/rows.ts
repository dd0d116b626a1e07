import { bytes, flag, LIMITS, message, nested, repeated, Trx, type TypeOf, text, timeNs, uint64 } from '../records/index.ts';

/** The rows that a node keeps, and how their keys are made. Everything of a group begins with its id. */

/** Rows are our own; the bounds only keep a damaged one from taking all memory. */
const ROW_BYTES = 4 * LIMITS.blockBytes;
const CHANGES = 1_000_000;
const RECORDS = 1_000;

export const GroupRow = message('GroupRow', ROW_BYTES, {
  Seed: text(1, { maxBytes: LIMITS.seedChars }),
  UserPubkey: text(2),
  EncryptPubkey: text(3),
  JoinedAt: timeNs(4),
  /** Left, but not cleared: chain and keys are still here. */
  Left: flag(5),
});
export type GroupRow = TypeOf<typeof GroupRow>;

/** A user's secrets in one group; only ever stored sealed by the Vault. */
export const KeyRow = message('KeyRow', ROW_BYTES, { SignSecret: bytes(1, { maxBytes: ROW_BYTES }), EncryptIdentity: text(2) });
export type KeyRow = TypeOf<typeof KeyRow>;

export const HeadRow = message('HeadRow', ROW_BYTES, {
  BlockId: uint64(1),
  Epoch: uint64(2),
  TimeStamp: timeNs(3),
  BlockHash: bytes(4, { maxBytes: ROW_BYTES }),
  StateRoot: bytes(5, { maxBytes: ROW_BYTES }),
  Frontier: bytes(6, { maxBytes: ROW_BYTES }),
  /** Posts that this node holds decrypted. */
  Posts: uint64(7),
  /** Newest final block: a producer stores blocks before the others' seals make them final. */
  FinalBlockId: uint64(8),
});
export type HeadRow = TypeOf<typeof HeadRow>;

/** Where a trx stands in the chain. `Reason`: why it was answered Rejected, empty if it was applied. */
export const PlaceRow = message('PlaceRow', ROW_BYTES, { BlockId: uint64(1), Place: uint64(2), Reason: text(3) });
export type PlaceRow = TypeOf<typeof PlaceRow>;

const ChangeRow = message('ChangeRow', ROW_BYTES, {
  Table: text(1),
  Key: text(2),
  Value: bytes(3, { maxBytes: ROW_BYTES }),
  HasValue: flag(4),
  Before: bytes(5, { maxBytes: ROW_BYTES }),
  HasBefore: flag(6),
});
/** What a block changed in the state, so that it can be taken back. */
export const ChangesRow = message('ChangesRow', ROW_BYTES, { Changes: repeated(nested(1, ChangeRow), CHANGES) });
export type ChangesRow = TypeOf<typeof ChangesRow>;

export const HistoryRow = message('HistoryRow', ROW_BYTES, {
  FirstLeaf: uint64(1),
  /** The Merkle nodes that the block completed, 32 bytes each, in the order of completion. */
  Nodes: bytes(2, { maxBytes: ROW_BYTES }),
  /** Digests of the write sets of its trxs, 32 bytes each; none in rows of the first releases. */
  Digests: bytes(3, { maxBytes: ROW_BYTES }),
});
export type HistoryRow = TypeOf<typeof HistoryRow>;

export const OutboxRow = message('OutboxRow', ROW_BYTES, {
  Trx: nested(1, Trx),
  /** What was posted, in clear. */
  Content: bytes(2, { maxBytes: ROW_BYTES }),
  CreatedAt: timeNs(3),
  /** Set once the trx can no longer be accepted: a code and a sentence. */
  InvalidCode: text(4),
  InvalidReason: text(5),
});
export type OutboxRow = TypeOf<typeof OutboxRow>;

/** A recovery that this node produces under before its trx is in the chain: the first one that it stored of that nonce. */
export const AdoptedRow = message('AdoptedRow', ROW_BYTES, { Trx: nested(1, Trx) });
export type AdoptedRow = TypeOf<typeof AdoptedRow>;

/** The newest recovery that took final blocks back here. */
export const GivenUpRow = message('GivenUpRow', ROW_BYTES, {
  Nonce: uint64(1),
  BaseBlockId: uint64(2),
  LastBlockId: uint64(3),
  /** Trxs of this node's user in those blocks, which it sends again. */
  OwnTrxs: uint64(4),
  Time: timeNs(5),
});
export type GivenUpRow = TypeOf<typeof GivenUpRow>;

/** Two final blocks of chains that count alike. */
export const SplitRow = message('SplitRow', ROW_BYTES, {
  Nonce: uint64(1),
  OurBlockId: uint64(2),
  OurHash: bytes(3, { maxBytes: ROW_BYTES }),
  TheirBlockId: uint64(4),
  TheirHash: bytes(5, { maxBytes: ROW_BYTES }),
});
export type SplitRow = TypeOf<typeof SplitRow>;

/** The first fault of a kind that somebody is proved to have committed. */
export const ProvenFaultRow = message('ProvenFaultRow', ROW_BYTES, {
  Pubkey: text(1),
  Kind: text(2),
  FoundAt: timeNs(3),
  Records: repeated(bytes(4, { maxBytes: ROW_BYTES }), RECORDS),
});
export type ProvenFaultRow = TypeOf<typeof ProvenFaultRow>;

const NUMBER_DIGITS = 16;
const number = (value: number): string => value.toString(16).padStart(NUMBER_DIGITS, '0');

export const keyOf = {
  head: (groupId: string) => groupId,
  group: (groupId: string) => groupId,
  keys: (groupId: string) => groupId,
  block: (groupId: string, blockId: number) => `${groupId}/${number(blockId)}`,
  trx: (groupId: string, sender: string, trxId: string) => `${groupId}/${sender}/${trxId}`,
  trxId: (groupId: string, trxId: string, sender: string) => `${groupId}/${trxId}/${sender}`,
  content: (groupId: string, blockId: number, place: number) => `${groupId}/${number(blockId)}/${number(place)}`,
  /** Ledger keys may hold any character; store keys are ASCII. */
  kv: (groupId: string, table: string, key: string) => `${groupId}/${table}/${encodeURIComponent(key)}`,
  outbox: (groupId: string, trxId: string) => `${groupId}/${trxId}`,
  /** Entries of the engine's write-ahead log under one configuration. */
  log: (groupId: string, nonce: number, entry: string) => `${groupId}/entry/${number(nonce)}/${entry}`,
  /** Stands as long as the log of this configuration is unbroken: only then may the producer speak (consensus.md, "Crash safety"). */
  unbrokenLog: (groupId: string, nonce: number) => `${groupId}/unbroken/${number(nonce)}`,
  /** How all {@link unbrokenLog} keys of a group begin. */
  unbrokenLogs: (groupId: string) => `${groupId}/unbroken/`,
  /** Write-ahead logs of changes of consensus: what this node says as one that is asked, and as the owner who asks. */
  changeLog: (groupId: string, side: 'asked' | 'asking', entry: string) => `${groupId}/change/${side}/${entry}`,
  adopted: (groupId: string) => `${groupId}/recovery/adopted`,
  givenUp: (groupId: string) => `${groupId}/recovery/given-up`,
  /** Two final blocks of one height and nonce: this node has stopped. */
  twoChains: (groupId: string) => `${groupId}/recovery/two-chains`,
  /** The newest nonce that the owner has signed a request with. */
  requestNonce: (groupId: string) => `${groupId}/request-nonce`,
  provenFault: (groupId: string, pubkey: string, kind: string) => `${groupId}/fault/${pubkey}/${kind}`,
  /** How all {@link provenFault} keys of a group begin. */
  provenFaults: (groupId: string) => `${groupId}/fault/`,
} as const;

/** The ledger's key in a `kv` store key. */
export const ledgerKeyOf = (storeKey: string): string => decodeURIComponent(storeKey.slice(storeKey.lastIndexOf('/') + 1));

/** All keys that begin with `prefix`: the range [prefix, prefix + a character above all that keys hold). */
export const startingWith = (prefix: string): { from: string; to: string } => ({ from: prefix, to: `${prefix}\u007f` });

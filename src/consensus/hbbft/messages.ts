import { LIMITS } from '../../records/index.ts';

/**
 * What producers say to each other, and its bytes. They travel on streams that both sides opened by signing group, nonce and peer ids, so
 * the sender is known and nothing here is signed, except {@link DoneMessage}.
 *
 * Form: kind (1 byte), epoch (varint), proposer (1 byte, where the kind has one), then the fields in the order below; hashes are 32 bytes, a varint is
 * least significant group first, the last field of variable length takes the rest. Decoding is total. Branches and shards are views of
 * what came in; what is smaller is copied, which is cheaper than a view and keeps no frame alive.
 */
export type Message = BroadcastMessage | AgreementMessage | DecryptionMessage | DoneMessage | HelloMessage | WakeMessage;

// ------------------------------------------------------------------------------------------------------- reliable broadcast

/** `value`: the proposer gives the receiver its shard. `echo`: the sender passes on its own shard. */
export interface ShardMessage {
  readonly kind: 'value' | 'echo';
  readonly epoch: number;
  readonly proposer: number;
  /** Merkle root over all shards of the proposal. */
  readonly root: Uint8Array;
  /** Sibling hashes from the shard's leaf up, one after the other. */
  readonly branch: Uint8Array;
  readonly shard: Uint8Array;
}

/**
 * `echo-hash`: counts as an echo and holds no shard. `can-decode`: the receiver, who has not echoed yet, may leave its shard out. `want-shard`: the
 * sender needs the receiver's shard. `ready`: enough have echoed the root, or are ready for it.
 */
export interface RootMessage {
  readonly kind: 'echo-hash' | 'can-decode' | 'want-shard' | 'ready';
  readonly epoch: number;
  readonly proposer: number;
  readonly root: Uint8Array;
}

export type BroadcastMessage = ShardMessage | RootMessage;

// --------------------------------------------------------------------------------------------------------- binary agreement

export interface VoteMessage {
  readonly kind: 'bval' | 'aux';
  readonly epoch: number;
  readonly proposer: number;
  readonly round: number;
  readonly value: boolean;
}

export interface ConfMessage {
  readonly kind: 'conf';
  readonly epoch: number;
  readonly proposer: number;
  readonly round: number;
  /** Bit 0: false is in the set; bit 1: true is. */
  readonly values: number;
}

export interface CoinMessage {
  readonly kind: 'coin';
  readonly epoch: number;
  readonly proposer: number;
  readonly round: number;
  readonly share: Uint8Array;
}

/** The sender has decided: stands for its votes in all rounds to come. */
export interface TermMessage {
  readonly kind: 'term';
  readonly epoch: number;
  readonly proposer: number;
  readonly value: boolean;
}

export type AgreementMessage = VoteMessage | ConfMessage | CoinMessage | TermMessage;

// ------------------------------------------------------------------------------------------------------------------- epochs

export interface DecryptionMessage {
  readonly kind: 'decryption';
  readonly epoch: number;
  /** Whose proposal is decrypted. */
  readonly proposer: number;
  readonly share: Uint8Array;
}

/** The signer has finished all epochs up to this one; its chain then ended with this block. */
export interface DoneMessage {
  readonly kind: 'done';
  readonly epoch: number;
  readonly signer: number;
  readonly blockId: number;
  readonly blockHash: Uint8Array;
  readonly signature: Uint8Array;
}

/** First message on a connection: where the sender stands. */
export interface HelloMessage {
  readonly kind: 'hello';
  /** The first epoch that the sender has not finished. */
  readonly epoch: number;
  /** The newest epoch for which the sender has made a proposal. */
  readonly started: number;
}

/** A waiting trx ends the sender's rest; the trx comes along so that it ends the receiver's too. */
export interface WakeMessage {
  readonly kind: 'wake';
  readonly epoch: number;
  /** An encoded trx. */
  readonly trx: Uint8Array;
}

export const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
/** A share with its proof takes some 100 bytes. */
const SHARE_LIMIT_BYTES = 256;
/** Hashes of a branch: a tree of 24 leaves is 5 high. */
const BRANCH_LIMIT = Math.ceil(Math.log2(LIMITS.producers));
const TRX_LIMIT_BYTES = LIMITS.trxDataBytes + LIMITS.trxOverheadBytes;
/** No agreement gets near it: each third round ends it with probability ½. */
const ROUND_LIMIT = 0xffff;

const KINDS = [
  'value',
  'echo',
  'echo-hash',
  'can-decode',
  'want-shard',
  'ready',
  'bval',
  'aux',
  'conf',
  'coin',
  'term',
  'decryption',
  'done',
  'hello',
  'wake',
] as const satisfies readonly Message['kind'][];

const KIND_NUMBERS = Object.fromEntries(KINDS.map((kind, index) => [kind, index + 1])) as Record<Message['kind'], number>;

// ------------------------------------------------------------------------------------------------------------------- encode

/** Where the message being encoded goes on: encoding is synchronous and does not nest. */
let at = 0;

function begin(kind: Message['kind'], epoch: number, restBytes: number): Uint8Array {
  const bytes = new Uint8Array(1 + varintBytes(epoch) + restBytes);
  bytes[0] = KIND_NUMBERS[kind];
  at = 1;
  putVarint(bytes, epoch);
  return bytes;
}

function putVarint(bytes: Uint8Array, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
}

function varintBytes(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

function put(bytes: Uint8Array, part: Uint8Array): void {
  bytes.set(part, at);
  at += part.length;
}

export function encodeMessage(message: Message): Uint8Array {
  const { kind, epoch } = message;
  switch (kind) {
    case 'value':
    case 'echo': {
      const { proposer, root, branch, shard } = message;
      const bytes = begin(kind, epoch, 2 + HASH_BYTES + branch.length + shard.length);
      bytes[at++] = proposer;
      put(bytes, root);
      bytes[at++] = branch.length / HASH_BYTES;
      put(bytes, branch);
      put(bytes, shard);
      return bytes;
    }
    case 'echo-hash':
    case 'can-decode':
    case 'want-shard':
    case 'ready': {
      const bytes = begin(kind, epoch, 1 + HASH_BYTES);
      bytes[at++] = message.proposer;
      put(bytes, message.root);
      return bytes;
    }
    case 'bval':
    case 'aux':
    case 'conf': {
      const bytes = begin(kind, epoch, 2 + varintBytes(message.round));
      bytes[at++] = message.proposer;
      putVarint(bytes, message.round);
      bytes[at] = message.kind === 'conf' ? message.values : message.value ? 1 : 0;
      return bytes;
    }
    case 'coin': {
      const bytes = begin(kind, epoch, 1 + varintBytes(message.round) + message.share.length);
      bytes[at++] = message.proposer;
      putVarint(bytes, message.round);
      put(bytes, message.share);
      return bytes;
    }
    case 'term': {
      const bytes = begin(kind, epoch, 2);
      bytes[at++] = message.proposer;
      bytes[at] = message.value ? 1 : 0;
      return bytes;
    }
    case 'decryption': {
      const bytes = begin(kind, epoch, 1 + message.share.length);
      bytes[at++] = message.proposer;
      put(bytes, message.share);
      return bytes;
    }
    case 'done': {
      const { signer, blockId, blockHash, signature } = message;
      const bytes = begin(kind, epoch, 1 + varintBytes(blockId) + blockHash.length + signature.length);
      bytes[at++] = signer;
      putVarint(bytes, blockId);
      put(bytes, blockHash);
      put(bytes, signature);
      return bytes;
    }
    case 'hello': {
      const bytes = begin(kind, epoch, varintBytes(message.started));
      putVarint(bytes, message.started);
      return bytes;
    }
    case 'wake': {
      const bytes = begin(kind, epoch, message.trx.length);
      put(bytes, message.trx);
      return bytes;
    }
  }
}

// ------------------------------------------------------------------------------------------------------------------- decode

/** A varint from `at` on; −1 where there is none that a safe integer holds. */
function takeVarint(bytes: Uint8Array): number {
  let value = 0;
  let factor = 1;
  for (let length = 1; length <= 8; length++) {
    const byte = bytes[at++];
    if (byte === undefined) return -1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : -1;
    factor *= 0x80;
  }
  return -1;
}

/** A message between `producers` producers; undefined for bytes that are none. */
export function decodeMessage(bytes: Uint8Array, producers: number): Message | undefined {
  const kind = KINDS[(bytes[0] ?? 0) - 1];
  if (kind === undefined) return undefined;
  at = 1;
  const epoch = takeVarint(bytes);
  if (epoch < 0) return undefined;
  if (kind === 'hello') {
    const started = takeVarint(bytes);
    return started < 0 || at !== bytes.length ? undefined : { kind, epoch, started };
  }
  if (kind === 'wake') {
    const left = bytes.length - at;
    return left === 0 || left > TRX_LIMIT_BYTES ? undefined : { kind, epoch, trx: bytes.subarray(at) };
  }
  const producer = bytes[at++];
  if (producer === undefined || producer >= producers) return undefined;
  if (kind === 'done') return decodeDone(bytes, epoch, producer);
  return decodeOf(bytes, kind, epoch, producer);
}

type EpochKind = Exclude<Message['kind'], 'hello' | 'wake' | 'done'>;

function decodeOf(bytes: Uint8Array, kind: EpochKind, epoch: number, proposer: number): Message | undefined {
  switch (kind) {
    case 'value':
    case 'echo':
      return decodeShard(bytes, kind, epoch, proposer);
    case 'echo-hash':
    case 'can-decode':
    case 'want-shard':
    case 'ready':
      if (bytes.length - at !== HASH_BYTES) return undefined;
      return { kind, epoch, proposer, root: bytes.slice(at) };
    case 'bval':
    case 'aux': {
      const round = takeVarint(bytes);
      const value = bytes[at++];
      if (round < 0 || round > ROUND_LIMIT || value === undefined || value > 1 || at !== bytes.length) return undefined;
      return { kind, epoch, proposer, round, value: value === 1 };
    }
    case 'conf': {
      const round = takeVarint(bytes);
      const values = bytes[at++];
      if (round < 0 || round > ROUND_LIMIT || values === undefined || values < 1 || values > 3 || at !== bytes.length)
        return undefined;
      return { kind, epoch, proposer, round, values };
    }
    case 'coin': {
      const round = takeVarint(bytes);
      if (round < 0 || round > ROUND_LIMIT || !isShareLength(bytes.length - at)) return undefined;
      return { kind, epoch, proposer, round, share: bytes.slice(at) };
    }
    case 'term': {
      const value = bytes[at++];
      return value === undefined || value > 1 || at !== bytes.length ? undefined : { kind, epoch, proposer, value: value === 1 };
    }
    case 'decryption':
      return isShareLength(bytes.length - at) ? { kind, epoch, proposer, share: bytes.slice(at) } : undefined;
  }
}

const isShareLength = (length: number): boolean => length > 0 && length <= SHARE_LIMIT_BYTES;

function decodeShard(bytes: Uint8Array, kind: ShardMessage['kind'], epoch: number, proposer: number): ShardMessage | undefined {
  const root = bytes.slice(at, at + HASH_BYTES);
  at += HASH_BYTES;
  const hashes = bytes[at++];
  if (hashes === undefined || hashes > BRANCH_LIMIT) return undefined;
  const shardAt = at + hashes * HASH_BYTES;
  if (shardAt >= bytes.length) return undefined;
  return { kind, epoch, proposer, root, branch: bytes.subarray(at, shardAt), shard: bytes.subarray(shardAt) };
}

function decodeDone(bytes: Uint8Array, epoch: number, signer: number): DoneMessage | undefined {
  const blockId = takeVarint(bytes);
  if (blockId < 0 || bytes.length - at !== HASH_BYTES + SIGNATURE_BYTES) return undefined;
  const signatureAt = at + HASH_BYTES;
  const blockHash = bytes.subarray(at, signatureAt);
  return { kind: 'done', epoch, signer, blockId, blockHash, signature: bytes.subarray(signatureAt) };
}

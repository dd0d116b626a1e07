import {
  bytes,
  concatBytes,
  decodeOrNothing,
  exactBytes,
  flag,
  LIMITS,
  message,
  nested,
  repeated,
  Seal,
  SealBody,
  type TypeOf,
  uint32,
  uint64,
} from '../../records/index.ts';

/**
 * What producers say to each other under PBFT, and its bytes: a kind (1 byte), then a record. Votes, view changes and new views are
 * signed, since others pass them on as proof; the rest is as good as the stream that it comes on. A height is a block's id, and a body
 * is what a block's hash covers, so its digest is the block's hash and survives a change of view.
 */

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
const KiB = 1024;

/** A signed vote of one producer for one body at one height in one view: pre-prepare, prepare or commit. */
export const Vote = message('PbftVote', 256, {
  View: uint64(1),
  BlockId: uint64(2),
  BlockHash: exactBytes(3, HASH_BYTES),
  Signer: uint32(4),
  Sign: exactBytes(5, SIGNATURE_BYTES),
});
export type Vote = TypeOf<typeof Vote>;

/** One vote of several that are alike. */
const Proof = message('PbftProof', 128, { Signer: uint32(1), Sign: exactBytes(2, SIGNATURE_BYTES) });
export type Proof = TypeOf<typeof Proof>;

const proofs = (number: number) => repeated(nested(number, Proof), LIMITS.producers);

/** N−f producers have prepared a body in one view: the primary by its pre-prepare. It proves nothing final. */
export const Certificate = message('PbftCertificate', 4 * KiB, {
  View: uint64(1),
  BlockId: uint64(2),
  BlockHash: exactBytes(3, HASH_BYTES),
  Proofs: proofs(4),
});
export type Certificate = TypeOf<typeof Certificate>;

/** Stands before the proofs of a certificate in the log. */
export const CertificateHeader = message('PbftCertificateHeader', 64, { SeqNo: uint64(1), Count: uint32(2) });

/**
 * A block that is decided, by N−f commits of one view or by N−f seals of the header; without either the block after which the
 * configuration began.
 */
export const DecidedBlock = message('PbftDecidedBlock', 24 * KiB, {
  BlockId: uint64(1),
  BlockHash: exactBytes(2, HASH_BYTES),
  View: uint64(3),
  Commits: proofs(4),
  Header: nested(5, SealBody),
  Seals: repeated(nested(6, Seal), LIMITS.producers),
});
export type DecidedBlock = TypeOf<typeof DecidedBlock>;

/** `View`: the view that the signer wants to go on in. */
export const ViewChange = message('PbftViewChange', 32 * KiB, {
  View: uint64(1),
  Signer: uint32(2),
  Decided: nested(3, DecidedBlock),
  /** Of the height above, from the highest view that the signer has one of. */
  Certificate: nested(4, Certificate),
  Sign: exactBytes(5, SIGNATURE_BYTES, { hashed: false }),
});
export type ViewChange = TypeOf<typeof ViewChange>;

/** The primary's word that its view begins, with N−f view changes for it. */
export const NewView = message('PbftNewView', 32 * KiB * LIMITS.producers, {
  View: uint64(1),
  ViewChanges: repeated(nested(2, ViewChange), LIMITS.producers),
  /** What is proposed again at the height above the highest decided block; empty: the choice is free. */
  PickHash: exactBytes(3, HASH_BYTES),
  Sign: exactBytes(4, SIGNATURE_BYTES, { hashed: false }),
});
export type NewView = TypeOf<typeof NewView>;

/** What a block carries of how it was agreed on; no part of its hash, and not alike at all producers. */
export const AgreementEvidence = message('PbftEvidence', 32 * KiB, {
  Certificate: nested(1, Certificate),
  Decided: nested(2, DecidedBlock),
});

const PrePrepare = message('PbftPrePrepare', LIMITS.blockBytes + KiB, {
  Vote: nested(1, Vote),
  /** May be left out where the receiver can be expected to have it. */
  Body: bytes(2, { maxBytes: LIMITS.blockBytes }),
});

/** Where the sender stands; whoever is further, or has said more, says it again. */
const Status = message('PbftStatus', 64, {
  View: uint64(1),
  IsChanging: flag(2),
  /** Newest block decided. */
  BlockId: uint64(3),
  /** The sender answers one who is further: no status is wanted in return. */
  IsAnswer: flag(4),
});
export type Status = TypeOf<typeof Status>;

const BodyRequest = message('PbftBodyRequest', 64, { BlockId: uint64(1), BlockHash: exactBytes(2, HASH_BYTES) });
const Body = message('PbftBody', LIMITS.blockBytes + 16, { Body: bytes(1, { maxBytes: LIMITS.blockBytes }) });
const Forwarded = message('PbftForwarded', LIMITS.trxDataBytes + LIMITS.trxOverheadBytes + 16, {
  Trx: bytes(1, { maxBytes: LIMITS.trxDataBytes + LIMITS.trxOverheadBytes }),
});

export type VoteKind = 'prepare' | 'commit';

export type Message =
  | { readonly kind: 'pre-prepare'; readonly vote: Vote; readonly body: Uint8Array }
  | { readonly kind: VoteKind; readonly vote: Vote }
  | { readonly kind: 'view-change'; readonly viewChange: ViewChange }
  | { readonly kind: 'new-view'; readonly newView: NewView }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'decision'; readonly decided: DecidedBlock }
  | { readonly kind: 'body-request'; readonly blockId: number; readonly blockHash: Uint8Array }
  | { readonly kind: 'body'; readonly body: Uint8Array }
  /** A trx that has waited long: for the primary, and so that the others wait for it too. */
  | { readonly kind: 'trx'; readonly trx: Uint8Array };

const KINDS = [
  'pre-prepare',
  'prepare',
  'commit',
  'view-change',
  'new-view',
  'status',
  'decision',
  'body-request',
  'body',
  'trx',
] as const satisfies readonly Message['kind'][];

export function encodeMessage(said: Message): Uint8Array {
  return concatBytes(Uint8Array.of(KINDS.indexOf(said.kind) + 1), encodeRecord(said));
}

function encodeRecord(said: Message): Uint8Array {
  switch (said.kind) {
    case 'pre-prepare':
      return PrePrepare.encode({ Vote: said.vote, Body: said.body });
    case 'prepare':
    case 'commit':
      return Vote.encode(said.vote);
    case 'view-change':
      return ViewChange.encode(said.viewChange);
    case 'new-view':
      return NewView.encode(said.newView);
    case 'status':
      return Status.encode(said.status);
    case 'decision':
      return DecidedBlock.encode(said.decided);
    case 'body-request':
      return BodyRequest.encode({ BlockId: said.blockId, BlockHash: said.blockHash });
    case 'body':
      return Body.encode({ Body: said.body });
    case 'trx':
      return Forwarded.encode({ Trx: said.trx });
  }
}

/** Undefined for bytes that are no message between so many producers. */
export function decodeMessage(data: Uint8Array, producers: number): Message | undefined {
  const kind = KINDS[(data[0] ?? 0) - 1];
  if (kind === undefined) return undefined;
  const record = data.subarray(1);
  switch (kind) {
    case 'pre-prepare': {
      const read = decodeOrNothing(PrePrepare, record);
      return read?.Vote && isWhole(read.Vote, producers) ? { kind, vote: read.Vote, body: read.Body } : undefined;
    }
    case 'prepare':
    case 'commit': {
      const vote = decodeOrNothing(Vote, record);
      return vote && isWhole(vote, producers) ? { kind, vote } : undefined;
    }
    case 'view-change': {
      const viewChange = decodeOrNothing(ViewChange, record);
      return viewChange && viewChange.Signer < producers && viewChange.Sign.length > 0 ? { kind, viewChange } : undefined;
    }
    case 'new-view': {
      const newView = decodeOrNothing(NewView, record);
      return newView && newView.Sign.length > 0 ? { kind, newView } : undefined;
    }
    case 'status': {
      const status = decodeOrNothing(Status, record);
      return status && { kind, status };
    }
    case 'decision': {
      const decided = decodeOrNothing(DecidedBlock, record);
      return decided && decided.BlockHash.length > 0 ? { kind, decided } : undefined;
    }
    case 'body-request': {
      const read = decodeOrNothing(BodyRequest, record);
      return read && read.BlockHash.length > 0 ? { kind, blockId: read.BlockId, blockHash: read.BlockHash } : undefined;
    }
    case 'body': {
      const read = decodeOrNothing(Body, record);
      return read && { kind, body: read.Body };
    }
    case 'trx': {
      const read = decodeOrNothing(Forwarded, record);
      return read && read.Trx.length > 0 ? { kind, trx: read.Trx } : undefined;
    }
  }
}

const isWhole = (vote: Vote, producers: number): boolean =>
  vote.Signer < producers && vote.BlockHash.length > 0 && vote.Sign.length > 0;

import {
  equalBytes,
  exactBytes,
  message,
  SEAL_TAG,
  type Seal,
  type SealBody,
  sealBodyHash,
  sha256,
  text,
  uint64,
} from '../../records/index.ts';
import type { Configuration } from '../engine.ts';
import { count, only, type Roster } from '../hbbft/roster.ts';
import { type Certificate, type DecidedBlock, NewView, type Proof, ViewChange, type Vote, type VoteKind } from './messages.ts';

/** What a producer needs besides the configuration. Everything here is deterministic. */
export interface PbftMember {
  /** This producer's place among the configuration's producers. */
  readonly index: number;
  /** Signs a hash with this producer's group key. */
  sign(hash: Uint8Array): Uint8Array;
  /** Whether it is the signature of that producer. */
  verify(producer: number, hash: Uint8Array, signature: Uint8Array): boolean;
}

/** What every signature of the engine is over. */
const Statement = message('PbftStatement', 1024, {
  /** First, and one for each kind of statement, so that none means anything elsewhere. */
  Tag: text(1),
  GroupId: text(2),
  ConfigNonce: uint64(3),
  /** After a recovery: hash of the bundle that this producer follows. Empty otherwise. */
  BundleHash: exactBytes(4, 32),
  View: uint64(5),
  BlockId: uint64(6),
  /** A block's hash, or of a view change and a new view the hash of the rest of it. */
  Hash: exactBytes(7, 32),
});

const TAGS = {
  'pre-prepare': 'sett/pbft/pre-prepare/1',
  prepare: 'sett/pbft/prepare/1',
  commit: 'sett/pbft/commit/1',
  'view-change': 'sett/pbft/view-change/1',
  'new-view': 'sett/pbft/new-view/1',
} as const;

const NO_BYTES = new Uint8Array();

export const primaryOf = (view: number, { size }: Roster): number => view % size;

/** A block that a vote or a certificate speaks of. */
interface Place {
  readonly View: number;
  readonly BlockId: number;
  readonly BlockHash: Uint8Array;
}

/** Makes and checks what is signed under one configuration: single votes, and the proofs that are made of them. */
export class Signatures {
  readonly #configuration: Configuration;
  readonly #roster: Roster;
  readonly #member: PbftMember;

  constructor(configuration: Configuration, roster: Roster, member: PbftMember) {
    this.#configuration = configuration;
    this.#roster = roster;
    this.#member = member;
  }

  /** A prepare of a view's own primary is its pre-prepare. */
  vote(kind: VoteKind, place: Place): Vote {
    const Signer = this.#roster.self;
    return { ...place, Signer, Sign: this.#member.sign(this.#voteHash(kind, place, Signer)) };
  }

  isVoteSigned(kind: VoteKind, vote: Vote): boolean {
    return this.#member.verify(vote.Signer, this.#voteHash(kind, vote, vote.Signer), vote.Sign);
  }

  signViewChange(content: Omit<ViewChange, 'Signer' | 'Sign'>): ViewChange {
    const unsigned: ViewChange = { ...content, Signer: this.#roster.self, Sign: NO_BYTES };
    return { ...unsigned, Sign: this.#member.sign(this.#viewChangeHash(unsigned)) };
  }

  isViewChangeSigned(viewChange: ViewChange): boolean {
    return this.#member.verify(viewChange.Signer, this.#viewChangeHash(viewChange), viewChange.Sign);
  }

  signNewView(content: Omit<NewView, 'Sign'>): NewView {
    const unsigned: NewView = { ...content, Sign: NO_BYTES };
    return { ...unsigned, Sign: this.#member.sign(this.#newViewHash(unsigned)) };
  }

  /** By the primary of its view. */
  isNewViewSigned(newView: NewView): boolean {
    return this.#member.verify(primaryOf(newView.View, this.#roster), this.#newViewHash(newView), newView.Sign);
  }

  /** Whether N−f producers have prepared what it names, in its view. */
  isCertified(certificate: Certificate): boolean {
    return this.#haveVoted('prepare', certificate, certificate.Proofs);
  }

  /** Whether the block is decided: N−f commits of one view, N−f seals, or it is the configuration's first parent. */
  isDecided(decided: DecidedBlock, base: { readonly blockId: number; readonly blockHash: Uint8Array }): boolean {
    const { BlockId, BlockHash, Commits, Header, Seals } = decided;
    if (Commits.length > 0) return this.#haveVoted('commit', decided, Commits);
    if (Header) return BlockId > base.blockId && this.#isSealed(decided, Header, Seals);
    return BlockId === base.blockId && equalBytes(BlockHash, base.blockHash);
  }

  #haveVoted(kind: VoteKind, place: Place, proofs: readonly Proof[]): boolean {
    let signers = 0;
    for (const { Signer, Sign } of proofs) {
      if (Signer >= this.#roster.size || (signers & only(Signer)) !== 0) return false;
      if (!this.#member.verify(Signer, this.#voteHash(kind, place, Signer), Sign)) return false;
      signers |= only(Signer);
    }
    return count(signers) >= this.#roster.quorum;
  }

  #isSealed({ BlockId, BlockHash }: DecidedBlock, header: SealBody, seals: readonly Seal[]): boolean {
    const { groupId, nonce, producers } = this.#configuration;
    const isOfBlock =
      header.Tag === SEAL_TAG &&
      header.GroupId === groupId &&
      header.ConfigNonce === nonce &&
      header.BlockId === BlockId &&
      equalBytes(header.BlockHash, BlockHash);
    if (!isOfBlock) return false;
    const hash = sealBodyHash(header);
    const signers = new Set<string>();
    for (const { ProducerPubkey, Sign } of seals) {
      const signer = producers.indexOf(ProducerPubkey);
      if (signer >= 0 && this.#member.verify(signer, hash, Sign)) signers.add(ProducerPubkey);
    }
    return signers.size >= this.#roster.quorum;
  }

  #voteHash(kind: VoteKind, { View, BlockId, BlockHash }: Place, signer: number): Uint8Array {
    const isPrimary = kind === 'prepare' && signer === primaryOf(View, this.#roster);
    return this.#statementHash(TAGS[isPrimary ? 'pre-prepare' : kind], View, BlockId, BlockHash);
  }

  #viewChangeHash(viewChange: ViewChange): Uint8Array {
    const { View, Decided } = viewChange;
    return this.#statementHash(TAGS['view-change'], View, Decided?.BlockId ?? 0, sha256(ViewChange.encodeHashed(viewChange)));
  }

  #newViewHash(newView: NewView): Uint8Array {
    return this.#statementHash(TAGS['new-view'], newView.View, 0, sha256(NewView.encodeHashed(newView)));
  }

  #statementHash(Tag: string, View: number, BlockId: number, Hash: Uint8Array): Uint8Array {
    const { groupId: GroupId, nonce: ConfigNonce, bundleHash: BundleHash = NO_BYTES } = this.#configuration;
    return sha256(Statement.encode({ Tag, GroupId, ConfigNonce, BundleHash, View, BlockId, Hash }));
  }
}

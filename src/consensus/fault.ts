/**
 * Misbehaviour of a producer: data, never an exception. A kind is reported only where no honest producer, however late, restarted or
 * far behind, can have caused it. What is not signed proves nothing to third parties; where something is, `evidence` holds it.
 */
export interface Fault {
  /** Index of the producer. */
  readonly producer: number;
  readonly kind: FaultKind;
  /** Encoded messages that prove the fault to anyone who knows the producers' keys. */
  readonly evidence?: readonly Uint8Array[];
  /** Of `wrong-root`: what was proposed and what executing it gave here; `own` undefined: no block at all. */
  readonly roots?: { readonly proposed: Uint8Array; readonly own: Uint8Array | undefined };
}

/** The fault of somebody whose key is known: of a producer, or of the owner as such, who has no index. */
export type FaultOf = Omit<Fault, 'producer'> & Partial<Pick<Fault, 'producer'>>;

/** Kinds whose evidence is signed by whom it is held against, and proves the fault by itself. Others' is for whoever was there. */
export const PROVABLE: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'conflicting-done',
  'conflicting-pre-prepare',
  'conflicting-prepare',
  'conflicting-commit',
  'bad-new-view',
  'conflicting-response',
  'conflicting-request',
  'bad-dealing',
]);

export type FaultKind =
  // ------------------------------------------------------------------------------------------------------ any message
  /** Bytes that are no message. */
  | 'malformed-message'
  /** A message that has no place where it came: another's value, a share of a coin that is not tossed, a vote from itself. */
  | 'unexpected-message'
  /** A message of an epoch that the receiver has not said it is ready for. */
  | 'future-epoch'
  // ------------------------------------------------------------------------------------------------ reliable broadcast
  /** A second value, with another root. */
  | 'conflicting-value'
  /** A shard that does not belong to the root that it came with. */
  | 'bad-shard'
  /** A second echo, with another root. */
  | 'conflicting-echo'
  | 'conflicting-ready'
  /** The root that was agreed on is not the one that the proposer gave here. */
  | 'equivocation'
  /** The shards under the root are not the encoding of anything. */
  | 'bad-root'
  // -------------------------------------------------------------------------------------------------- binary agreement
  /** A second AUX, CONF or TERM that says something else; a TERM against what was decided. */
  | 'conflicting-vote'
  | 'conflicting-coin-share'
  | 'bad-coin-share'
  // -------------------------------------------------------------------------------------------------------- decryption
  /** A decided proposal that is no ciphertext under its label. */
  | 'bad-ciphertext'
  | 'conflicting-decryption-share'
  | 'bad-decryption-share'
  /** A decided proposal that says nothing: not decryptable, too large, or no proposal. Counts as EMPTY without a time. */
  | 'bad-proposal'
  // ------------------------------------------------------------------------------------------------------------ epochs
  /** A Done whose signature is not the signer's. */
  | 'bad-signature'
  /** Two signed Done for one epoch with different blocks; provable. */
  | 'conflicting-done'
  // -------------------------------------------------------------------------------------------------------------- PBFT
  /** Two signed pre-prepares, prepares or commits for one view and height with different blocks; provable. */
  | 'conflicting-pre-prepare'
  | 'conflicting-prepare'
  | 'conflicting-commit'
  /** A pre-prepare with a body that is no next block, or not the one that the new view prescribes. */
  | 'bad-pre-prepare'
  /** A body that gives another root, or other trxs, when it is executed; provable by whoever executes it. */
  | 'wrong-root'
  /** A view change that claims a decided block or a certificate without the votes for it. */
  | 'bad-view-change'
  /** A new view without the view changes for it, or that does not take up the certified body of the highest view; provable. */
  | 'bad-new-view'
  /** A block said to be decided, without the votes for it. */
  | 'bad-decision'
  // --------------------------------------------------------------------------------------------------- change of consensus
  /** A proof that is not the sender's signed response to the request. */
  | 'bad-response'
  /** Two signed responses to one request; provable. */
  | 'conflicting-response'
  /** The owner's: two signed requests with one nonce; provable. */
  | 'conflicting-request'
  /** A response without a dealing whose proof holds, where one is needed; provable by the response. */
  | 'bad-dealing'
  /** An acknowledgement that is not the sender's signed word on the responses that were agreed on. */
  | 'bad-acknowledgement'
  /** What came to the owner is no report, or one whose signatures do not hold. */
  | 'bad-report';

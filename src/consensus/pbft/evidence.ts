import { type Block, decodeOrNothing, equalBytes } from '../../records/index.ts';
import type { Configuration } from '../engine.ts';
import { roster } from '../hbbft/roster.ts';
import { AgreementEvidence } from './messages.ts';
import { Signatures } from './signatures.ts';

/** Whether a signature of a statement is by the producer with this index. */
export type VerifyProducer = (producer: number, hash: Uint8Array, signature: Uint8Array) => boolean;

/**
 * Whether what a block carries of its agreement is what it says: N−f commits of one view or N−f seals that decide this very block, and a certificate
 * of it, if there is one. Its seals alone make a block final; but nobody keeps, or passes on, a proof that proves nothing.
 */
export function isGoodEvidence(block: Block, configuration: Configuration, verify: VerifyProducer): boolean {
  const evidence = decodeOrNothing(AgreementEvidence, block.Evidence);
  const { Certificate: certificate, Decided: decided } = evidence ?? {};
  if (!evidence || !decided || !equalBytes(AgreementEvidence.encode(evidence), block.Evidence)) return false;
  const isOfBlock = (each: { BlockId: number; BlockHash: Uint8Array }): boolean =>
    each.BlockId === block.BlockId && equalBytes(each.BlockHash, block.BlockHash);
  if (!isOfBlock(decided) || (certificate && !isOfBlock(certificate))) return false;
  const noSign = (): never => {
    throw new RangeError('a reader signs nothing');
  };
  const signatures = new Signatures(configuration, roster(configuration.producers.length, 0), { index: 0, sign: noSign, verify });
  const isDecided = (decided.Commits.length > 0 || decided.Header !== undefined) && signatures.isDecided(decided, BEFORE_ALL);
  return isDecided && (!certificate || signatures.isCertified(certificate));
}

/** No block with evidence is one that a configuration began after. */
const BEFORE_ALL = { blockId: -1, blockHash: new Uint8Array() };

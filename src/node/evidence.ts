import { isGoodEvidence } from '../consensus/index.ts';
import { verifyHash } from '../crypto/index.ts';
import type { ActiveConfiguration } from '../ledger/index.ts';
import type { Block } from '../records/index.ts';

/** Whether a block may be kept with the evidence that it carries of its agreement. None is needed. */
export function isEvidenceGood(block: Block, configuration: ActiveConfiguration): boolean {
  const { producers, engine } = configuration;
  if (block.Evidence.length === 0) return true;
  const isSigned = (producer: number, hash: Uint8Array, sign: Uint8Array): boolean =>
    verifyHash(hash, sign, producers[producer] ?? '');
  return engine === 'pbft' && isGoodEvidence(block, configuration, isSigned);
}

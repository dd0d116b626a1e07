import { type ChangeConsensusResultBundle, type Trx, TrxType } from '../records/index.ts';
import { type ActiveConfiguration, configurationOfRow, type GroupIdentity, isRecovery, verifiedBundle } from './configuration.ts';

/**
 * Recoveries: the owner's changes of consensus that the producers before cannot order any more (consensus.md, "Recovery"). The
 * CONSENSUS trx of one that succeeded opens the first block of the producers that it names, right above the base that its request names, and
 * enters no other block.
 */
export interface Recovery {
  readonly nonce: number;
  /** The final block that the new producers go on from. */
  readonly base: { readonly blockId: number; readonly hash: Uint8Array };
  readonly bundle: ChangeConsensusResultBundle;
  /** What the new producers' first block is made under. */
  readonly configuration: ActiveConfiguration;
}

/** The recovery that a trx holds, verified as for any change of consensus above `nonceFloor`; undefined for anything else. Total. */
export function recoveryIn(trx: Trx | undefined, identity: GroupIdentity, nonceFloor: number): Recovery | undefined {
  if (trx?.Type !== TrxType.CONSENSUS) return undefined;
  const bundle = verifiedBundle(trx, identity, nonceFloor);
  const request = bundle?.Req;
  if (!bundle || !request || !isRecovery(bundle)) return undefined;
  const { BaseBlockId: blockId = 0, BaseHash: hash = new Uint8Array() } = request.Contract ?? {};
  const configuration = {
    ...configurationOfRow({ Bundle: bundle, TrxId: trx.TrxId }, identity),
    nonceFloor,
    isOpening: true as const,
  };
  return { nonce: request.Nonce, base: { blockId, hash }, bundle, configuration };
}

import { ConsensusResult } from '../../records/index.ts';
import {
  bundleHash,
  bundleToKeep,
  ConsensusRow,
  CURRENT_KEY,
  configurationOf,
  isRecovery,
  proofKey,
  RECOVERED_KEY,
} from '../configuration.ts';
import type { Frontend } from './frontend.ts';
import { require } from './item.ts';

/** CONSENSUS: keeps every result by nonce; a success becomes the configuration of the next block. */
export const consensus: Frontend = (trx, transaction, context) => {
  const { nonceFloor } = configurationOf(context.before, context.identity);
  const bundle = bundleToKeep(trx, context.identity, context.before, nonceFloor);
  require(bundle?.Req !== undefined, 'the result of the change of consensus does not verify');
  const row = ConsensusRow.encode({ Bundle: bundle, TrxId: trx.TrxId });
  transaction.put('consensus', proofKey(bundle.Req.Nonce, bundle.Req.ReqId), row);
  if (bundle.Result === ConsensusResult.SUCCESS) transaction.put('consensus', CURRENT_KEY, row);
  if (isRecovery(bundle)) transaction.put('consensus', RECOVERED_KEY, bundleHash(bundle));
};

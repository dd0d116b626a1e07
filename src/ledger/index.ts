export { assembleBlock, type BlockFlaw, flawOf, isFinal, type ParentBlock, sameTrxs, sealBlock } from './block.ts';
export {
  type ActiveConfiguration,
  bundleHash,
  bundleIn,
  bundleOfNonce,
  ConsensusRow,
  configurationOf,
  configurationOfNonce,
  configurationOfRow,
  consensusRows,
  DEFAULT_ENGINE,
  DEFAULT_INTERVAL_MS,
  type GroupIdentity,
  isRecovery,
  RECOVERED_KEY,
  RULES_VERSION,
  verifiedBundle,
} from './configuration.ts';
export { type Execution, execute, type TrxAnswer } from './dispatcher.ts';
export { AnnouncedRow, announcedKey } from './frontends/members.ts';
export { type Finding, type Inspection, inspectRecord } from './inspect/index.ts';
export { type KvChange, type KvReader, KvState, TABLES_IN_MEMORY } from './kv.ts';
export { blockTimeNs, type OrderContext, orderTrxs, sizeInBlockBytes, whyExcluded } from './order.ts';
export { AHEAD_LIMIT_NS, Pool, type PoolAnswer } from './pool.ts';
export { type ReceiptFlaw, type ReceiptVerdict, readReceipt, verifyReceipt } from './receipt.ts';
export { type Recovery, recoveryIn } from './recovery.ts';
export { authModeOf, ListRow } from './rules.ts';

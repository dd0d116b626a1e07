import type { Trx } from '../../records/index.ts';
import type { GroupIdentity } from '../configuration.ts';
import type { KvReader, KvTransaction } from '../kv.ts';

/** What a frontend may look at besides its own transaction. */
export interface FrontendContext {
  readonly identity: GroupIdentity;
  /** The state as it stood when the block began: permissions are read here. */
  readonly before: KvReader;
}

/**
 * Runs the trxs of its types. A frontend throws {@link Rejection} for a trx that cannot be applied; whatever it wrote is dropped.
 * What it writes must not depend on who can read the trx (architecture.md, "Dispatcher and frontends").
 */
export type Frontend = (trx: Trx, transaction: KvTransaction, context: FrontendContext) => void;

/** Why a trx was answered Rejected: for people; the ledger records only that it was. */
export class Rejection extends Error {}

import { type Block, type Trx, toHex } from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { PlaceRow } from './rows.ts';
import type { NodeEvent, TrxAnswer } from './view.ts';

/** The answer to the request that a trx is, from where it stands in this final block. */
export const answerIn = ({ BlockId: version, Reason: reason }: PlaceRow, { StateRoot }: Block): TrxAnswer => ({
  result: reason ? 'Rejected' : 'Applied',
  version,
  stateRoot: toHex(StateRoot),
  ...(reason && { reason: { code: 'rejected', message: `It is in the chain but had no effect: ${reason}.` } }),
});

export interface AnswersOptions {
  readonly groupId: string;
  readonly chain: Chain;
  readonly emit: (event: NodeEvent) => void;
}

/**
 * What this user's requests come to, for whoever made them: added once they are stored, answered once their block is final, with the version of the state that
 * has them and the history's root there (sources/pbft-integration.rst, `add_request` and `add_result`). Nobody is answered from a tentative execution.
 */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** It is stored and on its way; or on its way again, after a recovery has given its block up. */
  addRequest(trxId: string): void {
    const { groupId, emit } = this.#options;
    emit({ type: 'trx', groupId, trxId, status: 'Pending' });
  }

  /** Its block is final and stored. */
  addResult({ SenderPubkey, TrxId: trxId }: Trx, block: Block): void {
    const { groupId, chain, emit } = this.#options;
    const answer = (place: PlaceRow | undefined): void => {
      // A recovery may have given the block up meanwhile.
      if (place?.BlockId !== block.BlockId) return;
      emit({ type: 'trx', groupId, trxId, status: 'Committed', blockId: block.BlockId, ...answerIn(place, block) });
    };
    // Told once, as a hint: whoever misses it asks.
    chain.placeOf(SenderPubkey, trxId).then(answer, () => {});
  }
}

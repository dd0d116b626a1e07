import { bundleIn, type GroupIdentity } from '../../ledger/index.ts';
import { Block, ConsensusResult, comparePubkeys, quorum, TrxType } from '../../records/index.ts';
import type { SimulatedMachine } from '../world.ts';

/** A configuration as the chain has it. */
export interface ConfigurationChange {
  readonly nonce: number;
  /** Keys, ascending. */
  readonly producers: readonly string[];
  readonly startFromEpoch: number;
  readonly engine: string;
  /** The last block of the configuration before. */
  readonly block: { readonly blockId: number; readonly epoch: number };
}

export interface ConfigurationChecksOptions {
  readonly fail: (message: string) => void;
  readonly changed: (change: ConfigurationChange) => void;
}

/** Follows the configurations that a chain sets, by itself, and checks that every block is made under the one that it should be. */
export class ConfigurationChecks {
  readonly #options: ConfigurationChecksOptions;
  #identity: GroupIdentity | undefined;
  #nonce = 0;
  /** Of the newest configuration and the one before; undefined where it began before all this. */
  #newest: ConfigurationChange | undefined;
  #sizeBefore = 0;
  #size = 0;

  constructor(options: ConfigurationChecksOptions) {
    this.#options = options;
  }

  /** From now on; `nonce` and `size` (producers) are of the configuration in force. */
  begin(identity: GroupIdentity, nonce: number, size: number): void {
    this.#identity = identity;
    this.#nonce = nonce;
    this.#size = size;
  }

  /** A block that nobody had before. */
  stored(machine: SimulatedMachine, block: Block): void {
    if (!this.#identity) return;
    if (block.ConfigNonce !== this.#nonce) {
      this.#options.fail(`block ${block.BlockId} is made under configuration ${block.ConfigNonce}, not ${this.#nonce}`);
    }
    const newest = this.#newest;
    if (newest && block.BlockId === newest.block.blockId + 1) this.#checkFirst(machine, block, newest);
    const change = this.#changeIn(block);
    if (!change) return;
    if (change.nonce <= this.#nonce) this.#options.fail(`block ${block.BlockId} sets configuration ${change.nonce} again`);
    this.#nonce = change.nonce;
    this.#newest = change;
    this.#sizeBefore = this.#size;
    this.#size = change.producers.length;
    this.#options.changed(change);
  }

  #checkFirst(machine: SimulatedMachine, block: Block, { startFromEpoch, block: last }: ConfigurationChange): void {
    if (block.Epoch < Math.max(startFromEpoch, last.epoch + 1))
      this.#options.fail(`epoch ${block.Epoch} is before its configuration begins`);
    const rows = machine.disk.peek('blocks', {}).map(({ value }) => Block.decode(value));
    const stored = rows.find(({ BlockId }) => BlockId === last.blockId);
    if ((stored?.Seals.length ?? 0) < quorum(this.#sizeBefore))
      this.#options.fail(`${machine.name} builds on block ${last.blockId}, the last of its configuration, before it is final`);
  }

  #changeIn({ Trxs, BlockId: blockId, Epoch: epoch }: Block): ConfigurationChange | undefined {
    const places = Trxs.flatMap(({ Type }, place) => (Type === TrxType.CONSENSUS ? [place] : []));
    if (places.length > 1 || (places[0] ?? Trxs.length - 1) !== Trxs.length - 1)
      this.#options.fail(`block ${blockId} has a CONSENSUS trx that is not its last one`);
    const trx = places.length > 0 ? Trxs.at(-1) : undefined;
    const bundle = trx && this.#identity && bundleIn(trx, this.#identity);
    if (!bundle?.Req || bundle.Result !== ConsensusResult.SUCCESS) return undefined;
    const { Nonce: nonce, ProducerPubkeyList, StartFromEpoch: startFromEpoch, Contract } = bundle.Req;
    const producers = [...ProducerPubkeyList].sort(comparePubkeys);
    return { nonce, producers, startFromEpoch, engine: Contract?.Contract || 'hbbft', block: { blockId, epoch } };
  }
}

import { bundleIn, DEFAULT_ENGINE, type GroupIdentity, isRecovery } from '../../ledger/index.ts';
import {
  Block,
  type ChangeConsensusReq,
  ConsensusResult,
  comparePubkeys,
  equalBytes,
  quorum,
  TrxType,
  toHex,
} from '../../records/index.ts';
import type { SimulatedMachine } from '../world.ts';

/** A configuration as the chain has it. */
export interface ConfigurationChange {
  readonly nonce: number;
  /** Keys, ascending. */
  readonly producers: readonly string[];
  readonly startFromEpoch: number;
  readonly engine: string;
  /** The last block of the configuration before; of a recovery its own first. `nonce`: that of its seals. */
  readonly block: { readonly blockId: number; readonly epoch: number; readonly nonce: number };
}

export interface ConfigurationChecksOptions {
  readonly fail: (message: string) => void;
  readonly changed: (change: ConfigurationChange) => void;
}

/** What a block leaves to the next. */
interface After {
  readonly nonce: number;
  readonly size: number;
  /** Producers of the configuration before. */
  readonly sizeBefore: number;
  /** What set the configuration; undefined where it began before all this. */
  readonly newest: ConfigurationChange | undefined;
}

/**
 * Follows the configurations that chains set, by itself, and checks that every block is made under the one that it should be. A recovery begins a chain of its own
 * above its base.
 */
export class ConfigurationChecks {
  readonly #options: ConfigurationChecksOptions;
  #identity: GroupIdentity | undefined;
  /** By the hash of the block. */
  readonly #after = new Map<string, After>();
  /** After the block that came last: what follows on a block that is not known is built on that one. */
  #last: After = { nonce: 0, size: 0, sizeBefore: 0, newest: undefined };

  constructor(options: ConfigurationChecksOptions) {
    this.#options = options;
  }

  /** From now on; `nonce` and `size` (producers) are of the configuration in force. */
  begin(identity: GroupIdentity, nonce: number, size: number): void {
    this.#identity = identity;
    this.#last = { nonce, size, sizeBefore: 0, newest: undefined };
  }

  /** What a block sets by its first trx, if that is a recovery. */
  recoveryIn(block: Block): ConfigurationChange | undefined {
    const [first] = block.Trxs;
    const bundle = this.#identity && first?.Type === TrxType.CONSENSUS ? bundleIn(first, this.#identity) : undefined;
    return isRecovery(bundle) && bundle?.Req?.Nonce === block.ConfigNonce ? changeOf(bundle.Req, block) : undefined;
  }

  /** A block that nobody had before. */
  stored(machine: SimulatedMachine, block: Block): void {
    if (!this.#identity) return;
    const before = this.#after.get(toHex(block.PrevHash)) ?? this.#last;
    const recovery = this.recoveryIn(block);
    const after = recovery ? this.#afterRecovery(block, before, recovery) : this.#afterOrdinary(machine, block, before);
    this.#after.set(toHex(block.BlockHash), after);
    this.#last = after;
    if (after.newest && after.newest !== before.newest) this.#options.changed(after.newest);
  }

  #afterOrdinary(machine: SimulatedMachine, block: Block, before: After): After {
    const { fail } = this.#options;
    if (block.ConfigNonce !== before.nonce)
      fail(`block ${block.BlockId} is made under configuration ${block.ConfigNonce}, not ${before.nonce}`);
    const { newest } = before;
    if (newest && block.BlockId === newest.block.blockId + 1 && newest.block.nonce !== newest.nonce)
      this.#checkFirst(machine, block, newest, before.sizeBefore);
    const change = this.#changeIn(block);
    if (!change) return before;
    if (change.nonce <= before.nonce) fail(`block ${block.BlockId} sets configuration ${change.nonce} again`);
    return { nonce: change.nonce, size: change.producers.length, sizeBefore: before.size, newest: change };
  }

  #afterRecovery(block: Block, before: After, recovery: ConfigurationChange): After {
    const { fail } = this.#options;
    const { BaseBlockId, BaseHash } = this.#requestIn(block)?.Contract ?? {};
    if (BaseBlockId !== block.BlockId - 1 || !BaseHash || !equalBytes(BaseHash, block.PrevHash))
      fail(`block ${block.BlockId} opens a recovery that names another base`);
    if (recovery.nonce <= before.nonce) fail(`block ${block.BlockId} sets configuration ${recovery.nonce} again`);
    if (block.Epoch < recovery.startFromEpoch) fail(`epoch ${block.Epoch} is before its configuration begins`);
    if (block.Trxs.filter(({ Type }) => Type === TrxType.CONSENSUS).length > 1)
      fail(`block ${block.BlockId} has a second CONSENSUS trx`);
    return { nonce: recovery.nonce, size: recovery.producers.length, sizeBefore: before.size, newest: recovery };
  }

  #checkFirst(
    machine: SimulatedMachine,
    block: Block,
    { startFromEpoch, block: last }: ConfigurationChange,
    sizeBefore: number,
  ): void {
    if (block.Epoch < Math.max(startFromEpoch, last.epoch + 1))
      this.#options.fail(`epoch ${block.Epoch} is before its configuration begins`);
    const rows = machine.disk.peek('blocks', {}).map(({ value }) => Block.decode(value));
    const stored = rows.find(({ BlockId }) => BlockId === last.blockId);
    if ((stored?.Seals.length ?? 0) < quorum(sizeBefore))
      this.#options.fail(`${machine.name} builds on block ${last.blockId}, the last of its configuration, before it is final`);
  }

  #requestIn({ Trxs }: Block): ChangeConsensusReq | undefined {
    const trx = Trxs.find(({ Type }) => Type === TrxType.CONSENSUS);
    return trx && this.#identity && bundleIn(trx, this.#identity)?.Req;
  }

  #changeIn(block: Block): ConfigurationChange | undefined {
    const { Trxs, BlockId: blockId } = block;
    const places = Trxs.flatMap(({ Type }, place) => (Type === TrxType.CONSENSUS ? [place] : []));
    if (places.length > 1 || (places[0] ?? Trxs.length - 1) !== Trxs.length - 1)
      this.#options.fail(`block ${blockId} has a CONSENSUS trx that is not its last one`);
    const trx = places.length > 0 ? Trxs.at(-1) : undefined;
    const bundle = trx && this.#identity && bundleIn(trx, this.#identity);
    if (isRecovery(bundle)) this.#options.fail(`block ${blockId} orders a recovery, which only its own producers may`);
    return bundle?.Req && bundle.Result === ConsensusResult.SUCCESS ? changeOf(bundle.Req, block) : undefined;
  }
}

const changeOf = (
  { Nonce: nonce, ProducerPubkeyList, StartFromEpoch: startFromEpoch, Contract }: ChangeConsensusReq,
  { BlockId: blockId, Epoch: epoch, ConfigNonce }: Block,
): ConfigurationChange => ({
  nonce,
  producers: [...ProducerPubkeyList].sort(comparePubkeys),
  startFromEpoch,
  engine: Contract?.Contract || DEFAULT_ENGINE,
  block: { blockId, epoch, nonce: ConfigNonce },
});

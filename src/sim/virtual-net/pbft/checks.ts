import type { Configuration, Fault, LogEntry } from '../../../consensus/index.ts';
import { type Block, quorum, type Seal, toHex } from '../../../records/index.ts';
import { Violation } from '../../one-producer.ts';
import { VirtualLedger } from './ledger.ts';
import { PbftWords } from './words.ts';

/** What must hold after every step (design: pbft.md, "Invariants"). Throws {@link Violation}. */
export class PbftChecks {
  readonly #configurations: readonly Configuration[];
  readonly #isHonest: (machine: number) => boolean;
  readonly #hashes = new Map<number, string>();
  readonly #reference = new VirtualLedger();
  readonly #sealers = new Map<string, Set<number>>();
  readonly #final = new Map<number, string>();
  readonly #words = new PbftWords();
  /** Kinds of faults that were found, of faulty producers. */
  readonly found = new Set<Fault['kind']>();

  constructor(configurations: readonly Configuration[], isHonest: (machine: number) => boolean) {
    this.#configurations = configurations;
    this.#isHonest = isHonest;
  }

  get finalHeight(): number {
    return Math.max(0, ...this.#final.keys());
  }

  /** Same body and root at the same height, the root as executing everything from the first block gives it, each trx once. */
  stored(machine: number, block: Block): void {
    const { BlockId: blockId } = block;
    const hash = toHex(block.BlockHash);
    const known = this.#hashes.get(blockId);
    if (known !== undefined && known !== hash) throw new Violation(`producer ${machine} has another block ${blockId}`);
    this.#hashes.set(blockId, hash);
    if (known !== undefined) return;
    const configuration = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const draft = this.#reference.examine(block, configuration);
    if (!draft) throw new Violation(`block ${blockId} is not what executing it from the first block on gives`);
    this.#reference.apply(draft);
  }

  /** With f seals of faulty producers for anything, N−f seals are for one block a height. */
  sealed(machine: number, block: Block): void {
    const hash = toHex(block.BlockHash);
    const key = `${block.BlockId}/${hash}`;
    const sealers = this.#sealers.get(key) ?? new Set();
    this.#sealers.set(key, sealers.add(machine));
    const { producers } = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const faulty = producers.filter((key) => !this.#isHonest(machineOf(key))).length;
    if (sealers.size + faulty < quorum(producers.length)) return;
    const known = this.#final.get(block.BlockId);
    if (known !== undefined && known !== hash) throw new Violation(`two blocks ${block.BlockId} can be final`);
    this.#final.set(block.BlockId, hash);
  }

  final(machine: number, block: Block, seals: readonly Seal[], isSealed: (seal: Seal, block: Block) => boolean): void {
    const { producers } = this.#configurations.find(({ nonce }) => nonce === block.ConfigNonce) as Configuration;
    const good = new Set(seals.filter((seal) => isSealed(seal, block)).map(({ ProducerPubkey }) => ProducerPubkey));
    if (good.size < quorum(producers.length) || ![...good].every((key) => producers.includes(key)))
      throw new Violation(`producer ${machine} takes block ${block.BlockId} for final without the seals`);
    this.receipt(machine, block.BlockId, block.BlockHash);
  }

  /** Applications hear of final blocks only, and receipts are for what is committed. */
  receipt(machine: number, blockId: number, blockHash: Uint8Array): void {
    if (this.#final.get(blockId) !== toHex(blockHash))
      throw new Violation(`producer ${machine} tells of block ${blockId}, which is not final`);
  }

  blamed(reporter: number, { producer, kind }: Fault, { producers }: Configuration): void {
    if (this.#isHonest(machineOf(producers[producer] as string)))
      throw new Violation(`producer ${reporter} blames an honest one: ${kind}`);
    this.found.add(kind);
  }

  persisted(nonce: number, entry: LogEntry): void {
    this.#words.persisted(nonce, entry);
  }

  said(machine: number, nonce: number, data: Uint8Array, log: ReadonlyMap<string, Uint8Array>): void {
    const { producers } = this.#configurations.find((each) => each.nonce === nonce) as Configuration;
    const self = producers.indexOf(`key${machine}`);
    this.#words.said({ name: `producer ${machine}`, nonce, self, size: producers.length }, data, (key) => log.has(key));
  }
}

export const machineOf = (key: string): number => Number(key.slice('key'.length));

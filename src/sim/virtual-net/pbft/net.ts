import {
  type BlockReference,
  type Configuration,
  type PbftMember,
  PbftSignatures,
  pbftMessages,
  roster,
} from '../../../consensus/index.ts';
import { type Block, equalBytes, type Seal, sealBodyHash, sealBodyOf, Trx, TrxType } from '../../../records/index.ts';
import { IdealSignatures } from '../../ideal-threshold.ts';
import { Violation } from '../../one-producer.ts';
import { CrankedNet, type CrankOptions } from '../crank.ts';
import { machineOf, PbftChecks } from './checks.ts';
import { engineDataIn, engineFrame } from './frames.ts';
import { pbftHarmOf } from './harm.ts';
import { CHANGE_PREFIX, GROUP_ID } from './ledger.ts';
import { PbftMachine } from './machine.ts';
import type { PbftStrategy, PbftStrategyMaker } from './strategies.ts';
import type { Observer, Planted } from './surroundings.ts';
import { Twins } from './twins.ts';

export interface PbftNetOptions extends CrankOptions {
  /** Faulty producers, from index 0 on; at most f are meant to be. `twins`: two machines with one key. */
  readonly strategies?: readonly (PbftStrategyMaker | 'twins')[];
  /** Producers of one configuration after the other, by machine; all of them in one where nothing is said. */
  readonly plan?: readonly (readonly number[])[];
  readonly planted?: Planted;
  /** Machines do all their work at once. */
  readonly isPrompt?: boolean;
  /** The first time that somebody fetches blocks they are corrupt. */
  readonly servesCorrupt?: boolean;
}

type Machine = PbftMachine | Twins;

const NO_OBSERVER: Observer = {
  persisted: () => {},
  said: () => {},
  blamed: () => {},
  stored: () => {},
  sealed: () => {},
  final: () => {},
  hooked: () => {},
  receipt: () => {},
  defect: () => {},
};

/** N machines with PBFT engines, real ledgers and seals. What must hold is checked at every step. */
export class PbftNet extends CrankedNet<Machine> {
  readonly options: PbftNetOptions;
  readonly checks: PbftChecks;
  readonly configurations: readonly Configuration[];
  readonly #strategies: readonly (PbftStrategy | 'twins' | undefined)[];
  readonly #signatures: IdealSignatures;
  #trxs = 0;
  #changes = 0;
  readonly #servedCorrupt = new Set<number>();

  constructor(options: PbftNetOptions) {
    super(options, 'pbft net');
    const { size } = options;
    this.options = options;
    this.#signatures = new IdealSignatures(this.random.fork('secret').bytes(32));
    const everybody = Array.from({ length: size }, (_, index) => index);
    this.configurations = (options.plan ?? [everybody]).map((machines, place) => ({
      groupId: GROUP_ID,
      nonce: place + 1,
      producers: machines.map((machine) => `key${machine}`),
      ownerPubkey: 'owner',
      intervalMs: 1_000,
      startEpoch: 1 + 3 * place,
      engine: 'pbft',
      rulesVersion: '1',
    }));
    const [first] = this.configurations as [Configuration];
    this.#strategies = everybody.map((index) => {
      const maker = options.strategies?.[index];
      if (maker === undefined || maker === 'twins') return maker;
      const signatures = new PbftSignatures(first, roster(first.producers.length, index), this.#member(first, index));
      return maker({ random: this.random.fork(`strategy ${index}`), size, self: index, configuration: first, signatures });
    });
    this.checks = new PbftChecks(this.configurations, (machine) => this.isHonest(machine));
    for (const index of everybody) this.producers.push(this.#machine(index));
  }

  isHonest(producer: number): boolean {
    return this.#strategies[producer] === undefined;
  }

  /** A machine that is no pair of twins. */
  machine(index: number): PbftMachine {
    const machine = this.at(index);
    if (machine instanceof Twins) throw new Error('twins are two machines');
    return machine;
  }

  /** All honest producers hold this block as final. */
  isFinal(blockId: number): boolean {
    return this.honest.every(({ final }) => final >= blockId);
  }

  /** A trx that reaches its first producer, and the others mostly. */
  post(producer: number): void {
    const isRejected = this.random.chance(0.2);
    this.spread(`trx-${this.#trxs++}`, producer, 0.8, isRejected ? TrxType.ANNOUNCE : TrxType.POST);
  }

  /** Asks for the next configuration. */
  change(): void {
    this.spread(`${CHANGE_PREFIX}${this.#changes++}`, 0, 1, TrxType.POST);
  }

  spread(TrxId: string, first: number, probability: number, Type: TrxType = TrxType.POST): void {
    const trx = Trx.create({ TrxId, Type, SenderPubkey: 'sender', GroupId: GROUP_ID, Data: this.random.bytes(20) });
    for (let index = 0; index < this.size; index++) {
      const machine = this.at(index);
      if (!machine.isRunning || (index !== first && !this.random.chance(probability))) continue;
      this.guarded(index, () => machine.post(trx));
    }
  }

  /** Gossip reaches everybody in the end; where nobody waits for anything, all is silent. */
  protected override revive(): boolean {
    const running = this.#honestMachines().filter(({ isRunning }) => isRunning);
    const waiting = new Map(running.flatMap((machine) => machine.waitingTrxs.map((trx) => [trx.TrxId, trx] as const)));
    if (waiting.size === 0) this.post(this.producers.findIndex(({ isRunning }) => isRunning));
    else if (running.every(({ waitingTrxs }) => waitingTrxs.length === waiting.size)) return false;
    for (const [index, machine] of this.producers.entries()) {
      for (const trx of machine.isRunning ? waiting.values() : []) this.guarded(index, () => machine.post(trx));
    }
    return true;
  }

  protected harm(data: Uint8Array, to: number): number {
    const inside = engineDataIn(data);
    const message = inside && pbftMessages.decodeMessage(inside, this.size);
    return message ? pbftHarmOf(message, to, this.size) : 3;
  }

  // -------------------------------------------------------------------------------------------------------------- machines

  #member({ producers }: Configuration, machine: number): PbftMember {
    const index = producers.indexOf(`key${machine}`);
    return {
      index,
      sign: (hash) => this.#signatures.sign(machine, hash),
      verify: (producer, hash, signature) => this.#signatures.verify(machineOf(producers[producer] ?? ''), hash, signature),
    };
  }

  #isSealed = ({ ProducerPubkey, Sign }: Seal, block: Block): boolean =>
    this.#signatures.verify(machineOf(ProducerPubkey), sealBodyHash(sealBodyOf(block)), Sign);

  #machine(index: number): Machine {
    if (this.#strategies[index] !== 'twins')
      return this.#single(index, `producer ${index}`, (to, data) => this.#send(index, to, data));
    const twin = (half: number): PbftMachine =>
      this.#single(index, `twin ${half} of ${index}`, (to, data) => {
        if (Twins.halfOf(to) === half) this.links.send(index, to, data);
      });
    return new Twins([twin(0), twin(1)]);
  }

  #single(index: number, label: string, send: (to: number, data: Uint8Array) => void): PbftMachine {
    const random = this.random.fork(label);
    return new PbftMachine({
      configurations: this.configurations,
      key: `key${index}`,
      random,
      isPrompt: this.options.isPrompt ?? false,
      planted: this.isHonest(index) ? this.options.planted : undefined,
      member: (configuration) => this.#member(configuration, index),
      isSealed: this.#isSealed,
      fetch: (from, to) => this.#fetch(index, from, to),
      finalBlocks: () => this.#finalBlocks(),
      send,
      peers: Array.from({ length: this.size }, (_, peer) => peer).filter((peer) => peer !== index),
      observe: this.isHonest(index) ? this.#observer(index) : NO_OBSERVER,
      fails: (point) => this.fails(index, point, random),
    });
  }

  #observer(index: number): Observer {
    const { checks } = this;
    return {
      persisted: (entry) => checks.persisted(this.machine(index).configuration?.nonce ?? 0, entry),
      said: (nonce, data, log) => checks.said(index, nonce, data, log),
      blamed: (fault, configuration) => checks.blamed(index, fault, configuration),
      stored: (block) => checks.stored(index, block),
      sealed: (block) => checks.sealed(index, block),
      final: (block, seals) => checks.final(index, block, seals, this.#isSealed),
      hooked: (block) => checks.receipt(index, block.BlockId, block.BlockHash),
      receipt: (blockId, blockHash) => checks.receipt(index, blockId, blockHash),
      defect: (defect) => {
        throw new Violation(`producer ${index} has a defect: ${defect.kind} in epoch ${defect.epoch}`);
      },
    };
  }

  #send(from: number, to: number, data: Uint8Array): void {
    const strategy = this.#strategies[from];
    const inside = engineDataIn(data);
    if (!strategy || strategy === 'twins') {
      this.links.send(from, to, data);
      return;
    }
    const message = inside && pbftMessages.decodeMessage(inside, this.size);
    if (!inside || !message) {
      if (!strategy.isSilent) this.links.send(from, to, data);
      return;
    }
    for (const tampered of strategy.tamper(to, message, inside))
      this.links.send(from, to, engineFrame(data[1] as number, tampered));
  }

  #honestMachines(): PbftMachine[] {
    return this.honest.filter((machine): machine is PbftMachine => machine instanceof PbftMachine);
  }

  #fetch(index: number, from: number, to: BlockReference): readonly Block[] | undefined {
    const source = this.#honestMachines().find(({ ledger }) => {
      const block = ledger.blocks[to.blockId];
      return block && equalBytes(block.BlockHash, to.blockHash);
    });
    const blocks = source?.sealedUpTo(to.blockId).slice(from);
    if (!blocks || !this.options.servesCorrupt || this.#servedCorrupt.has(index)) return blocks;
    this.#servedCorrupt.add(index);
    return blocks.map((block) => ({ ...block, StateRoot: new Uint8Array(32) }));
  }

  #finalBlocks(): readonly Block[] {
    const [longest] = this.#honestMachines().sort((a, b) => b.final - a.final);
    if (!longest) return [];
    return longest.sealedUpTo(longest.final);
  }
}

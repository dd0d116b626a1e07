import { type Configuration, decodeMessage, type Member } from '../../consensus/index.ts';
import type { ThresholdKeys } from '../../crypto/index.ts';
import { equalBytes, Trx } from '../../records/index.ts';
import { IdealSignatures, idealKeys } from '../ideal-threshold.ts';
import { Checks } from './checks.ts';
import { CrankedNet, type CrankOptions } from './crank.ts';
import { harmOf } from './harm.ts';
import { VirtualProducer } from './producer.ts';
import type { Strategy, StrategyMaker } from './strategies.ts';

export interface NetOptions extends CrankOptions {
  /** Faulty producers, from index 0 on; at most f are meant to be. */
  readonly strategies?: readonly StrategyMaker[];
  /** Contract.Encryption. */
  readonly encryption?: number;
  readonly alwaysTossCoin?: boolean;
  /** In place of the ideal keys. */
  readonly keys?: readonly ThresholdKeys[];
  readonly configuration?: Partial<Configuration>;
}

/** N engines of HoneyBadgerBFT. What must hold is checked at every step. */
export class VirtualNet extends CrankedNet<VirtualProducer> {
  readonly options: NetOptions;
  readonly checks: Checks;
  readonly #strategies: readonly (Strategy | undefined)[];
  readonly #keys: readonly ThresholdKeys[];
  #trxs = 0;

  constructor(options: NetOptions) {
    super(options, 'virtual net');
    const { size } = options;
    this.options = options;
    const secret = this.random.fork('secret').bytes(32);
    this.#keys = options.keys ?? idealKeys(size, secret);
    const signatures = new IdealSignatures(secret);
    const makers = options.strategies ?? [];
    const configuration: Configuration = {
      ...{
        groupId: 'c9f8a0f6-5f9e-4e0c-9b39-6a4d2f3f8a11',
        nonce: 3,
        producers: new Array(size).fill('key'),
        ownerPubkey: 'key',
      },
      ...{ intervalMs: 1_000, startEpoch: 1, engine: 'hbbft', rulesVersion: '1' },
      ...options.configuration,
    };
    this.#strategies = Array.from({ length: size }, (_, index) =>
      makers[index]?.({ random: this.random.fork(`strategy ${index}`), size, self: index, configuration, signatures }),
    );
    this.checks = new Checks(size, (producer) => this.isHonest(producer));
    for (let index = 0; index < size; index++) {
      const strategy = this.#strategies[index];
      const own = this.#keys[index] as ThresholdKeys;
      const member: Member = {
        index,
        keys: strategy?.keys?.(own) ?? own,
        encryption: options.encryption ?? 1,
        sign: (hash) => signatures.sign(index, hash),
        verify: (producer, hash, signature) => signatures.verify(producer, hash, signature),
        alwaysTossCoin: options.alwaysTossCoin ?? false,
      };
      this.producers.push(this.#producer(index, member, configuration));
    }
  }

  isHonest(producer: number): boolean {
    return this.#strategies[producer] === undefined;
  }

  /** All honest producers have finished this epoch. */
  isFinished(epoch: number): boolean {
    return this.honest.every(({ finished }) => finished >= epoch);
  }

  post(producer: number): void {
    const trx = Trx.create({ TrxId: `trx-${this.#trxs++}`, SenderPubkey: 'sender', Data: this.random.bytes(20) });
    if (this.at(producer).isRunning) this.guarded(producer, () => this.at(producer).post(trx));
  }

  protected harm(data: Uint8Array, to: number): number {
    const message = decodeMessage(data, this.size);
    return message ? harmOf(message, to, (place) => this.#coinOf(place)) : 5;
  }

  /** The adversary may know coins that are not tossed yet: the protocol must stay safe, and it ends because not every coin can be fought. */
  #coinOf({ epoch, proposer, round }: { epoch: number; proposer: number; round: number }): boolean {
    return (epoch * 31 + proposer * 17 + round) % 2 === 0;
  }

  #producer(index: number, member: Member, configuration: Configuration): VirtualProducer {
    const strategy = this.#strategies[index];
    const random = this.random.fork(`producer ${index}`);
    return new VirtualProducer(member, {
      configuration,
      random,
      blocksUpTo: (blockId, blockHash) => {
        const source = this.honest.find(({ blocks }) => {
          const block = blocks[blockId];
          return block && equalBytes(block.blockHash, blockHash);
        });
        return source?.blocks.slice(0, blockId + 1);
      },
      send: (to, data) => {
        if (!strategy) {
          this.checks.sent(index, to, data);
          this.links.send(index, to, data);
          return;
        }
        const message = decodeMessage(data, this.size);
        for (const tampered of message ? strategy.tamper(to, message, data) : [data]) this.links.send(index, to, tampered);
      },
      blamed: (fault) => {
        if (!strategy) this.checks.blamed(index, fault);
      },
      decided: (decision) => {
        if (!strategy) this.checks.decided(index, decision);
      },
      made: ({ blockId, blockHash }) => {
        if (!strategy) this.checks.block(index, blockId, blockHash);
      },
      fails: (point) => this.fails(index, point, random),
    });
  }
}

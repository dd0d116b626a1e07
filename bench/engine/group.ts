import { type Configuration, type Decision, type Engine, HoneyBadger, Pbft, type Step } from '../../src/consensus/index.ts';
import { publicKeyOf, signHash, type ThresholdKeys, trustedDealerKeys, verifyHash } from '../../src/crypto/index.ts';
import { Block, blockHash, equalBytes, sealBodyOf, sha256, Trx, TrxType } from '../../src/records/index.ts';

/** Trxs of an epoch, over all proposals, and the encoded bytes of each. */
export const TRXS_PER_EPOCH = 1_000;
const TRX_BYTES = 250;
const GROUP_ID = '5e770000-0000-4000-8000-000000000000';
const INTERVAL_MS = 1_000;
/** `Contract.Encryption`. */
const ENCRYPT_ALWAYS = 0;
const ENCRYPT_NEVER = 1;

export interface GroupOptions {
  readonly engine: 'hbbft' | 'pbft';
  readonly producers: number;
  readonly encrypted: boolean;
  /** A real coin in every round, instead of in each third one. */
  readonly alwaysTossCoin: boolean;
}

/** What the engines of one group have sent and logged, added up. */
export interface Traffic {
  messages: number;
  sentBytes: number;
  /** The same by engine. */
  readonly sentBy: number[];
  logEntries: number;
  /** Messages that follow on each other until all have decided, in the epoch that ran last. */
  delays: number;
}

const GENESIS = Block.create({ GroupId: GROUP_ID, BlockHash: new Uint8Array(32) });

/** As many engines as there are producers, in this thread, and one queue between them: first in, first out. */
export class EngineGroup {
  readonly traffic: Traffic = { messages: 0, sentBytes: 0, sentBy: [], logEntries: 0, delays: 0 };
  readonly #engines: Engine[] = [];
  readonly #isPbft: boolean;
  readonly #configuration: Configuration;
  /** PBFT: what executing the batch of this epoch gives. Making it is the ledger's work, and not measured. */
  #block: Block = GENESIS;
  /** Messages under way: sender, receiver and bytes of each at one place. */
  #senders: number[] = [];
  #receivers: number[] = [];
  #payloads: Uint8Array[] = [];
  #epoch = 0;
  #proposals: (readonly Trx[])[] = [];
  #decisions: (Decision | undefined)[] = [];
  /** PBFT: on the overlays. */
  readonly #executed: (Decision | undefined)[] = [];

  /** Needs `initCrypto` and `initThreshold`. */
  constructor({ engine, producers, encrypted, alwaysTossCoin }: GroupOptions) {
    this.#isPbft = engine === 'pbft';
    const secrets = Array.from({ length: producers }, (_, index) => new Uint8Array(32).fill(index + 1));
    const pubkeys = secrets.map(publicKeyOf);
    this.#configuration = {
      groupId: GROUP_ID,
      nonce: 1,
      producers: pubkeys,
      ownerPubkey: pubkeys[0] as string,
      intervalMs: INTERVAL_MS,
      startEpoch: 1,
      engine,
      rulesVersion: '1',
    };
    trustedDealerKeys(producers, Uint8Array.of(producers)).forEach((keys: ThresholdKeys, index) => {
      const member = {
        index,
        keys,
        encryption: encrypted ? ENCRYPT_ALWAYS : ENCRYPT_NEVER,
        sign: (hash: Uint8Array) => signHash(hash, secrets[index] as Uint8Array),
        verify: (producer: number, hash: Uint8Array, signature: Uint8Array) =>
          verifyHash(hash, signature, pubkeys[producer] as string),
        alwaysTossCoin,
      };
      this.#engines.push(this.#isPbft ? new Pbft(this.#configuration, member) : new HoneyBadger(this.#configuration, member));
    });
    this.#engines.forEach((engine, index) => {
      const base = { epoch: 0, blockId: 0, blockHash: GENESIS.BlockHash };
      this.#follow(index, engine.handle({ type: 'start', log: [], nextEpoch: 1, blocks: this.#isPbft ? [base] : [], base }));
    });
    this.#engines.forEach((engine, index) => {
      for (let peer = 0; peer < producers; peer++) {
        if (peer !== index) this.#follow(index, engine.handle({ type: 'connected', peer }));
      }
    });
    this.#deliver();
  }

  /** Trxs for the next epoch, by proposer; not part of what is measured. */
  prepare(): void {
    this.#epoch++;
    this.#decisions = this.#engines.map(() => undefined);
    const proposals = this.#engines.map((): Trx[] => []);
    for (let number = 0; number < TRXS_PER_EPOCH; number++) {
      // Under PBFT the first view's primary proposes all of them.
      (proposals[this.#isPbft ? 0 : number % proposals.length] as Trx[]).push(makeTrx(this.#epoch, number));
    }
    this.#proposals = proposals;
    if (this.#isPbft) this.#block = this.#blockOf(proposals[0] ?? []);
  }

  #blockOf(trxs: Trx[]): Block {
    const { groupId: GroupId, nonce: ConfigNonce, producers } = this.#configuration;
    const block = Block.create({
      ...{ GroupId, ConfigNonce, BlockId: this.#epoch, Epoch: this.#epoch, PrevHash: this.#block.BlockHash },
      ...{ ProducerPubkey: producers[0] ?? '', Trxs: trxs, TimeStamp: timeOf(this.#epoch), StateRoot: HEAD_HASH },
    });
    return { ...block, BlockHash: blockHash(block) };
  }

  /** Runs the epoch that was prepared until no message is left. */
  run(): void {
    this.#engines.forEach((engine, index) => {
      this.#follow(index, engine.handle({ type: 'waiting', full: true }));
    });
    this.#deliver();
  }

  /** Number of trxs that all engines have given out alike. Throws where they differ, or one has given out nothing. */
  compare(): number {
    const [first, ...others] = this.#decisions;
    if (!first) throw new Error(`No engine has decided epoch ${this.#epoch}.`);
    others.forEach((other, index) => {
      if (!other || !areAlike(first, other))
        throw new Error(`Engine ${index + 1} differs from engine 0 in epoch ${this.#epoch}.`);
    });
    return first.proposals.reduce((sum, proposal) => sum + (proposal?.trxs.length ?? 0), 0);
  }

  #deliver(): void {
    for (let delays = 1; this.#payloads.length > 0; delays++) {
      const isOpen = this.#decisions.includes(undefined);
      const senders = this.#senders;
      const receivers = this.#receivers;
      const payloads = this.#payloads;
      this.#senders = [];
      this.#receivers = [];
      this.#payloads = [];
      for (let at = 0; at < payloads.length; at++) {
        const receiver = receivers[at] as number;
        const engine = this.#engines[receiver] as Engine;
        const input = { type: 'message', sender: senders[at] as number, data: payloads[at] as Uint8Array } as const;
        this.#follow(receiver, engine.handle(input));
      }
      if (isOpen) this.traffic.delays = delays;
    }
  }

  #follow(index: number, step: Step): void {
    const engine = this.#engines[index] as Engine;
    this.traffic.logEntries += step.persist.length;
    for (const { to, data } of step.send) {
      if (to !== 'all') this.#post(index, to, data);
      else for (let peer = 0; peer < this.#engines.length; peer++) if (peer !== index) this.#post(index, peer, data);
    }
    if (step.faults.length > 0) throw new Error(`Engine ${index} blames others: ${JSON.stringify(step.faults)}.`);
    if (step.defect) throw new Error(`Engine ${index} has a defect: ${step.defect.kind}.`);
    if (step.propose) {
      const { epoch, randomBytes } = step.propose;
      const trxs = this.#proposals[index];
      if (epoch !== this.#epoch || !trxs) throw new Error(`Engine ${index} asks for a proposal for epoch ${epoch}.`);
      const random = randomBytes > 0 ? sha256(Uint8Array.of(index, epoch & 0xff, epoch >> 8)) : new Uint8Array();
      this.#follow(index, engine.handle({ type: 'proposal', epoch, proposal: { trxs, timeNs: timeOf(epoch) }, random }));
    }
    if (step.execute) {
      const { ticket, batch } = step.execute;
      this.#executed[index] = batch;
      this.#follow(index, engine.handle({ type: 'tentative', ticket, block: this.#block, isTimely: true }));
    }
    if (step.confirm) {
      const { epoch } = step.confirm;
      this.#decisions[index] = this.#executed[index];
      const head = { blockId: epoch, blockHash: this.#block.BlockHash };
      this.#follow(index, engine.handle({ type: 'executed', epoch, empty: false, head }));
      // Seals are the node's, under either engine.
      this.#follow(index, engine.handle({ type: 'final', header: sealBodyOf(this.#block), seals: [] }));
    }
    if (step.output) {
      const { epoch } = step.output;
      this.#decisions[index] = step.output;
      const head = { blockId: epoch, blockHash: HEAD_HASH };
      this.#follow(index, engine.handle({ type: 'executed', epoch, empty: false, head }));
    }
  }

  #post(from: number, to: number, data: Uint8Array): void {
    this.#senders.push(from);
    this.#receivers.push(to);
    this.#payloads.push(data);
    this.traffic.messages++;
    this.traffic.sentBytes += data.length;
    this.traffic.sentBy[from] = (this.traffic.sentBy[from] ?? 0) + data.length;
  }
}

/** Stands for a block: making them is the ledger's work, and not measured here. */
const HEAD_HASH = new Uint8Array(32).fill(9);

const timeOf = (epoch: number): bigint => 1_790_000_000_000_000_000n + BigInt(epoch) * 1_000_000_000n;

const PUBKEY = 'A'.repeat(44);
const SIGNATURE = new Uint8Array(65).fill(5);

function makeTrx(epoch: number, number: number): Trx {
  const place = `${epoch.toString(16).padStart(8, '0')}-${number.toString(16).padStart(4, '0')}`;
  const timeNs = timeOf(epoch) + BigInt(number);
  const draft = Trx.create({
    TrxId: `${place}-4000-8000-000000000000`,
    Type: TrxType.POST,
    GroupId: GROUP_ID,
    TimeStamp: timeNs,
    Version: '2.0.0',
    Expired: timeNs + 30_000_000_000n,
    SenderPubkey: PUBKEY,
    SenderSign: SIGNATURE,
  });
  // Tag and length of the data take two bytes.
  frameBytes ??= Trx.encode(draft).length + 2;
  return { ...draft, Data: new Uint8Array(TRX_BYTES - frameBytes).fill(number & 0xff) };
}

let frameBytes: number | undefined;

function areAlike(left: Decision, right: Decision): boolean {
  return (
    left.proposals.length === right.proposals.length &&
    left.proposals.every((proposal, proposer) => {
      const other = right.proposals[proposer];
      if (!proposal || !other) return proposal === other;
      return (
        proposal.timeNs === other.timeNs &&
        proposal.trxs.length === other.trxs.length &&
        proposal.trxs.every((trx, place) => isSameTrx(trx, other.trxs[place] as Trx))
      );
    })
  );
}

function isSameTrx(left: Trx, right: Trx): boolean {
  return (Object.keys(left) as (keyof Trx)[]).every((name) => {
    const { [name]: one } = left;
    const { [name]: other } = right;
    return one instanceof Uint8Array ? other instanceof Uint8Array && equalBytes(one, other) : one === other;
  });
}

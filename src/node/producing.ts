import type { Defect, Fault } from '../consensus/index.ts';
import { type Pool, RULES_VERSION } from '../ledger/index.ts';
import { type Block, equalBytes, type Trx } from '../records/index.ts';
import type { Chain } from './chain.ts';
import type { Mailbox } from './mailbox.ts';
import type { Members } from './members.ts';
import type { MessageStream, MessageStreamHandlers, Ports, Write } from './ports.ts';
import { PROBLEMS } from './problems.ts';
import { Producer } from './producer.ts';
import { type ProducerHello, purposeOf, verifyHello } from './producers/frames.ts';
import { ENGINES, makeEngine, type TrustedDealer } from './producers/make-engine.ts';
import { withGoodSeals } from './producers/seal-box.ts';
import { dropLogsBelow, isLogUnbroken, logEnds } from './producers/unbroken-log.ts';
import type { Secrets } from './secrets.ts';
import type { Notice } from './view.ts';

export interface ProducingOptions {
  readonly ports: Ports;
  readonly chain: Chain;
  readonly pool: Pool;
  readonly members: Members;
  readonly mailbox: Mailbox;
  readonly secrets: Secrets;
  readonly userPubkey: string;
  readonly topic: string;
  readonly trustedDealer: TrustedDealer | undefined;
  /** The recovery that this node is bound to: nothing is said under a lower nonce. */
  readonly promised: () => number | undefined;
  /** As for a {@link Producer}. */
  readonly alsoWrite: (final: readonly Block[]) => Write[];
  readonly sealed: (block: Block) => void;
  readonly final: (blocks: readonly Block[]) => void;
  readonly leftOut: (trxs: readonly Trx[]) => void;
  readonly woken: (trxs: readonly Trx[]) => void;
  readonly faultFound: (fault: Fault, pubkey: string) => void;
  /** Another configuration is in force, and this node's part in it is settled. */
  readonly followed: () => void;
  /** Somebody is under a newer configuration. */
  readonly newerHeard: () => void;
  readonly problem: (problem: Notice | undefined) => void;
  readonly failed: (error: unknown) => void;
  readonly changed: () => void;
}

/** A producer that does not get on for so long, while members tell of later blocks, takes them as a user does. */
const OVERTAKEN_MS = 10_000;

/**
 * This node's part in making blocks, over all the configurations that come: whether it has one in the configuration in force, its producer while it
 * has, and the moment when that changes. Everything that changes something runs in the group's mailbox.
 */
export class Producing {
  readonly #options: ProducingOptions;
  #producer: Producer | undefined;
  /** Nonce of the configuration that this node's part is settled for. */
  #settledNonce: number | undefined;
  /** The configuration that this node must not speak under, for its log is gone (C-13). */
  #silentUnder: number | undefined;
  /** The newest nonce that anybody opened a stream under. */
  #heardNonce = 0;
  /** Since when the tip stands while members tell of later blocks. */
  #lag: { readonly tipBlock: number; readonly sinceMs: number } | undefined;
  #stopped = false;

  constructor(options: ProducingOptions) {
    this.#options = options;
  }

  /** This node's producer, while it produces. */
  get producer(): Producer | undefined {
    return this.#producer;
  }

  get isProducer(): boolean {
    return this.#options.chain.inForce.producers.includes(this.#options.userPubkey);
  }

  /** Above 0: this producer has lost its log, and speaks under no configuration below this nonce. */
  get silentBelow(): number {
    const { nonce } = this.#options.chain.inForce;
    return this.isProducer && this.#silentUnder === nonce ? nonce + 1 : 0;
  }

  /** A producer among several builds its blocks itself; from others it takes the seals, and what its engine sends it for. */
  get buildsItself(): boolean {
    return this.#producer !== undefined && this.#options.chain.inForce.producers.length > 1;
  }

  /**
   * Whether final blocks are to be taken from anybody after all: those who could bring them as a producer's may be under another configuration by
   * now, or gone.
   */
  get isOvertaken(): boolean {
    const { chain, ports } = this.#options;
    if (this.#heardNonce > chain.inForce.nonce) return true;
    return this.#lag !== undefined && ports.clock.monotonicMs() - this.#lag.sinceMs >= OVERTAKEN_MS;
  }

  /** Those who could bring blocks as producers are taken for gone: final ones are taken from anybody, for as long as the tip stands below what members tell of. */
  overtaken(): void {
    this.#lag = { tipBlock: this.#options.chain.tip.blockId, sinceMs: Number.NEGATIVE_INFINITY };
  }

  /** No block after this one is wanted from elsewhere. */
  get limitBlock(): number {
    return this.buildsItself && !this.isOvertaken ? this.#options.chain.tip.blockId : Number.POSITIVE_INFINITY;
  }

  /** Whether a final block on the tip may be taken from elsewhere now. Own blocks that wait below it must have their seals first. */
  get takesBlocks(): boolean {
    if (!this.buildsItself) return true;
    return this.isOvertaken && this.#options.chain.waiting.every(({ isFinal }) => isFinal);
  }

  /** Starts or stops producing, as the configuration in force and the log say. In the mailbox. */
  async update(): Promise<void> {
    this.halt();
    const { ports, chain, pool, secrets, userPubkey, trustedDealer, problem, promised } = this.#options;
    const { nonce, groupId, rulesVersion, engine: name } = chain.inForce;
    this.#settledNonce = nonce;
    this.#silentUnder = undefined;
    this.#lag = undefined;
    if (this.#stopped) return;
    // What was said under earlier ones counts no more: their last block is final here.
    await dropLogsBelow(ports.store, groupId, nonce);
    if (rulesVersion !== RULES_VERSION || (this.isProducer && !ENGINES.includes(name))) {
      problem(PROBLEMS.updateNeeded);
      return;
    }
    if (!this.isProducer) {
      pool.clear();
      return;
    }
    if ((promised() ?? nonce) > nonce) return;
    if (!(await isLogUnbroken(ports.store, chain, userPubkey))) {
      this.#silentUnder = nonce;
      problem(PROBLEMS.logLost);
      return;
    }
    const engine = await makeEngine(chain, { userPubkey, secrets, cipher: ports.privateCipher, trustedDealer });
    if (!engine) {
      problem(PROBLEMS.noGroupKey);
      return;
    }
    const { store, clock, random, network } = ports;
    this.#producer = new Producer({
      ...this.#options,
      store,
      clock,
      random,
      network,
      engine,
      signSecret: secrets.signSecret,
      final: (blocks) => this.#final(blocks),
      defect: (defect) => this.#defect(defect),
    });
    await this.#producer.start();
  }

  /** A final block, with its seals, of a height that this node has built itself. In the mailbox. */
  async confirmed(block: Block): Promise<void> {
    if (this.#producer) return this.#producer.confirmed(block);
    // Built before this node stopped: nobody else brings the seals of what waits here.
    const { chain, alsoWrite } = this.#options;
    const waiting = chain.waiting.find(({ head }) => head.blockId === block.BlockId);
    const stored = waiting && (await chain.storedBlock(block.BlockId));
    if (!stored || !equalBytes(stored.BlockHash, block.BlockHash)) return;
    const final = await chain.confirm(
      withGoodSeals({ ...stored, Seals: block.Seals }, waiting.configuration.producers),
      'strict',
      alsoWrite,
    );
    if (final.length > 0) this.#final(final);
  }

  /** Settles this node's part again if another configuration is in force. In the mailbox. */
  async follow(): Promise<void> {
    if (this.#settledNonce === this.#options.chain.inForce.nonce) return;
    // Why it did not produce under the one before says nothing about this one.
    this.#options.problem(undefined);
    await this.update();
    this.#options.followed();
  }

  #final(blocks: readonly Block[]): void {
    const { chain, mailbox, final, failed } = this.#options;
    final(blocks);
    if (chain.inForce.nonce !== this.#settledNonce) mailbox.run(() => this.follow()).catch(failed);
  }

  /** A producer opened a stream to this one. Answers what is to receive the rest of it; undefined if this node does not produce. */
  accept(stream: MessageStream, hello: ProducerHello): MessageStreamHandlers | undefined {
    const { chain } = this.#options;
    const isNewer = hello.ConfigNonce > Math.max(this.#heardNonce, chain.inForce.nonce);
    if (purposeOf(hello) === 'producers' && isNewer && hello.FromPeer === stream.peer && verifyHello(hello)) {
      // It opens another one later; only the chain can say whether that configuration is real.
      this.#heardNonce = hello.ConfigNonce;
      this.#options.newerHeard();
    }
    return this.#producer?.accept(stream, hello);
  }

  #defect(defect: Defect): void {
    const { chain, mailbox, problem, failed } = this.#options;
    const { nonce } = chain.inForce;
    this.halt();
    if (defect.kind === 'log-lost') void mailbox.run(() => this.keyInUse(nonce)).catch(failed);
    else problem(PROBLEMS.forked(defect.blockId));
  }

  /** Something signed with this node's key is out that this node did not sign: the key is at work elsewhere too. In the mailbox. */
  async keyInUse(nonce: number): Promise<void> {
    const { ports, chain, problem } = this.#options;
    this.halt();
    await ports.store.write([logEnds(chain.identity.groupId, nonce)], 'strict');
    this.#silentUnder = nonce;
    problem(PROBLEMS.keyInUse);
  }

  /** Once a second. */
  tick(): void {
    const { chain, members, ports } = this.#options;
    const tipBlock = chain.tip.blockId;
    // Whoever claims it: taking final blocks from others, which are verified, is all that follows.
    if (!this.buildsItself || members.claimedHead() <= tipBlock) this.#lag = undefined;
    else if (this.#lag?.tipBlock !== tipBlock) this.#lag = { tipBlock, sinceMs: ports.clock.monotonicMs() };
    this.#producer?.tick();
  }

  /** Produces no more until {@link update}. */
  halt(): void {
    this.#producer?.stop();
    this.#producer = undefined;
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.halt();
  }
}

import { EPOCHS_AHEAD, EPOCHS_UNDECIDED, type FaultOf } from '../../consensus/index.ts';
import { bundleIn, DEFAULT_ENGINE, type GroupIdentity } from '../../ledger/index.ts';
import {
  AdoptedRow,
  HeadRow,
  keyOf,
  type NodeView,
  type PeerId,
  ProducerFrame,
  ProducerHello,
  purposeOf,
  type Write,
} from '../../node/index.ts';
import { Block, blockHash, comparePubkeys, decodeOrNothing, equalBytes, toHex } from '../../records/index.ts';
import { Violation } from '../one-producer.ts';
import { Checks } from '../virtual-net/checks.ts';
import { PbftWords } from '../virtual-net/pbft/words.ts';
import type { SimulatedMachine, World, WorldObserver } from '../world.ts';
import { Branches } from './branches.ts';
import { type ConfigurationChange, ConfigurationChecks } from './configuration-checks.ts';
import { Promises } from './promises.ts';

/** What a machine may say of itself while its disk is full or has just crashed. */
const OWN_TROUBLE: ReadonlySet<string> = new Set(['storage-full']);
/** Epochs whose messages a log may hold at once: eight that are not stable, three ahead, one being finished, as many being forgotten. */
const LOGGED_EPOCHS = 24;
/** Entries of the log that two producers may have about each other in one epoch: broadcast, some rounds of agreement, decryption. */
const ENTRIES_PER_PAIR = 32;
const POOL_TRXS = 5_000;
/** Of the configuration that a trial begins with. */
const FIRST_NONCE = 1;
/** Epochs that are open at once: those that N−f have not finished, those that run ahead, and one. */
const KEPT_EPOCHS = EPOCHS_UNDECIDED + EPOCHS_AHEAD + 1;
/** Own messages of those, shards of faulty producers' largest proposals included. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** The producers of a configuration, by index, and what they say under it. */
interface WatchedSet {
  readonly producers: readonly SimulatedMachine[];
  readonly isPbft: boolean;
  readonly messages: Checks;
}

/** What there is to know of a group whose configuration may change. */
export interface WatchedGroup {
  readonly identity: GroupIdentity;
  /** Whose key this is. */
  readonly machineOf: (pubkey: string) => SimulatedMachine | undefined;
  /** Of its first configuration. */
  readonly engine: string;
}

/**
 * Checks what every honest machine says, stores and shows, as it happens (consensus.md, "Proof against faults"). It is called from within
 * nodes, which would take an error for their own, so what it finds is kept until {@link check}.
 */
export class Watch implements WorldObserver {
  /** The blocks that honest machines hold. */
  readonly #branches = new Branches();
  readonly #promises = new Promises();
  /** Blocks that a trx is in, by its name and by its id: several only where a recovery has given up all but one. */
  readonly #blocksOf = new Map<string, { readonly blockId: number; readonly hash: string }[]>();
  readonly #seals = new Map<string, string>();
  /** Posts acknowledged to their author: trx id → the author's machine. */
  readonly acknowledged = new Map<string, SimulatedMachine>();
  readonly #faultKinds = new Set<string>();
  #violation: Violation | undefined;
  #world: World | undefined;
  /** A block that changes the configuration was stored for the first time. */
  changed: ((change: ConfigurationChange) => void) | undefined;
  #groupId = '';
  #group: WatchedGroup | undefined;
  /** By nonce. */
  readonly #sets = new Map<number, WatchedSet>();
  readonly #pbftWords = new PbftWords();
  /** The nonce that a machine speaks under on its streams to another, by both. */
  readonly #spokenUnder = new Map<string, number>();
  /** What the chain says of configurations, if there are changes to follow. */
  readonly #configurations: ConfigurationChecks;
  #rejections = 0;
  #overflows = 0;
  #penalties = 0;

  constructor() {
    this.#configurations = new ConfigurationChecks({
      fail: (message) => this.fail(message),
      changed: (change) => {
        this.changed?.(change);
      },
    });
  }

  /** The group stands: from now on its producers are told apart. */
  begin(world: World, groupId: string, producers: readonly SimulatedMachine[], group?: WatchedGroup): void {
    this.#world = world;
    this.#groupId = groupId;
    this.follow(FIRST_NONCE, producers, group?.engine);
    this.#group = group;
    if (group) this.#configurations.begin(group.identity, FIRST_NONCE, producers.length);
  }

  /** There is another configuration. */
  follow(nonce: number, producers: readonly SimulatedMachine[], engine = DEFAULT_ENGINE): void {
    // A recovery is followed when its producers adopt it, and comes once more with its first block.
    if (this.#sets.has(nonce)) return;
    const messages = new Checks(producers.length, (index) => isHonest(producers[index]));
    this.#sets.set(nonce, { producers, isPbft: engine === 'pbft', messages });
  }

  /** Kinds of faults that honest producers have found. */
  get faultKinds(): ReadonlySet<string> {
    return this.#faultKinds;
  }

  /** To be called after every step. Throws what was found. */
  check(): void {
    this.#checkBlame();
    if (this.#violation) throw this.#violation;
  }

  fail(message: string): void {
    this.#violation ??= new Violation(message);
  }

  // ------------------------------------------------------------------------------------------------------------- what is held

  block(machine: SimulatedMachine, _groupId: string, blockId: number, hash: string): void {
    if (!isHonest(machine)) return;
    if (!this.#branches.has(blockId, hash)) this.fail(`${machine.name} calls another block ${blockId} final than was stored`);
  }

  written(machine: SimulatedMachine, writes: readonly Write[]): void {
    if (!isHonest(machine)) return;
    let hasLogged = false;
    for (const { table, key, value } of writes) {
      if (table === 'blocks' && value) this.#storedBlock(machine, Block.decode(value));
      if (table !== 'log') continue;
      hasLogged = true;
      if (value) this.#logged(key, value);
    }
    for (const write of writes) if (write.table === 'log') this.#bound(machine, write);
    // After the blocks, which come with these.
    for (const { table, key, value } of writes) {
      if (table === 'heads' && value) this.#storedHead(machine, HeadRow.decode(value));
      else if (table === 'outbox' && !value) this.#leftOutbox(machine, key.slice(key.lastIndexOf('/') + 1));
    }
    if (hasLogged) this.#checkLog(machine);
  }

  #storedBlock(machine: SimulatedMachine, block: Block): void {
    const hash = toHex(block.BlockHash);
    if (toHex(blockHash(block)) !== hash) this.fail(`${machine.name} stores another block ${block.BlockId} than its hash says`);
    const recovery = this.#configurations.recoveryIn(block);
    if (recovery) this.#branches.recovered(recovery.nonce, block.BlockId - 1);
    const added = this.#branches.add(block);
    if (added === 'other') this.fail(`${machine.name} holds another block ${block.BlockId} than others`);
    if (added !== 'new') return;
    this.#configurations.stored(machine, block);
    for (const { SenderPubkey, TrxId } of block.Trxs) {
      for (const key of [`${SenderPubkey}/${TrxId}`, TrxId]) {
        const earlier = this.#blocksOf.get(key) ?? [];
        const twice = earlier.find((other) => key !== TrxId && this.#branches.isBelow(other.hash, hash));
        if (twice) this.fail(`trx ${TrxId} is in block ${twice.blockId} and in block ${block.BlockId}`);
        this.#blocksOf.set(key, [...earlier, { blockId: block.BlockId, hash }]);
      }
    }
  }

  /** What a machine has bound itself to. */
  #bound(machine: SimulatedMachine, write: Write): void {
    this.#promises.written(machine, write);
    const trx = write.key.endsWith('/recovery/adopted') && write.value ? AdoptedRow.decode(write.value).Trx : undefined;
    const adopted = trx && this.#group && bundleIn(trx, this.#group.identity)?.Req;
    if (!adopted || this.#sets.has(adopted.Nonce)) return;
    const producers = [...adopted.ProducerPubkeyList].sort(comparePubkeys);
    this.follow(
      adopted.Nonce,
      producers.flatMap((pubkey) => this.#group?.machineOf(pubkey) ?? []),
      adopted.Contract?.Contract || DEFAULT_ENGINE,
    );
  }

  #storedHead(machine: SimulatedMachine, { BlockId, StateRoot }: HeadRow): void {
    if (!this.#branches.hasRoot(BlockId, toHex(StateRoot))) this.fail(`${machine.name} has another state root at ${BlockId}`);
  }

  #leftOutbox(machine: SimulatedMachine, trxId: string): void {
    if (!this.#blocksOf.has(trxId)) this.fail(`${machine.name} forgets its post ${trxId}, which is in no block`);
  }

  #logged(key: string, data: Uint8Array): void {
    for (const [nonce, { isPbft }] of this.#sets) {
      const prefix = keyOf.log(this.#groupId, nonce, '');
      if (isPbft && key.startsWith(prefix))
        this.#noting(() => this.#pbftWords.persisted(nonce, { key: key.slice(prefix.length), data }));
    }
  }

  #noting(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation ??= error;
    }
  }

  #checkLog(machine: SimulatedMachine): void {
    const size = Math.max(...[...this.#sets.values()].map(({ producers }) => producers.length));
    const rows = machine.disk.rows('log');
    if (rows > LOGGED_EPOCHS * (size * size * ENTRIES_PER_PAIR + 1) + 100)
      this.fail(`${machine.name} has ${rows} rows in its log`);
  }

  /** Every acknowledged post is with its author or in the chain that its author holds, also right after a crash. */
  checkAcknowledged(machine: SimulatedMachine): void {
    const posts = [...this.acknowledged].filter(([, author]) => author === machine);
    const waiting = new Set(machine.disk.peek('outbox', {}).map(({ key }) => key.slice(key.lastIndexOf('/') + 1)));
    for (const [trxId] of posts) {
      const isHeld = machine.disk.peek('trxids', { from: `${this.#groupId}/${trxId}/`, to: `${this.#groupId}/${trxId}/~` });
      if (!waiting.has(trxId) && isHeld.length === 0) this.fail(`${machine.name} has lost its acknowledged post ${trxId}`);
    }
  }

  /** Whether a machine has promised a recovery that forbids it to speak under this nonce. */
  isBound(machine: SimulatedMachine, nonce: number): boolean {
    return this.#promises.against(machine, nonce) !== undefined;
  }

  // -------------------------------------------------------------------------------------------------------------- what is said

  sent(machine: SimulatedMachine, to: PeerId, data: Uint8Array): void {
    if (!isHonest(machine)) return;
    const link = `${machine.peerId} ${to}`;
    // A hello may read as a frame too, by its group's id (seed 7016).
    const hello = beginsLikeHello(data) ? decodeOrNothing(ProducerHello, data) : undefined;
    if (hello && purposeOf(hello)) {
      if (purposeOf(hello) !== 'producers') return;
      this.#spokenUnder.set(link, hello.ConfigNonce);
      return;
    }
    const frame = decodeOrNothing(ProducerFrame, data);
    const nonce = this.#spokenUnder.get(link) ?? FIRST_NONCE;
    const set = this.#sets.get(nonce);
    if (!frame || !set) return;
    const promised = frame.Engine.length + frame.Seals.length > 0 ? this.#promises.against(machine, nonce) : undefined;
    if (promised !== undefined)
      this.fail(`${machine.name} speaks under configuration ${nonce}, though it has promised the recovery ${promised}`);
    const index = set.producers.indexOf(machine);
    const receiver = set.producers.findIndex(({ peerId }) => peerId === to);
    if (index < 0 && frame.Engine.length > 0) this.fail(`${machine.name} speaks under a configuration that it is no producer of`);
    const speaker = { name: machine.name, nonce, self: index, size: set.producers.length };
    const isLogged = (entry: string): boolean =>
      machine.disk.peekOne('log', keyOf.log(this.#groupId, nonce, entry)) !== undefined;
    this.#noting(() => {
      for (const message of frame.Engine) {
        if (set.isPbft) this.#pbftWords.said(speaker, message, isLogged);
        else set.messages.sent(index, receiver, message);
      }
    });
    for (const { BlockId, BlockHash, Seal } of frame.Seals) {
      const key = `${nonce}/${Seal?.ProducerPubkey}/${BlockId}`;
      const hash = toHex(BlockHash);
      if ((this.#seals.get(key) ?? hash) !== hash) this.fail(`${machine.name} passes on two seals of one key for ${BlockId}`);
      this.#seals.set(key, hash);
    }
  }

  // -------------------------------------------------------------------------------------------------------------- who is blamed

  /** `pubkey`: of who is blamed. */
  fault(machine: SimulatedMachine, { producer = -1, kind }: FaultOf, pubkey: string): void {
    if (!isHonest(machine)) return;
    this.#faultKinds.add(kind);
    const blamed = this.#group ? this.#group.machineOf(pubkey) : this.#sets.get(FIRST_NONCE)?.producers[producer];
    if (isHonest(blamed)) this.fail(`${machine.name} blames the honest ${blamed?.name}: ${kind}`);
  }

  #checkBlame(): void {
    const network = this.#world?.network;
    if (!network) return;
    for (const { at, origin } of network.rejections.slice(this.#rejections)) {
      if (this.#isHonestPeer(at) && this.#isHonestPeer(origin)) this.fail(`${at} rejected what the honest ${origin} sent`);
    }
    for (const { by, peer, reason } of network.penalties.slice(this.#penalties)) {
      if (this.#isHonestPeer(by) && this.#isHonestPeer(peer)) this.fail(`${by} blames the honest ${peer}: ${reason}`);
    }
    for (const { from, to } of network.overflows.slice(this.#overflows)) {
      if (this.#isHonestPeer(from) && this.#isHonestPeer(to)) this.fail(`${from} sends ${to} more than a stream holds`);
    }
    this.#overflows = network.overflows.length;
    this.#rejections = network.rejections.length;
    this.#penalties = network.penalties.length;
  }

  #isHonestPeer(peer: PeerId): boolean {
    const machine = this.#world?.machines.find(({ peerId }) => peerId === peer);
    return machine !== undefined && isHonest(machine);
  }

  view(machine: SimulatedMachine, view: NodeView): void {
    if (!isHonest(machine) || !this.#world) return;
    for (const { problem } of view.groups) {
      if (problem && !OWN_TROUBLE.has(problem.code)) this.fail(`${machine.name} reports ${problem.code}: ${problem.message}`);
    }
    const isMember = view.groups.some(({ groupId }) => groupId === this.#groupId);
    if (!isMember || !machine.isRunning) return;
    const { trxs, epochs, bytes } = machine.node.kept(this.#groupId);
    if (trxs > POOL_TRXS) this.fail(`the pool of ${machine.name} grows`);
    if (epochs > KEPT_EPOCHS) this.fail(`${machine.name} keeps messages of ${epochs} epochs`);
    if (bytes > KEPT_BYTES) this.fail(`${machine.name} keeps ${bytes} bytes of messages`);
  }
}

/** Where a hello has its tag, and what all tags begin with. */
const TAG_AT = 2;
const TAG_BEGINS = new TextEncoder().encode('sett/');

/** To look at every frame as if it were a hello takes long. */
const beginsLikeHello = (data: Uint8Array): boolean => equalBytes(data.subarray(TAG_AT, TAG_AT + TAG_BEGINS.length), TAG_BEGINS);

export const isHonest = (machine: SimulatedMachine | undefined): boolean => machine !== undefined && machine.twist === undefined;

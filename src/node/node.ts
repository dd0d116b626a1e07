import type { FaultOf } from '../consensus/index.ts';
import {
  ageRecipientOf,
  type Backup,
  ethAddress,
  initCrypto,
  initThreshold,
  publicKeyOf,
  type ScryptCost,
} from '../crypto/index.ts';
import { type Block, formatSeed, LIMITS, type Receipt, type Seed, type Trx, TrxType, toHex } from '../records/index.ts';
import { makeBackup, restoreBackup } from './backup.ts';
import { clockNotice } from './clock-notice.ts';
import { consensusViewOf } from './consensus-view.ts';
import { readContents, toPlaintext } from './contents.ts';
import { topicOfRequest } from './envelope.ts';
import { asNodeError } from './errors.ts';
import { stageFirstBlock } from './first-block.ts';
import { makeSeed } from './genesis.ts';
import { Group } from './group.ts';
import { GroupCalls } from './group-calls.ts';
import { phaseOf, viewOf } from './group-view.ts';
import { newSecrets, openSecrets, sealSecrets } from './keystore.ts';
import { Mailbox } from './mailbox.ts';
import { checkLength, readSeed, signMembership } from './membership.ts';
import { addRelays, bootstrapsInTurns, reachEach } from './named-addresses.ts';
import type {
  MessageStream,
  MessageStreamHandlers,
  NetworkError,
  NetworkState,
  Ports,
  StoreUsage,
  TableName,
  Write,
} from './ports.ts';
import { readHello } from './producers/frames.ts';
import { ENGINES, type TrustedDealer } from './producers/make-engine.ts';
import { consensusInfo, lastProof, proofHistory, proofOf } from './proofs.ts';
import { deleteRows } from './repair.ts';
import { GroupRow, keyOf } from './rows.ts';
import type { Secrets } from './secrets.ts';
import {
  type ConsensusInfo,
  type ConsensusProofInfo,
  type ContentItem,
  type ContentQuery,
  type GroupInfo,
  NodeError,
  type NodeService,
  type RestoredGroup,
  type TrxStatus,
} from './service.ts';
import { finalTrx, receiptOf, statusOf } from './trx-lookup.ts';
import { VerifiedTrxs } from './verified.ts';
import type { ConsensusView, NodeEvent, NodeView, Notice } from './view.ts';

export interface NodeOptions {
  /** Bootstrap URLs that go into the seeds that this node makes; asked for whenever it makes one. */
  readonly ownUrls: () => Promise<readonly string[]>;
  readonly trustedDealer?: TrustedDealer;
  /** What guessing a backup's passphrase costs; for tests, which guess none. */
  readonly backupCost?: ScryptCost;
  /** A producer of a group has misbehaved, as this node's producer has seen. */
  readonly faultFound?: (groupId: string, fault: FaultOf, pubkey: string) => void;
}

/** Views go out at most this often: a person sees no more, and a burst of events costs one. */
const VIEW_GAP_MS = 100;
const USAGE_EVERY_MS = 10_000;
/** A stream whose first message does not come is closed. */
const HELLO_TIMEOUT_MS = 15_000;
/** Everything of a group, what makes it reachable apart. */
const GROUP_TABLES: readonly TableName[] = [
  'blocks',
  'trxs',
  'trxids',
  'contents',
  'kv',
  'kvchanges',
  'history',
  'outbox',
  'log',
  'keys',
  'groups',
];

/** Opens a profile's node on its store: every group that it is in starts to take part. */
export async function openNode(ports: Ports, options: NodeOptions): Promise<SettNode> {
  // A block that makes several producers can come at any time.
  await Promise.all([initCrypto(), initThreshold()]);
  const node = new SettNode(ports, options);
  await node.start();
  return node;
}

/** A profile's node: its groups, and what may be asked of them (NodeService). */
export class SettNode extends GroupCalls implements NodeService {
  protected readonly ports: Ports;
  readonly #options: NodeOptions;
  readonly #groups = new Map<string, Group>();
  readonly #byTopic = new Map<string, Group>();
  readonly #signatures = new Map<string, string>();
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #verified = new VerifiedTrxs();
  /** Restores happen one after another. */
  /** Whatever changes which groups there are: two at once would make two users of one group, or undo what the other has answered. */
  readonly #profile = new Mailbox();
  #cancelView: (() => void) | undefined;
  #cancelUsage: (() => void) | undefined;
  #usage: StoreUsage = { usedBytes: undefined, quotaBytes: undefined, persisted: undefined };
  #notices: readonly Notice[] = [];
  #closed = false;

  constructor(ports: Ports, options: NodeOptions) {
    super();
    this.ports = ports;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { network, store } = this.ports;
    network.listen({
      gossip: (topic, data, origin) => this.#byTopic.get(topic)?.gossip(data, origin) ?? 'ignore',
      request: async (data, from) => {
        const group = this.#byTopic.get(topicOfRequest(data) ?? '');
        if (!group) throw new NodeError('unknown-group', 'This node is not in the group that was asked about.');
        return group.answer(data, from);
      },
      state: () => this.#changed(),
      neighbours: (topic) => this.#byTopic.get(topic)?.neighbours(),
      stream: (stream) => this.#acceptStream(stream),
    });
    for (const { key, value } of await store.range('groups', {})) {
      const row = GroupRow.decode(value);
      if (!row.Left) await this.#startStored(key, row);
    }
    this.#watchUsage();
  }

  /** A stream says with its first message, a producer's hello, which group it is for. */
  #acceptStream(stream: MessageStream): void {
    let handlers: MessageStreamHandlers | undefined;
    const cancel = this.ports.clock.after(HELLO_TIMEOUT_MS, () => {
      if (!handlers) stream.close();
    });
    stream.receive({
      message: (data) => {
        if (handlers) return handlers.message(data);
        const hello = readHello(data);
        handlers = hello && this.#groups.get(hello.GroupId)?.acceptStream(stream, hello);
        if (!handlers) stream.close();
        return undefined;
      },
      closed: () => {
        cancel();
        handlers?.closed();
      },
    });
  }

  async #startStored(groupId: string, row: GroupRow): Promise<void> {
    const secrets = await openSecrets(groupId, this.ports.store, this.ports.vault);
    if (!secrets) {
      const message = 'The keys of a group are missing from this profile, so it cannot be opened. Restore them from a backup.';
      this.#notices = [...this.#notices, { code: 'keys-missing', message, params: { groupId } }];
      return;
    }
    await this.#open(row, secrets);
  }

  async #open(row: GroupRow, secrets: Secrets): Promise<Group> {
    const group = new Group({
      row,
      secrets,
      ports: this.ports,
      verified: this.#verified,
      emit: (event) => this.#emit(event),
      changed: () => this.#changed(),
      trustedDealer: this.#options.trustedDealer,
      faultFound: (fault, pubkey) => this.#options.faultFound?.(group.groupId, fault, pubkey),
      fenced: () => void this.#fenced(),
    });
    const { seed } = group;
    this.#groups.set(seed.groupId, group);
    this.#byTopic.set(group.topic, group);
    this.#signatures.set(seed.groupId, signMembership(seed, row, secrets));
    this.#notices = this.#notices.filter(({ code, params }) => code !== 'keys-missing' || params?.groupId !== seed.groupId);
    this.#setBootstraps();
    await group.start();
    this.#changed();
    return group;
  }

  #setBootstraps(): void {
    this.ports.network.setBootstraps(bootstrapsInTurns([...this.#groups.values()].map(({ seed }) => seed.urls)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelView?.();
    this.#cancelUsage?.();
    // A group that is being joined is stopped too.
    await this.#profile.close();
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    this.#groups.clear();
    this.#byTopic.clear();
  }

  /** The machine slept: whatever waits for a timer is due now. */
  wake(): void {
    for (const group of this.#groups.values()) group.wake();
  }

  /** Another tab writes to this profile now; this node must not go on. */
  async #fenced(): Promise<void> {
    if (this.#closed) return;
    this.#notices = [{ code: 'fenced', message: 'Another tab of this profile has taken over.' }];
    this.#emit({ type: 'view', view: this.view() });
    await this.close();
  }

  // ------------------------------------------------------------------------------------------------------------------- groups

  async createGroup(options: {
    groupName: string;
    encryption: 'public' | 'private';
    appKey: string;
  }): Promise<{ groupId: string; seed: string }> {
    checkLength('group name', options.groupName, LIMITS.groupNameMinChars, LIMITS.groupNameMaxChars);
    checkLength('app key', options.appKey, LIMITS.appKeyMinChars, LIMITS.appKeyMaxChars);
    const { random, clock } = this.ports;
    const secrets = newSecrets(random);
    const seed = makeSeed({ ...options, urls: await this.#options.ownUrls(), timeNs: clock.nowNs() }, secrets, random);
    const row = this.#rowFor(seed, secrets);
    await this.#inTurn(async () => {
      const first = await stageFirstBlock({ seed, secrets, ports: this.ports, verified: this.#verified });
      await first.chain.flush('strict', [first.unbroken, ...(await this.#groupWrites(row, seed, secrets))]);
      await this.#open(row, secrets);
    });
    return { groupId: seed.groupId, seed: row.Seed };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#profile.run(() => this.guarded(task));
  }

  #rowFor(seed: Seed, secrets: Secrets): GroupRow {
    return {
      Seed: formatSeed(seed),
      UserPubkey: publicKeyOf(secrets.signSecret),
      EncryptPubkey: ageRecipientOf(secrets.encryptIdentity),
      JoinedAt: this.ports.clock.nowNs(),
      Left: false,
    };
  }

  async #groupWrites(row: GroupRow, seed: Seed, secrets: Secrets): Promise<Write[]> {
    return [
      { table: 'groups', key: keyOf.group(seed.groupId), value: GroupRow.encode(row) },
      await sealSecrets(seed.groupId, secrets, this.ports.vault),
    ];
  }

  async joinGroup(seedText: string): Promise<GroupInfo> {
    const seed = readSeed(seedText);
    return this.#inTurn(async () => {
      const present = this.#groups.get(seed.groupId);
      if (present) return this.#infoOf(present);
      const { store, vault, random } = this.ports;
      const stored = await store.get('groups', keyOf.group(seed.groupId));
      // Whoever left and comes back is the same user as before.
      const secrets = (await openSecrets(seed.groupId, store, vault)) ?? newSecrets(random);
      const row = stored ? { ...GroupRow.decode(stored), Left: false } : this.#rowFor(seed, secrets);
      await store.write(await this.#groupWrites(row, seed, secrets), 'strict');
      return this.#infoOf(await this.#open(row, secrets));
    });
  }

  async leaveGroup(groupId: string): Promise<void> {
    await this.#inTurn(async () => {
      const group = this.group(groupId);
      const row: GroupRow = { ...group.row, Left: true };
      await this.ports.store.write([{ table: 'groups', key: keyOf.group(groupId), value: GroupRow.encode(row) }], 'strict');
      await group.stop();
      this.#groups.delete(groupId);
      this.#byTopic.delete(group.topic);
      this.#setBootstraps();
      this.#changed();
    });
  }

  async clearGroup(groupId: string): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#groups.has(groupId))
        throw new NodeError('still-joined', 'Leave the group before clearing what is stored of it.', { groupId });
      if (!(await this.ports.store.get('groups', keyOf.group(groupId)))) throw unknownGroup(groupId);
      await deleteRows(this.ports.store, groupId, GROUP_TABLES);
    });
  }

  backup(options: { passphrase: string; blocks: boolean }): Promise<Backup> {
    return this.guarded(() => makeBackup(this.ports, { ...options, cost: this.#options.backupCost }));
  }

  restore(backup: unknown, passphrase: string): Promise<readonly RestoredGroup[]> {
    const options = {
      ports: this.ports,
      verified: this.#verified,
      hasTrustedDealer: this.#options.trustedDealer !== undefined,
      isOpen: (groupId: string) => this.#groups.has(groupId),
      open: (row: GroupRow, secrets: Secrets) => this.#open(row, secrets),
    };
    return this.#inTurn(() => restoreBackup(backup, passphrase, options));
  }

  groups(): readonly GroupInfo[] {
    return [...this.#groups.values()].map((group) => this.#infoOf(group));
  }

  seed(groupId: string): string {
    return this.group(groupId).row.Seed;
  }

  // ------------------------------------------------------------------------------------------------------------- posts, chain

  async post(groupId: string, content: string, trxId?: string): Promise<string> {
    const group = this.group(groupId);
    const plain = toPlaintext(content);
    return this.guarded(() => group.submit({ type: TrxType.POST, plain, trxId }));
  }

  async discardPost(groupId: string, trxId: string): Promise<void> {
    const group = this.group(groupId);
    await this.guarded(() => group.discard(trxId));
  }

  async contents(groupId: string, query: ContentQuery): Promise<ContentItem[]> {
    const group = this.group(groupId);
    return this.guarded(() => readContents(this.ports.store, group.chain, query));
  }

  async block(groupId: string, blockId: number): Promise<Block> {
    const { chain } = this.group(groupId);
    const block = blockId <= chain.head.blockId ? await this.guarded(() => chain.storedBlock(blockId)) : undefined;
    if (!block)
      throw new NodeError(
        'unknown-block',
        `This node has no block ${blockId} of the group; its newest is ${chain.head.blockId}.`,
        { blockId },
      );
    return block;
  }

  async trx(groupId: string, trxId: string): Promise<Trx> {
    const group = this.group(groupId);
    return this.guarded(() => finalTrx(group, trxId));
  }

  async trxStatus(groupId: string, trxId: string): Promise<TrxStatus> {
    const group = this.group(groupId);
    return this.guarded(() => statusOf(group, trxId));
  }

  async receipt(groupId: string, trxId: string): Promise<Receipt> {
    const group = this.group(groupId);
    return this.guarded(() => receiptOf(group, this.ports.store, trxId));
  }

  // ---------------------------------------------------------------------------------------------------------------- consensus

  async consensus(groupId: string): Promise<ConsensusInfo> {
    const group = this.group(groupId);
    return consensusInfo(group.chain, group.epoch);
  }

  async liveConsensus(groupId: string): Promise<ConsensusView> {
    return consensusViewOf(this.group(groupId));
  }

  async lastProof(groupId: string): Promise<ConsensusProofInfo> {
    return lastProof(this.group(groupId).chain);
  }

  async proofHistory(groupId: string): Promise<ConsensusProofInfo[]> {
    return proofHistory(this.group(groupId).chain);
  }

  async proof(groupId: string, reqId: string): Promise<ConsensusProofInfo> {
    return proofOf(this.group(groupId).chain, reqId);
  }

  async startSync(groupId: string): Promise<void> {
    this.group(groupId).startSync();
  }

  /** What this node's producer keeps in memory: trxs that wait, epochs that are not over everywhere, and bytes of its messages of those. */
  kept(groupId: string): { readonly trxs: number; readonly epochs: number; readonly bytes: number } {
    const { pool, producer } = this.group(groupId);
    return { epochs: 0, bytes: 0, ...producer?.status.kept, trxs: pool.size };
  }

  connectPeers(addresses: readonly string[]): Promise<ReadonlyMap<string, NetworkError | undefined>> {
    return reachEach(addresses, (address) => this.ports.network.dial(address));
  }

  addRelays(addresses: readonly string[]): Promise<void> {
    return addRelays(this.ports.network, addresses);
  }

  // --------------------------------------------------------------------------------------------------------------------- view

  view(): NodeView {
    const network: NetworkState = this.ports.network.state();
    return {
      network: {
        peerId: network.peerId,
        relays: network.relays,
        peers: network.peers.length,
        connections: network.peers,
      },
      storage: this.#usage,
      groups: [...this.#groups.values()].map((group) => viewOf(group, network, this.ports.clock)),
      engines: ENGINES,
      notices: [...this.#notices, ...clockNotice([...this.#groups.values()])],
    };
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #changed(): void {
    if (this.#closed || this.#cancelView) return;
    this.#cancelView = this.ports.clock.after(VIEW_GAP_MS, () => {
      this.#cancelView = undefined;
      this.#emit({ type: 'view', view: this.view() });
    });
  }

  #watchUsage(): void {
    if (this.#closed) return;
    this.ports.store.usage().then(
      (usage) => {
        this.#usage = usage;
        this.#changed();
      },
      // It is only shown; the next round may know more.
      () => {},
    );
    this.#cancelUsage = this.ports.clock.after(USAGE_EVERY_MS, () => this.#watchUsage());
  }

  // ------------------------------------------------------------------------------------------------------------------ helpers

  protected group(groupId: string): Group {
    const group = this.#groups.get(groupId);
    if (!group) throw unknownGroup(groupId);
    return group;
  }

  /** Errors of this machine reach the caller as NodeErrors. */
  protected async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const answer = asNodeError(error);
      if (answer.code === 'fenced') void this.#fenced();
      throw answer;
    }
  }

  #infoOf(group: Group): GroupInfo {
    const { seed, row, chain } = group;
    return {
      groupId: seed.groupId,
      groupName: seed.groupName,
      ownerPubkey: seed.ownerPubkey,
      userPubkey: row.UserPubkey,
      userEncryptPubkey: row.EncryptPubkey,
      userEthAddr: ethAddress(row.UserPubkey) ?? '',
      encryption: seed.encryption,
      cipherKey: toHex(seed.cipherKey),
      appKey: seed.appKey,
      signature: this.#signatures.get(seed.groupId) ?? '',
      topBlock: chain.head.blockId,
      lastUpdatedNs: chain.head.timeNs,
      syncStatus: phaseOf(group) === 'syncing' ? 'SYNCING' : 'IDLE',
    };
  }
}

const unknownGroup = (groupId: string): NodeError =>
  new NodeError('unknown-group', `This node is not in a group with the id ${groupId}.`, { groupId });

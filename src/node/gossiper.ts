import { AHEAD_LIMIT_NS } from '../ledger/index.ts';
import {
  Block,
  type GroupBroadcast,
  GroupBroadcastKind,
  isPublicKey,
  isUuid,
  sealBodyOf,
  Trx,
  trxHash,
} from '../records/index.ts';
import {
  GOSSIP_PAYLOAD_BYTES,
  type Gossip,
  openGossip,
  sealBlockGossip,
  sealBroadcast,
  sealSealGossip,
  sealTrxs,
} from './envelope.ts';
import { FreshBlocks, type FreshBlocksOptions } from './fresh-blocks.ts';
import { GossipBudget } from './gossip-budget.ts';
import { LargeTrxs } from './large-trxs.ts';
import type { Members } from './members.ts';
import { packForGossip } from './outbox.ts';
import type { GossipVerdict, PeerId, Ports } from './ports.ts';
import { isPresenceSigned, signPresence } from './presence.ts';
import type { VerifiedTrxs } from './verified.ts';

export interface GossiperOptions extends FreshBlocksOptions {
  readonly ports: Ports;
  readonly topic: string;
  readonly cipherKey: Uint8Array;
  readonly groupId: string;
  readonly userPubkey: string;
  readonly members: Members;
  readonly verified: VerifiedTrxs;
  readonly signSecret: Uint8Array;
  /** Whether presences of this key are signed with it (N-15). */
  readonly knowsKey: (pubkey: string) => boolean;
  /** Whether the group cannot do without the member of this key. */
  readonly isNeeded: (pubkey: string) => boolean;
  readonly epoch: () => number;
  /** See `GroupBroadcast`. */
  readonly silentBelow: () => number;
  /** Whether this node collects trxs (it produces). */
  readonly wantsTrxs: () => boolean;
  readonly hasTrx: (senderPubkey: string, trxId: string) => boolean;
  /** Well-formed, signed trxs. */
  readonly trxs: (trxs: readonly Trx[]) => Promise<void>;
  /** Somebody is there who was not here a moment ago; told once for several who come together. */
  readonly memberCame: () => void;
  readonly headHeard: () => void;
  readonly changed: () => void;
}

/** A beacon goes out at least this often, so that members know who is there. */
const PRESENCE_EVERY_MS = 10_000;
/** Beacons asked for meanwhile are sent as one, this long after the first wish, and at most one in so long. */
const PRESENCE_SOON_MS = 100;
const PRESENCE_JITTER_MS = 200;
const PRESENCE_GAP_MS = 1_000;
/** Whoever comes is sent what waits here, but not all of it again for each of a crowd, or for one that comes and goes. */
const CAME_GAP_MS = 10_000;
/** Direct connections kept to members; beyond that gossip does. */
const MEET_LIMIT = 16;

const NO_BYTES = new Uint8Array();

/** A group's side of the gossip topic: who is there, which trxs and blocks are new. */
export class Gossiper {
  readonly #options: GossiperOptions;
  readonly #freshBlocks: FreshBlocks;
  #lastPresenceMs = Number.NEGATIVE_INFINITY;
  #cancelPresence: (() => void) | undefined;
  readonly #budget: GossipBudget;
  readonly #largeTrxs: LargeTrxs;
  #cameAtMs = Number.NEGATIVE_INFINITY;
  #cancelCame: (() => void) | undefined;
  #left = false;

  constructor(options: GossiperOptions) {
    this.#options = options;
    this.#freshBlocks = new FreshBlocks(options);
    this.#budget = new GossipBudget(options.ports.clock.monotonicMs());
    this.#largeTrxs = new LargeTrxs({
      ...options,
      isGenuine: (trx) => this.#isGenuine(trx),
      take: async (trx) => {
        if (this.#isTimely(trx)) await options.trxs([trx]);
      },
    });
  }

  // -------------------------------------------------------------------------------------------------------------------- in

  /** Judges a message and takes in what it says. Only what no honest member sends is rejected. */
  async receive(data: Uint8Array, origin: PeerId): Promise<GossipVerdict> {
    const gossip: Gossip | undefined = openGossip(this.#options.cipherKey, data);
    if (!gossip) return 'reject';
    switch (gossip.kind) {
      case 'other':
        return 'ignore';
      case 'broadcast':
        return this.#hear(gossip.broadcast, origin);
      case 'trxs':
        return this.#receiveTrxs(gossip.trxs, origin);
      case 'block':
        return this.#mayCheck(origin, 1) ? this.#freshBlocks.hearBlock(gossip.block) : 'ignore';
      case 'seal':
        return this.#mayCheck(origin, 1) ? this.#freshBlocks.hearSeal(gossip.sealed) : 'ignore';
    }
  }

  #mayCheck(author: PeerId, signatures: number): boolean {
    const { members, ports, isNeeded } = this.#options;
    const member = members.get(author);
    const isProved = member?.isProved === true && isNeeded(member.pubkey);
    return this.#budget.takeChecks(author, signatures, ports.clock.monotonicMs(), isProved);
  }

  async #receiveTrxs(trxs: readonly Trx[], origin: PeerId): Promise<GossipVerdict> {
    const timely = trxs.filter((trx) => this.#isTimely(trx));
    if (trxs.length > 0 && timely.length === 0) return 'ignore';
    const { verified } = this.#options;
    if (!this.#mayCheck(origin, trxs.filter((trx) => !verified.has(trx)).length)) return 'ignore';
    if (trxs.length === 0 || !trxs.every((trx) => this.#isGenuine(trx))) return 'reject';
    if (this.#options.wantsTrxs()) await this.#options.trxs(timely);
    return 'accept';
  }

  /** Made for this group and signed by the key that it names. */
  #isGenuine(trx: Trx): boolean {
    const { groupId, verified } = this.#options;
    return trx.GroupId === groupId && isUuid(trx.TrxId) && isPublicKey(trx.SenderPubkey) && verified.isSigned(trx);
  }

  /** Not expired, and not stamped further ahead than clocks differ. Its sender may not know better, so nobody is blamed. */
  #isTimely(trx: Trx): boolean {
    const clockNs = this.#options.ports.clock.nowNs();
    const headNs = this.#options.chain.head.timeNs;
    const nowNs = clockNs > headNs ? clockNs : headNs;
    return trx.Expired > nowNs && trx.TimeStamp <= nowNs + AHEAD_LIMIT_NS;
  }

  /** A trx that came another way than by gossip: whether it is one that gossip would have brought. */
  isWelcome(trx: Trx): boolean {
    return this.#isGenuine(trx) && this.#isTimely(trx);
  }

  #hear(broadcast: GroupBroadcast, origin: PeerId): GossipVerdict {
    if (broadcast.PeerId !== origin || !isPublicKey(broadcast.Pubkey)) return 'reject';
    const { members, ports } = this.#options;
    if (origin === ports.network.state().peerId || !this.#budget.takeBroadcast(origin, ports.clock.monotonicMs()))
      return 'ignore';
    if (broadcast.Kind === GroupBroadcastKind.LEAVING) {
      if (members.remove(origin)) this.#options.changed();
      return 'accept';
    }
    const isProved = this.#isProved(broadcast, origin);
    if (isProved === 'forged') return 'reject';
    const came = members.heard({
      peerId: origin,
      pubkey: broadcast.Pubkey,
      isProved,
      headBlock: broadcast.HeadBlockId,
      headHash: broadcast.HeadHash,
      configNonce: broadcast.ConfigNonce,
      silentBelow: broadcast.SilentBelow,
      epoch: broadcast.Epoch,
      clockOffsetNs: broadcast.ClockNs - ports.clock.nowNs(),
      heardAtMs: ports.clock.monotonicMs(),
    });
    if (isProved || members.all().length <= MEET_LIMIT) ports.network.meet(origin);
    if (came) {
      this.presenceSoon();
      this.#cameSoon();
    }
    if (broadcast.HeadBlockId > this.#options.chain.head.blockId) this.#options.headHeard();
    if (broadcast.Kind === GroupBroadcastKind.TRX && this.#options.wantsTrxs()) this.#largeTrxs.told(broadcast, origin);
    this.#options.changed();
    return 'accept';
  }

  /** A key that says nothing that matters is not checked: what it signs proves as little as what it does not. */
  #isProved(broadcast: GroupBroadcast, origin: PeerId): boolean | 'forged' {
    const { knowsKey, groupId } = this.#options;
    if (broadcast.Sign.length === 0 || !knowsKey(broadcast.Pubkey) || !this.#mayCheck(origin, 1)) return false;
    return isPresenceSigned(broadcast, groupId) || 'forged';
  }

  #cameSoon(): void {
    const { clock } = this.#options.ports;
    const tell = () => {
      this.#cancelCame = undefined;
      this.#cameAtMs = clock.monotonicMs();
      this.#options.memberCame();
    };
    const waitMs = this.#cameAtMs + CAME_GAP_MS - clock.monotonicMs();
    if (waitMs <= 0) tell();
    else this.#cancelCame ??= clock.after(waitMs, tell);
  }

  // ------------------------------------------------------------------------------------------------------------------- out

  /** Sends own trxs, those of one turn together. Answers whether some member is there to hear. */
  async publish(trxs: readonly Trx[]): Promise<boolean> {
    const { ports, cipherKey, topic, members } = this.#options;
    const { bundles, large } = packForGossip(trxs, GOSSIP_PAYLOAD_BYTES);
    let recipients = 0;
    for (const bundle of bundles) {
      recipients = Math.max(recipients, await this.#tryPublish(topic, sealTrxs(cipherKey, bundle, ports.random)));
    }
    for (const trx of large) {
      const told = await this.#broadcast(GroupBroadcastKind.TRX, {
        Id: trx.TrxId,
        Sender: trx.SenderPubkey,
        Hash: trxHash(trx),
        SizeBytes: Trx.encode(trx).length,
      });
      recipients = Math.max(recipients, told);
    }
    return recipients > 0 && members.all().length > 0;
  }

  /**
   * Tells everybody of a block that this producer has just sealed: of its seal, and of the whole block if it proposed it. Too large a block is left to
   * {@link announceBlock}, once it is final.
   */
  announceSealed(block: Block): void {
    const { topic, cipherKey, userPubkey, ports } = this.#options;
    const own = block.Seals.filter(({ ProducerPubkey }) => ProducerPubkey === userPubkey);
    const bare: Block = { ...block, Evidence: NO_BYTES, Seals: own };
    if (own.length === 0 || Block.encode(bare).length > GOSSIP_PAYLOAD_BYTES) return;
    if (block.ProducerPubkey !== userPubkey) {
      void this.#tryPublish(topic, sealSealGossip(cipherKey, { Header: sealBodyOf(block), Seals: own }, ports.random));
      return;
    }
    const whole: Block = { ...block, Seals: own };
    const told = Block.encode(whole).length > GOSSIP_PAYLOAD_BYTES ? bare : whole;
    void this.#tryPublish(topic, sealBlockGossip(cipherKey, told, ports.random));
  }

  announceBlock(block: Block): void {
    void this.#broadcast(GroupBroadcastKind.BLOCK, { Hash: block.BlockHash, SizeBytes: Block.encode(block).length });
  }

  /** Sends a beacon in a moment; wishes that come meanwhile are met by the same one. */
  presenceSoon(): void {
    if (this.#left || this.#cancelPresence) return;
    const { clock, random } = this.#options.ports;
    const jitterMs = ((random.bytes(1)[0] ?? 0) * PRESENCE_JITTER_MS) / 256;
    const gapMs = this.#lastPresenceMs + PRESENCE_GAP_MS - clock.monotonicMs();
    this.#cancelPresence = clock.after(Math.max(gapMs, PRESENCE_SOON_MS + jitterMs), () => {
      this.#cancelPresence = undefined;
      if (!this.#left) void this.#broadcast(GroupBroadcastKind.PRESENCE, {});
    });
  }

  /** Once a second: a beacon if it is time, and members that are gone are dropped. */
  tick(): void {
    const { ports, members, changed } = this.#options;
    const nowMs = ports.clock.monotonicMs();
    this.#largeTrxs.tick();
    if (nowMs - this.#lastPresenceMs >= PRESENCE_EVERY_MS) this.presenceSoon();
    if (members.expire(nowMs)) changed();
  }

  /** Says goodbye, so that nobody looks for this node. */
  leave(): void {
    this.#cancelPresence?.();
    this.#cancelCame?.();
    this.#largeTrxs.stop();
    this.#left = true;
    void this.#broadcast(GroupBroadcastKind.LEAVING, {});
  }

  async #broadcast(kind: GroupBroadcastKind, about: Partial<GroupBroadcast>): Promise<number> {
    const { ports, topic, cipherKey, userPubkey, groupId, knowsKey, signSecret } = this.#options;
    const peerId = ports.network.state().peerId;
    if (peerId === undefined) return 0;
    const { head } = this.#options.chain;
    this.#lastPresenceMs = ports.clock.monotonicMs();
    const broadcast: GroupBroadcast = {
      Kind: kind,
      PeerId: peerId,
      Pubkey: userPubkey,
      HeadBlockId: head.blockId,
      HeadHash: head.hash,
      ConfigNonce: head.configNonce,
      SilentBelow: this.#options.silentBelow(),
      Epoch: this.#options.epoch(),
      ClockNs: ports.clock.nowNs(),
      Id: '',
      Sender: '',
      Hash: NO_BYTES,
      SizeBytes: 0,
      Nonce: ports.random.bytes(12),
      Sign: NO_BYTES,
      ...about,
    };
    const signed = knowsKey(userPubkey) ? signPresence(broadcast, groupId, signSecret) : broadcast;
    return this.#tryPublish(topic, sealBroadcast(cipherKey, signed, ports.random));
  }

  /** Being offline is no error: what matters is sent again. */
  #tryPublish(topic: string, data: Uint8Array): Promise<number> {
    return this.#options.ports.network.publish(topic, data).catch(() => 0);
  }
}

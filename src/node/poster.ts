import { ageRecipientOf, sealBytes } from '../crypto/index.ts';
import { AHEAD_LIMIT_NS, AnnouncedRow, bundleIn, recoveryIn, whyExcluded } from '../ledger/index.ts';
import { LIMITS, type Seed, type Trx, TrxType } from '../records/index.ts';
import type { Chain } from './chain.ts';
import { CIPHER_NONCE_BYTES, makeTrx, newUuid } from './genesis.ts';
import { lowerMedian, type Members } from './members.ts';
import type { Outbox } from './outbox.ts';
import type { Ports } from './ports.ts';
import { admittedUsers } from './proofs.ts';
import type { OutboxRow } from './rows.ts';
import type { Secrets } from './secrets.ts';
import { NodeError } from './service.ts';

export interface PosterOptions {
  readonly seed: Seed;
  readonly secrets: Secrets;
  readonly userPubkey: string;
  readonly ports: Ports;
  readonly chain: Chain;
  readonly members: Members;
  readonly outbox: Outbox;
}

/** A trx to be made: what it holds in clear, and its id if the caller has chosen one. */
export interface Draft {
  readonly type: TrxType;
  readonly plain: Uint8Array;
  readonly trxId?: string | undefined;
}

/** What each type is called in a sentence. */
const NAMES: Readonly<Record<TrxType, string>> = {
  [TrxType.POST]: 'post',
  [TrxType.ANNOUNCE]: 'announcement',
  [TrxType.CONSENSUS]: 'change of consensus',
  [TrxType.USER]: 'change of a user',
  [TrxType.REQ_BLOCK]: 'request for blocks',
  [TrxType.REQ_BLOCK_RESP]: 'answer with blocks',
  [TrxType.CHAIN_CONFIG]: 'rule',
  [TrxType.APP_CONFIG]: 'app setting',
};

/** Makes this user's trxs: encrypts, signs, stores them in the outbox, and signs them again when they expire. */
export class Poster {
  readonly #options: PosterOptions;
  /** Time of the newest trx signed here. */
  #lastTimeNs = 0n;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /**
   * Acknowledges a trx by its id once it is stored. With an id that is known already, nothing new is made. Throws NodeError `too-large`,
   * `not-allowed`, and `rejected` for what would have no effect in a block. In the mailbox.
   */
  async accept({ type, plain, trxId: wantedId }: Draft): Promise<string> {
    const { outbox, chain, userPubkey, ports } = this.#options;
    const trxId = wantedId ?? newUuid(ports.random);
    if (outbox.get(trxId) || (await chain.placeOf(userPubkey, trxId))) return trxId;
    const data = await this.#encrypt(type, plain);
    if (data.length > LIMITS.trxDataBytes) {
      throw new NodeError(
        'too-large',
        `The ${NAMES[type]} is too large: ${plain.length} bytes, with encryption more than ${LIMITS.trxDataBytes}. Shorten it.`,
        { limitBytes: LIMITS.trxDataBytes },
      );
    }
    const trx = this.#sign(trxId, type, data);
    const reason = await this.#whyExcluded(trx);
    if (reason !== undefined) throw new NodeError('not-allowed', reason);
    this.#refuseRejected(trx);
    await outbox.put(outboxRow(trx, plain, ports.clock.nowNs()));
    return trxId;
  }

  async #whyExcluded(trx: Trx): Promise<string | undefined> {
    const { chain } = this.#options;
    const context = await chain.orderContext([trx], trx.TimeStamp);
    // A recovery enters a block of its own producers, whoever they are; another result may have to wait for one.
    const { isOpening: _, ...present } = context.configuration;
    const { configuration } = recoveryIn(trx, chain.identity, present.nonceFloor) ?? { configuration: present };
    const reason = whyExcluded(trx, { ...context, configuration });
    return reason && `The group does not take this ${NAMES[trx.Type]}: ${reason}.`;
  }

  /** Runs an item on the state of now, after the own ones that are on their way: what it would be answered with, its author learns at once. */
  #refuseRejected(trx: Trx): void {
    if (trx.Type === TrxType.POST) return;
    const { outbox, chain } = this.#options;
    const answer = chain.execute([...outbox.items(), trx]).answers.at(-1);
    if (answer?.reason === undefined) return;
    throw new NodeError('rejected', `The ${NAMES[trx.Type]} would have no effect: ${answer.reason}.`);
  }

  /** Trxs to be sent now; those that have expired are signed again with a new time, under the same id. In the mailbox. */
  async takeDue(): Promise<Trx[]> {
    const { outbox, ports, chain } = this.#options;
    const trxs: Trx[] = [];
    const nowMs = ports.clock.monotonicMs();
    for (const row of outbox.due(nowMs)) {
      if (!row.Trx || this.#waitsForAnother(row.Trx)) continue;
      let trx = row.Trx;
      // In a block that waits for seals: it is on its way. But those who are bound to a recovery have to hear its result before they may seal that block.
      const isPlaced = (await chain.placeOf(trx.SenderPubkey, trx.TrxId)) !== undefined;
      if (isPlaced && !this.#endsRecovery(trx)) {
        outbox.sent(trx.TrxId, nowMs);
        continue;
      }
      if (trx.Expired <= this.#timeNs() || this.#isTooFarAhead(trx.TimeStamp)) {
        trx = this.#sign(trx.TrxId, trx.Type, trx.Data);
        await outbox.put(outboxRow(trx, row.Content, row.CreatedAt));
      }
      const reason = isPlaced ? undefined : await this.#whyExcluded(trx);
      if (reason === undefined) {
        trxs.push(trx);
        outbox.sent(trx.TrxId, nowMs);
      } else await outbox.markInvalid(trx.TrxId, { code: 'not-allowed', message: reason });
    }
    return trxs;
  }

  /**
   * Results of changes of consensus go out one at a time: a later one that is ordered first would make void what was promised for an earlier. One of a
   * recovery does not wait, since those who could order the one before it may be gone.
   */
  #waitsForAnother(trx: Trx): boolean {
    if (trx.Type !== TrxType.CONSENSUS || this.#endsRecovery(trx)) return false;
    const first = this.#options.outbox.items().find(({ Type }) => Type === TrxType.CONSENSUS);
    return first !== undefined && first.TrxId !== trx.TrxId;
  }

  /** Whether it is the result of a recovery, whatever came of that. */
  #endsRecovery(trx: Trx): boolean {
    const bundle = trx.Type === TrxType.CONSENSUS ? bundleIn(trx, this.#options.chain.identity) : undefined;
    return bundle?.Req?.Contract?.Recovery === true;
  }

  #sign(trxId: string, type: TrxType, data: Uint8Array): Trx {
    const { seed, secrets, chain } = this.#options;
    const { intervalMs } = chain.configuration;
    // A block orders the trxs of one sender by time: those that are signed later here come later there.
    const timeNs = this.#timeNs();
    if (this.#isTooFarAhead(this.#lastTimeNs)) this.#lastTimeNs = 0n;
    this.#lastTimeNs = timeNs > this.#lastTimeNs ? timeNs : this.#lastTimeNs + 1n;
    return makeTrx({
      trxId,
      type,
      groupId: seed.groupId,
      data,
      timeNs: this.#lastTimeNs,
      intervalMs,
      signSecret: secrets.signSecret,
    });
  }

  /**
   * No producer would take it. While too few producers were heard, faulty ones may have made a time up: what was signed with that is signed again, and binds nothing that is
   * signed later.
   */
  #isTooFarAhead(timeNs: bigint): boolean {
    return timeNs > this.#timeNs() + AHEAD_LIMIT_NS;
  }

  /** The largest of own clock, head's time, and the lower median of the clocks that the producers reported (consensus.md, "Block time"). */
  #timeNs(): bigint {
    const { ports, chain, members } = this.#options;
    const nowNs = ports.clock.nowNs();
    // Of several that say to be one producer, the least surprising counts.
    const offsets = chain.configuration.producers.flatMap((producer) => {
      const said = members.ofKey(producer).map(({ clockOffsetNs }) => clockOffsetNs);
      const [least] = said.sort((a, b) => (magnitude(a) < magnitude(b) ? -1 : 1));
      return least === undefined ? [] : [least];
    });
    const candidates = [nowNs, chain.head.timeNs, nowNs + lowerMedian(offsets)];
    return candidates.reduce((latest, time) => (time > latest ? time : latest));
  }

  /** Posts of a private group are for the users that its owner admitted; everything else is for all members. */
  async #encrypt(type: TrxType, plain: Uint8Array): Promise<Uint8Array> {
    const { seed, ports } = this.#options;
    if (type === TrxType.POST && seed.encryption === 'private') return ports.privateCipher.encrypt(plain, this.#recipients());
    return sealBytes(seed.cipherKey, plain, ports.random.bytes(CIPHER_NONCE_BYTES));
  }

  /** A private group's readers: the users that the owner admitted, the owner, and this user. */
  #recipients(): string[] {
    const { chain, seed, secrets } = this.#options;
    const admitted = admittedUsers(chain).map(({ EncryptPubkey }) => EncryptPubkey);
    const ownerRow = chain.state.get('announced', `producer/${seed.ownerPubkey}`);
    const owner = ownerRow && AnnouncedRow.decode(ownerRow).Item?.Content?.EncryptPubkey;
    return [...new Set([...admitted, ...(owner ? [owner] : []), ageRecipientOf(secrets.encryptIdentity)])];
  }
}

const outboxRow = (trx: Trx, content: Uint8Array, createdAtNs: bigint): OutboxRow & { readonly Trx: Trx } => ({
  Trx: trx,
  Content: content,
  CreatedAt: createdAtNs,
  InvalidCode: '',
  InvalidReason: '',
});

const magnitude = (ns: bigint): bigint => (ns < 0n ? -ns : ns);

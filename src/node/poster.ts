import { ageRecipientOf, sealBytes } from '../crypto/index.ts';
import { AnnouncedRow, whyExcluded } from '../ledger/index.ts';
import { LIMITS, type Seed, type Trx, TrxType, UserItem } from '../records/index.ts';
import type { Chain } from './chain.ts';
import { CIPHER_NONCE_BYTES, makeTrx, newUuid } from './genesis.ts';
import { lowerMedian, type Members } from './members.ts';
import type { Outbox } from './outbox.ts';
import type { Ports } from './ports.ts';
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

/** Makes this user's trxs: encrypts, signs, stores them in the outbox, and signs them again when they expire. */
export class Poster {
  readonly #options: PosterOptions;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /** Acknowledges a post by its trx id once it is stored. With an id that is known already, nothing new is made. In the mailbox. */
  async accept(content: Uint8Array, wantedId: string | undefined): Promise<string> {
    const { outbox, chain, userPubkey, ports } = this.#options;
    const trxId = wantedId ?? newUuid(ports.random);
    if (outbox.get(trxId) || (await chain.placeOf(userPubkey, trxId))) return trxId;
    const data = await this.#encrypt(content);
    if (data.length > LIMITS.trxDataBytes) {
      throw new NodeError(
        'too-large',
        `The post is too large: ${content.length} bytes, with encryption more than ${LIMITS.trxDataBytes}. Shorten it.`,
        {
          limitBytes: LIMITS.trxDataBytes,
        },
      );
    }
    const trx = this.#sign(trxId, TrxType.POST, data);
    const context = await chain.orderContext([trx], trx.TimeStamp);
    const reason = whyExcluded(trx, context);
    if (reason !== undefined) throw new NodeError('not-allowed', `The group does not take this post: ${reason}.`);
    await outbox.put(outboxRow(trx, content, ports.clock.nowNs()));
    return trxId;
  }

  /** Trxs to be sent now; those that have expired are signed again with a new time, under the same id. In the mailbox. */
  async takeDue(): Promise<Trx[]> {
    const { outbox, ports, chain } = this.#options;
    const trxs: Trx[] = [];
    const nowMs = ports.clock.monotonicMs();
    for (const row of outbox.due(nowMs)) {
      if (!row.Trx) continue;
      let trx = row.Trx;
      if (trx.Expired <= this.#timeNs()) {
        trx = this.#sign(trx.TrxId, trx.Type, trx.Data);
        await outbox.put(outboxRow(trx, row.Content, row.CreatedAt));
      }
      const reason = whyExcluded(trx, await chain.orderContext([trx], trx.TimeStamp));
      if (reason === undefined) {
        trxs.push(trx);
        outbox.sent(trx.TrxId, nowMs);
      } else
        await outbox.markInvalid(trx.TrxId, { code: 'not-allowed', message: `The group does not take this post: ${reason}.` });
    }
    return trxs;
  }

  #sign(trxId: string, type: TrxType, data: Uint8Array): Trx {
    const { seed, secrets, chain } = this.#options;
    const { intervalMs } = chain.configuration;
    return makeTrx({
      trxId,
      type,
      groupId: seed.groupId,
      data,
      timeNs: this.#timeNs(),
      intervalMs,
      signSecret: secrets.signSecret,
    });
  }

  /** The largest of own clock, head's time, and the lower median of the clocks that the producers reported (consensus.md, "Block time"). */
  #timeNs(): bigint {
    const { ports, chain, members } = this.#options;
    const nowNs = ports.clock.nowNs();
    const offsets = members
      .all()
      .filter(({ pubkey }) => chain.configuration.producers.includes(pubkey))
      .map(({ clockOffsetNs }) => clockOffsetNs);
    const candidates = [nowNs, chain.head.timeNs, nowNs + lowerMedian(offsets)];
    return candidates.reduce((latest, time) => (time > latest ? time : latest));
  }

  async #encrypt(content: Uint8Array): Promise<Uint8Array> {
    const { seed, ports } = this.#options;
    if (seed.encryption === 'public') return sealBytes(seed.cipherKey, content, ports.random.bytes(CIPHER_NONCE_BYTES));
    return ports.privateCipher.encrypt(content, this.#recipients());
  }

  /** A private group's readers: the users that the owner admitted, the owner, and this user. */
  #recipients(): string[] {
    const { chain, seed, secrets } = this.#options;
    const admitted = chain.state.list('users', '').map(({ value }) => UserItem.decode(value).EncryptPubkey);
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

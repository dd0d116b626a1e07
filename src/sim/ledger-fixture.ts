import {
  ageIdentityFromSecret,
  ageRecipientOf,
  publicKeyOf,
  sealBytes,
  signAnnounce,
  signAppConfig,
  signChainConfig,
  signTrx,
} from '../crypto/index.ts';
import type { GroupIdentity } from '../ledger/index.ts';
import {
  AnnounceItem,
  AnnounceType,
  AppConfigItem,
  AppConfigType,
  ChainConfigItem,
  type ChainConfigType,
  ItemAction,
  Trx,
  TrxType,
  uuidFromBytes,
} from '../records/index.ts';
import { SeededRandom } from './random.ts';

const MINUTE_NS = 60_000_000_000n;

/** A person in a made-up group: signs trxs of every type. Everything follows from the seed and the name. */
export class Author {
  readonly secret: Uint8Array;
  readonly pubkey: string;
  readonly ageRecipient: string;
  readonly #random: SeededRandom;
  readonly #identity: () => GroupIdentity;

  constructor(name: string, random: SeededRandom, identity: () => GroupIdentity) {
    this.#random = random.fork(`author/${name}`);
    this.#identity = identity;
    this.secret = this.#random.bytes(32);
    this.pubkey = publicKeyOf(this.secret);
    this.ageRecipient = ageRecipientOf(ageIdentityFromSecret(this.#random.bytes(32)));
  }

  /** A signed trx with this plaintext under the group's key; `over` changes fields before it is signed. */
  trx(type: TrxType, plain: Uint8Array, timeNs: bigint, over: Partial<Trx> = {}): Trx {
    const { groupId, cipherKey } = this.#identity();
    const unsigned = Trx.create({
      TrxId: uuidFromBytes(this.#random.bytes(16)),
      Type: type,
      GroupId: groupId,
      Data: sealBytes(cipherKey, plain, this.#random.bytes(12)),
      TimeStamp: timeNs,
      Version: '2.0.0',
      Expired: timeNs + MINUTE_NS,
      SenderPubkey: this.pubkey,
      ...over,
    });
    return signTrx(unsigned, this.secret);
  }

  post(text: string, timeNs: bigint, over: Partial<Trx> = {}): Trx {
    return this.trx(TrxType.POST, new TextEncoder().encode(JSON.stringify({ type: 'Note', content: text })), timeNs, over);
  }

  /** The announcement of this author's own key; `over` changes the item before it is signed. */
  announcement(over: Partial<AnnounceItem> = {}): AnnounceItem {
    const item = AnnounceItem.create({
      GroupId: this.#identity().groupId,
      Action: ItemAction.ADD,
      Content: { Type: AnnounceType.AS_USER, SignPubkey: this.pubkey, EncryptPubkey: this.ageRecipient, Memo: '' },
      AnnouncerPubkey: this.pubkey,
      ...over,
    });
    return signAnnounce(item, this.secret);
  }

  chainConfig(type: ChainConfigType, data: Uint8Array): ChainConfigItem {
    const item = ChainConfigItem.create({ GroupId: this.#identity().groupId, Type: type, Data: data, OwnerPubkey: this.pubkey });
    return signChainConfig(item, this.secret);
  }

  appConfig(over: Partial<AppConfigItem>): AppConfigItem {
    const item = AppConfigItem.create({
      GroupId: this.#identity().groupId,
      Action: ItemAction.ADD,
      Name: 'theme',
      Type: AppConfigType.STRING,
      Value: 'dark',
      OwnerPubkey: this.pubkey,
      ...over,
    });
    return signAppConfig(item, this.secret);
  }
}

/** A group that exists only on paper: identity, owner and two users. */
export function paperGroup(seed: number): { identity: GroupIdentity; owner: Author; alice: Author; bob: Author } {
  const random = new SeededRandom(seed, 'paper group');
  const lazily = (): GroupIdentity => identity;
  const owner = new Author('owner', random, lazily);
  const alice = new Author('alice', random, lazily);
  const bob = new Author('bob', random, lazily);
  const identity: GroupIdentity = {
    groupId: uuidFromBytes(random.bytes(16)),
    ownerPubkey: owner.pubkey,
    cipherKey: random.bytes(32),
  };
  return { identity, owner, alice, bob };
}

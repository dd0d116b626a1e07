import { publicKeyOf, sealBytes, signGenesis, signRequest, signResponse, signTrx } from '../crypto/index.ts';
import { DEFAULT_INTERVAL_MS } from '../ledger/index.ts';
import {
  AnnounceItem,
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusResult,
  type Seed,
  Trx,
  TrxType,
  uuidFromBytes,
} from '../records/index.ts';
import { announcementOf } from './items.ts';
import { lifetimeNs } from './outbox.ts';
import type { Random } from './ports.ts';
import type { Secrets } from './secrets.ts';

/** Trx format that we write (and that the records of this family carry). */
const TRX_VERSION = '2.0.0';
export const CIPHER_NONCE_BYTES = 12;

export const newUuid = (random: Random): string => uuidFromBytes(random.bytes(16));

/** A signed trx whose data is already encrypted. Times in nanoseconds. */
export function makeTrx(options: {
  trxId: string;
  type: TrxType;
  groupId: string;
  data: Uint8Array;
  timeNs: bigint;
  intervalMs: number;
  signSecret: Uint8Array;
}): Trx {
  const unsigned = Trx.create({
    TrxId: options.trxId,
    Type: options.type,
    GroupId: options.groupId,
    Data: options.data,
    TimeStamp: options.timeNs,
    Version: TRX_VERSION,
    Expired: options.timeNs + lifetimeNs(options.intervalMs),
    SenderPubkey: publicKeyOf(options.signSecret),
  });
  return signTrx(unsigned, options.signSecret);
}

/** The seed of a new group: its genesis block, signed by the owner. */
export function makeSeed(
  options: { groupName: string; encryption: 'public' | 'private'; appKey: string; urls: readonly string[]; timeNs: bigint },
  owner: Secrets,
  random: Random,
): Seed {
  return signGenesis(
    {
      version: 1,
      encryption: options.encryption,
      consensus: 'poa',
      cipherKey: random.bytes(32),
      groupId: newUuid(random),
      ownerPubkey: publicKeyOf(owner.signSecret),
      genesisTimeNs: options.timeNs,
      groupName: options.groupName,
      appKey: options.appKey,
      urls: options.urls,
    },
    owner.signSecret,
  );
}

/** The trxs of block 1: the owner announces itself as the first producer, and the proof with nonce 0 that it is the only one. */
export function firstTrxs(seed: Seed, owner: Secrets, timeNs: bigint, random: Random): Trx[] {
  const { groupId, ownerPubkey } = seed;
  const memo = 'owner announce as the first group producer';
  const item = announcementOf(groupId, owner, { action: 'add', type: 'producer', memo });
  const request = signRequest(
    ChangeConsensusReq.create({
      ReqId: newUuid(random),
      GroupId: groupId,
      ProducerPubkeyList: [ownerPubkey],
      TrxEpochTickLenInMs: DEFAULT_INTERVAL_MS,
      SenderPubkey: ownerPubkey,
    }),
    owner.signSecret,
  );
  const response = signResponse(
    ChangeConsensusResp.create({ RespId: newUuid(random), GroupId: groupId, SenderPubkey: ownerPubkey, Req: request }),
    owner.signSecret,
  );
  const bundle = ChangeConsensusResultBundle.create({
    Result: ConsensusResult.SUCCESS,
    Req: request,
    Resps: [response],
    ResponsedProducers: [ownerPubkey],
  });
  const trx = (type: TrxType, plain: Uint8Array): Trx =>
    makeTrx({
      trxId: newUuid(random),
      type,
      groupId,
      data: sealBytes(seed.cipherKey, plain, random.bytes(CIPHER_NONCE_BYTES)),
      timeNs,
      intervalMs: DEFAULT_INTERVAL_MS,
      signSecret: owner.signSecret,
    });
  return [trx(TrxType.ANNOUNCE, AnnounceItem.encode(item)), trx(TrxType.CONSENSUS, ChangeConsensusResultBundle.encode(bundle))];
}

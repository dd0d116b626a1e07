import { publicKeyOf, sealBytes, signContract, signRequest, signResponse } from '../crypto/index.ts';
import { makeTrx, newUuid, type Random } from '../node/index.ts';
import {
  ChangeConsensusReq,
  ChangeConsensusResp,
  ChangeConsensusResultBundle,
  ConsensusContract,
  ConsensusResult,
  comparePubkeys,
  type Seed,
  type Trx,
  TrxType,
} from '../records/index.ts';

const CIPHER_NONCE_BYTES = 12;
/** Interval of a group that its owner alone produces, which is what the trx enters. */
const OWNER_INTERVAL_MS = 1_000;
/** Late enough for what a configuration does to be told from what the owner did alone before it. */
const START_EPOCH = 100;

export interface DealtChangeOptions {
  readonly seed: Pick<Seed, 'groupId' | 'ownerPubkey' | 'cipherKey'>;
  /** The signing keys of the new producers. */
  readonly signSecrets: readonly Uint8Array[];
  /** May be left out if it is among those. */
  readonly ownerSecret?: Uint8Array;
  readonly startFromEpoch?: number;
  readonly intervalMs: number;
  /** `ConsensusContract.Encryption`. */
  readonly encryption: number;
  readonly random: Random;
  /** `hbbft` by default. */
  readonly engine?: string;
  /** 1 by default. */
  readonly nonce?: number;
  /** The final block that a recovery goes on from. */
  readonly base?: { readonly blockId: number; readonly hash: Uint8Array };
  /** Of a change that is none: hash of the bundle of the newest recovery that its chain has passed. */
  readonly passed?: Uint8Array;
  readonly timeNs: bigint;
}

/**
 * For development and tests only: the CONSENSUS trx that makes these keys the group's producers, signed by all of them, without
 * an agreement and without dealings. Only nodes with a trusted dealer take it. Throws RangeError if the owner's key is missing.
 */
export function dealtChange(options: DealtChangeOptions): Trx {
  const {
    seed,
    signSecrets,
    intervalMs,
    encryption,
    random,
    timeNs,
    base,
    passed,
    nonce = 1,
    startFromEpoch = START_EPOCH,
  } = options;
  const { groupId, ownerPubkey, cipherKey } = seed;
  const producers = signSecrets.map(publicKeyOf).sort(comparePubkeys);
  const ownerSecret = options.ownerSecret ?? signSecrets.find((secret) => publicKeyOf(secret) === ownerPubkey);
  if (!ownerSecret) throw new RangeError("the owner's key is missing");
  const contract = signContract(
    ConsensusContract.create({
      ContractId: newUuid(random),
      Nonce: nonce,
      GroupId: groupId,
      Contract: options.engine ?? 'hbbft',
      Version: '1',
      OwnerPubkey: ownerPubkey,
      Encryption: encryption,
      ...(passed && { BaseHash: passed }),
      ...(base && { Recovery: true, BaseBlockId: base.blockId, BaseHash: base.hash }),
    }),
    ownerSecret,
  );
  const request = signRequest(
    ChangeConsensusReq.create({
      ReqId: newUuid(random),
      GroupId: groupId,
      Nonce: nonce,
      ProducerPubkeyList: producers,
      StartFromEpoch: startFromEpoch,
      TrxEpochTickLenInMs: intervalMs,
      Contract: contract,
      SenderPubkey: ownerPubkey,
    }),
    ownerSecret,
  );
  const responses = signSecrets.map((secret) =>
    signResponse(
      ChangeConsensusResp.create({
        RespId: newUuid(random),
        GroupId: groupId,
        SenderPubkey: publicKeyOf(secret),
        Req: request,
      }),
      secret,
    ),
  );
  const bundle = ChangeConsensusResultBundle.create({
    Result: ConsensusResult.SUCCESS,
    Req: request,
    Resps: responses,
    ResponsedProducers: producers,
  });
  return makeTrx({
    trxId: newUuid(random),
    type: TrxType.CONSENSUS,
    groupId,
    data: sealBytes(cipherKey, ChangeConsensusResultBundle.encode(bundle), random.bytes(CIPHER_NONCE_BYTES)),
    timeNs,
    intervalMs: OWNER_INTERVAL_MS,
    signSecret: ownerSecret,
  });
}
